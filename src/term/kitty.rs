//! Pictures by the kitty protocol: placed over blank cells, or held by
//! placeholder characters where the terminal knows those.
//!
//! A picture is sent once and has a number; placing it again and taking it from
//! the screen cost a few bytes. So a picture that a box covers goes while the
//! box is there, and what a frame no longer shows goes behind that frame. A
//! placeholder is text: it comes and goes with its cells, inside tmux too.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use ratatui::buffer::Cell;
use ratatui::style::Color;

use super::rows::ROWS;

/// Bytes of base64 in one sequence, as the protocol has it.
const CHUNK: usize = 4096;

/// Numbers of pictures: ours begin where other programs rarely are, and stay
/// within 24 bits, as many as a colour has.
static NEXT: AtomicU32 = AtomicU32::new(0x52_0001);
/// What kitty draws pictures over.
const PLACEHOLDER: char = '\u{10eeee}';

/// Begins anywhere, for pictures that stay when the program has ended: the next
/// program's must not take their numbers.
pub fn number_anywhere() {
    let any = RandomState::new().build_hasher().finish() as u32;
    NEXT.store(0x80_0000 | (any & 0x3f_ffff), Ordering::Relaxed);
}

/// A number for a picture that has none yet.
pub fn next_id() -> u32 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A picture that was made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its number in the terminal.
    pub id: u32,
    /// Columns and rows that it takes.
    pub size: (u16, u16),
    /// What sends it, and places it at the cursor unless placeholders hold it.
    pub send: String,
    /// How it is held.
    pub hold: Hold,
}

/// How pictures are held on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hold {
    /// By placeholder characters, not by a place.
    pub placeholders: bool,
    /// Sequences go through tmux to the terminal around it.
    pub tmux: bool,
}

impl Hold {
    /// A sequence as it is written.
    pub fn wrap(self, sequence: &str) -> Cow<'_, str> {
        match self.tmux {
            true => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")).into(),
            false => sequence.into(),
        }
    }
}

impl Placed {
    /// Makes a picture ready for so many columns and rows, compressed.
    pub fn new(picture: &RgbImage, size: (u16, u16), hold: Hold) -> Option<Self> {
        use std::io::Write as _;
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        packer.write_all(picture.as_raw()).ok()?;
        let data = STANDARD.encode(packer.finish().ok()?);
        let id = next_id();
        let (width, height) = picture.dimensions();
        let (columns, rows) = size;
        let mut send = String::with_capacity(data.len() + 256);
        let mut rest = data.as_str();
        let how = if hold.placeholders { "U=1" } else { "p=1,C=1" };
        let mut control =
            format!("a=T,q=2,f=24,o=z,i={id},{how},s={width},v={height},c={columns},r={rows},");
        loop {
            let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
            let more = u8::from(!after.is_empty());
            send.push_str(&hold.wrap(&format!("\x1b_G{control}m={more};{chunk}\x1b\\")));
            if after.is_empty() {
                return Some(Self { id, size, send, hold });
            }
            rest = after;
            control = "q=2,".into();
        }
    }
}

impl Placed {
    /// What places a picture that was sent before at the cursor.
    pub fn place(&self) -> String {
        let (id, (columns, rows)) = (self.id, self.size);
        format!("\x1b_Ga=p,q=2,i={id},p=1,c={columns},r={rows},C=1\x1b\\")
    }
}

impl Placed {
    /// Makes a cell hold its part of the picture. The number stands in the
    /// colour; the first cell of a row names the row, the others follow it.
    pub fn hold_in(&self, cell: &mut Cell, (column, row): (u16, u16)) {
        let mut symbol = String::from(PLACEHOLDER);
        if column == 0 {
            symbol.extend([ROWS[usize::from(row) % ROWS.len()], ROWS[0]]);
        }
        let [_, red, green, blue] = self.id.to_be_bytes();
        cell.set_symbol(&symbol).set_fg(Color::Rgb(red, green, blue));
    }
}

/// What takes a picture from the screen; it can be placed again.
pub fn hide(id: u32) -> String {
    format!("\x1b_Ga=d,d=i,i={id},q=2\x1b\\")
}

/// What takes a picture from the terminal.
pub fn delete(id: u32) -> String {
    format!("\x1b_Ga=d,d=I,i={id},q=2\x1b\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_sent_in_chunks_that_end() {
        let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) as u8;
        let picture = RgbImage::from_fn(100, 60, |x, y| image::Rgb([noise(x, y), 7, 9]));
        let placed = Placed::new(&picture, (20, 6), Hold::default()).unwrap();
        let parts: Vec<&str> = placed.send.split("\x1b\\").filter(|p| !p.is_empty()).collect();
        assert!(parts.len() > 1 && parts.iter().all(|p| p.starts_with("\x1b_G")));
        assert!(parts[0].contains("C=1,s=100,v=60,c=20,r=6") && parts[0].contains("m=1;"));
        assert!(parts.last().unwrap().starts_with("\x1b_Gq=2,m=0;"));
        let payload: String = parts.iter().map(|p| p.split_once(';').unwrap().1).collect();
        assert!(parts.iter().all(|p| p.split_once(';').unwrap().1.len() <= CHUNK));
        let packed = STANDARD.decode(payload).unwrap();
        let mut raw = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&packed[..]), &mut raw)
            .unwrap();
        assert_eq!(raw, picture.into_raw());
    }

    #[test]
    fn placeholders_name_number_and_row_and_pass_through_tmux() {
        let hold = Hold { placeholders: true, tmux: true };
        let placed = Placed::new(&RgbImage::new(2, 2), (3, 2), hold).unwrap();
        assert!(placed.send.starts_with("\x1bPtmux;\x1b\x1b_Ga=T") && placed.send.contains("U=1"));
        assert!(placed.send.ends_with("\x1b\x1b\\\x1b\\"), "{:?}", placed.send);
        let mut cell = Cell::default();
        placed.hold_in(&mut cell, (0, 1));
        assert_eq!(cell.symbol(), "\u{10eeee}\u{30d}\u{305}");
        let [_, red, green, blue] = placed.id.to_be_bytes();
        assert_eq!((cell.fg, red), (Color::Rgb(0x52, green, blue), 0x52));
        placed.hold_in(&mut cell, (2, 1));
        assert_eq!(cell.symbol(), "\u{10eeee}");
    }

    #[test]
    fn every_picture_has_a_number_of_its_own() {
        let picture = RgbImage::new(2, 2);
        let ids = [0; 3].map(|_| Placed::new(&picture, (1, 1), Hold::default()).unwrap().id);
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        assert!(delete(ids[0]).contains(&format!("i={}", ids[0])));
    }
}
