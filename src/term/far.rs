//! Pictures for terminals at the far end of a slow link.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use icy_sixel::{EncodeOptions, sixel_encode};
use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, RgbaImage};

use super::kitty::Hold;

/// Colours of a sixel picture; each costs a line in every six rows of pixels.
const COLOURS: u16 = 32;
/// JPEG's quality, of 100.
const QUALITY: u8 = 70;

/// A picture in sixel of few colours, without dots between them: both make
/// longer runs.
pub fn sixel(picture: &RgbaImage, cells: (u16, u16)) -> Option<String> {
    let options = EncodeOptions { max_colors: COLOURS, diffusion: 0.0, ..EncodeOptions::default() };
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let drawn = sixel_encode(picture.as_raw(), width, height, &options).ok()?;
    Some(cleared(cells, &drawn, false))
}

/// A picture as JPEG, which the terminal scales to its cells.
pub fn iterm(picture: &RgbImage, cells: (u16, u16), tmux: bool) -> Option<String> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(picture).ok()?;
    let (size, data, (columns, rows)) = (jpeg.len(), STANDARD.encode(&jpeg), cells);
    let drawn = format!(
        "\x1b]1337;File=inline=1;size={size};width={columns};height={rows};\
         preserveAspectRatio=0;doNotMoveCursor=1:{data}\x07"
    );
    Some(cleared(cells, &drawn, tmux))
}

/// Whatever was in the cells before goes first.
fn cleared((columns, rows): (u16, u16), drawn: &str, tmux: bool) -> String {
    let mut out = String::with_capacity(drawn.len() + 256);
    for _ in 0..rows {
        // Writing to a string does not fail.
        let _ = write!(out, "\x1b[{columns}X\x1b[1B");
    }
    let _ = write!(out, "\x1b[{rows}A");
    out.push_str(drawn);
    Hold { placeholders: false, tmux }.wrap(&out).into_owned()
}
