//! How pictures reach this terminal, and pictures in its own form.

use std::fmt;

use image::{DynamicImage, RgbImage};
use ratatui::layout::Size;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::halfblocks::Halfblocks;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::sixel::Sixel;
use ratatui_image::{FilterType, FontSize, Resize};

use super::far;
use super::kitty::{Hold, Placed};
use super::probe::Answers;

/// A cell where the terminal does not tell: only the proportion matters then.
const CELL: (u16, u16) = (10, 20);
/// Pixels of a cell over a slow link, where the terminal scales.
const SMALL_CELL: (u16, u16) = (6, 12);
/// The same for the first look: a quarter of the pixels.
const ROUGH_CELL: (u16, u16) = (3, 6);

/// Bytes of a half block with its two colours.
const BLOCK: usize = 40;

/// How pictures are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// The kitty protocol with placeholder characters.
    Placeholders,
    /// The kitty protocol with places.
    Places,
    /// iTerm2's.
    Iterm,
    /// Sixel.
    Sixel,
    /// Two pixels a cell.
    Blocks,
}

impl Way {
    /// The way that a person calls so.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "kitty" => Some(Self::Placeholders),
            "iterm" | "iterm2" => Some(Self::Iterm),
            "sixel" => Some(Self::Sixel),
            "blocks" | "halfblocks" => Some(Self::Blocks),
            _ => None,
        }
    }

    /// Whether what was covered has to be drawn anew.
    pub fn is_painted(self) -> bool {
        matches!(self, Self::Sixel | Self::Iterm)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Placeholders | Self::Places => "kitty",
            Self::Iterm => "iterm",
            Self::Sixel => "sixel",
            Self::Blocks => "blocks",
        })
    }
}

/// How pictures reach this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// How they are drawn.
    pub way: Way,
    /// Width and height of a cell in pixels.
    pub cell: (u16, u16),
    /// Whether tmux stands between.
    pub tmux: bool,
    /// Whether bytes are dear.
    pub is_far: bool,
}

/// A picture in the terminal's own form.
pub enum Drawn {
    /// Drawn as a widget.
    Widget(Protocol),
    /// Placed below its cells.
    Placed(Placed),
}

impl Screen {
    /// Half blocks, which every terminal has.
    pub fn blocks() -> Self {
        Self { way: Way::Blocks, cell: CELL, tmux: false, is_far: false }
    }

    /// Chooses by what was forced, then by what the terminal said.
    pub fn choose(forced: Option<&str>, said: &Answers, tmux: bool, is_far: bool) -> Self {
        // Without placeholders a picture cannot be held inside tmux.
        let kitty = match said.is_old_kitty() {
            true if tmux => Way::Blocks,
            true => Way::Places,
            false => Way::Placeholders,
        };
        let speaks = |names: &[&str]| names.iter().any(|name| said.name.starts_with(name));
        let best = match said {
            // WezTerm and Konsole answer for kitty but know no placeholders; what
            // tmux does not draw itself it cannot keep in its place.
            _ if speaks(&["iTerm2", "WezTerm"]) && tmux => Way::Blocks,
            _ if speaks(&["iTerm2", "WezTerm"]) => Way::Iterm,
            _ if speaks(&["Konsole"]) => Way::Blocks,
            said if said.kitty => kitty,
            // tmux takes a sixel picture away when text is written beside it.
            said if said.sixel && !tmux => Way::Sixel,
            _ if !tmux && hints_at_iterm() => Way::Iterm,
            _ => Way::Blocks,
        };
        let forced = forced.and_then(Way::named);
        let way = match forced {
            Some(Way::Placeholders) => kitty,
            Some(way) => way,
            None => best,
        };
        match said.cell.or_else(cell_of_window) {
            Some(cell) => Self { way, cell, tmux, is_far },
            // Where a cell's size is not known, a picture would run over.
            None if forced.is_none() => Self { tmux, is_far, ..Self::blocks() },
            None => Self { way, cell: CELL, tmux, is_far },
        }
    }

    /// Whether pictures come in two steps, a rough one first: over a slow link
    /// to a terminal that scales.
    pub fn refines(&self) -> bool {
        self.is_far && !matches!(self.way, Way::Sixel | Way::Blocks)
    }

    /// How the terminal holds kitty's pictures.
    pub fn hold(&self) -> Hold {
        Hold { placeholders: self.way == Way::Placeholders, tmux: self.tmux }
    }

    /// The picture in this terminal's form, as large as fits, no larger than
    /// its cells; `rough` for a first look.
    pub fn encode(
        &self,
        picture: RgbImage,
        (width, height): (u16, u16),
        rough: bool,
    ) -> Option<Drawn> {
        let (cell_width, cell_height) = if self.way == Way::Blocks { CELL } else { self.cell };
        let font = FontSize { width: cell_width, height: cell_height };
        let resize = Resize::Scale(Some(FilterType::Triangle));
        let picture = DynamicImage::ImageRgb8(picture);
        let size = resize.size_for(&picture, font, Size { width, height });
        if size.width == 0 || size.height == 0 {
            return None;
        }
        let cells = (size.width, size.height);
        let scaled = || resize.resize(&picture, font, size, None);
        Some(match self.way {
            Way::Places | Way::Placeholders => {
                let picture = self.reduced(&picture, cells, rough);
                Drawn::Placed(Placed::new(&picture, cells, self.hold())?)
            }
            Way::Blocks => {
                Drawn::Widget(Protocol::Halfblocks(Halfblocks::new(scaled(), size).ok()?))
            }
            // Inside tmux it is tmux that draws sixel, so nothing goes through it.
            Way::Sixel if self.is_far => {
                let data = far::sixel(&scaled().to_rgba8(), cells)?;
                Drawn::Widget(Protocol::Sixel(Sixel { data, size, is_tmux: false }))
            }
            Way::Sixel => Drawn::Widget(Protocol::Sixel(Sixel::new(scaled(), size, false).ok()?)),
            Way::Iterm if self.is_far => {
                let data = far::iterm(&self.reduced(&picture, cells, rough), cells, self.tmux)?;
                Drawn::Widget(Protocol::ITerm2(Iterm2 { data, size, is_tmux: self.tmux }))
            }
            Way::Iterm => {
                Drawn::Widget(Protocol::ITerm2(Iterm2::new(scaled(), size, self.tmux).ok()?))
            }
        })
    }

    /// The terminal scales, so no more pixels are sent than it can show, nor
    /// than the picture has.
    fn reduced(&self, picture: &DynamicImage, size: (u16, u16), rough: bool) -> RgbImage {
        let cell = match (rough, self.is_far) {
            (true, _) => ROUGH_CELL,
            (false, true) => SMALL_CELL,
            (false, false) => self.cell,
        };
        let most = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
        let (width, height) = (most(size.0, cell.0), most(size.1, cell.1));
        match width >= picture.width() && height >= picture.height() {
            true => picture.to_rgb8(),
            false => picture.resize_exact(width, height, FilterType::Triangle).to_rgb8(),
        }
    }
}

impl Drawn {
    /// Columns and rows that it takes.
    pub fn size(&self) -> (u16, u16) {
        match self {
            Self::Widget(protocol) => (protocol.size().width, protocol.size().height),
            Self::Placed(placed) => placed.size,
        }
    }

    /// About how many bytes it takes to show it the first time.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Placed(placed) => placed.send.len(),
            Self::Widget(Protocol::Sixel(sixel)) => sixel.data.len(),
            Self::Widget(Protocol::ITerm2(iterm)) => iterm.data.len(),
            Self::Widget(protocol) => {
                usize::from(protocol.size().width) * usize::from(protocol.size().height) * BLOCK
            }
        }
    }
}

/// The size of a cell by the size of the window, where the system knows it.
fn cell_of_window() -> Option<(u16, u16)> {
    let window = crossterm::terminal::window_size().ok()?;
    let cell = (window.width.checked_div(window.columns)?, window.height.checked_div(window.rows)?);
    (cell.0 > 1 && cell.1 > 1).then_some(cell)
}

fn hints_at_iterm() -> bool {
    let known = ["iTerm", "WezTerm", "mintty", "vscode", "Tabby", "Hyper", "rio"];
    std::env::var("TERM_PROGRAM").is_ok_and(|name| known.iter().any(|known| name.contains(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, kitty: bool, sixel: bool) -> Answers {
        let cell = Some((9, 18));
        Answers { name: name.into(), kitty, sixel, cell, is_whole: true, ..Answers::default() }
    }

    #[test]
    fn the_best_way_is_chosen_and_force_wins() {
        for (forced, name, kitty, sixel, tmux, way) in [
            (None, "kitty(0.26.5)", true, false, false, Way::Places),
            (None, "kitty(0.35.1)", true, false, false, Way::Placeholders),
            (None, "kitty(0.26.5)", true, false, true, Way::Blocks),
            (None, "tmux 3.4", true, false, true, Way::Placeholders),
            (None, "XTerm(379)", false, true, false, Way::Sixel),
            (None, "WezTerm 2024", true, true, false, Way::Iterm),
            (None, "WezTerm 2024", true, true, true, Way::Blocks),
            (None, "kitty(0.41.1)", true, false, true, Way::Placeholders),
            (None, "kitty(0.41.1)", false, false, true, Way::Blocks),
            (None, "XTerm(398)", false, true, true, Way::Blocks),
            (Some("sixel"), "XTerm(398)", false, true, true, Way::Sixel),
            (None, "Konsole 23", true, true, false, Way::Blocks),
            (Some("blocks"), "kitty(0.26.5)", true, false, false, Way::Blocks),
            (Some("sixel"), "", false, false, false, Way::Sixel),
        ] {
            let screen = Screen::choose(forced, &said(name, kitty, sixel), tmux, false);
            assert_eq!(screen.way, way, "{forced:?} {name}");
        }
    }

    #[test]
    fn a_picture_keeps_its_shape_and_its_room() {
        for way in [Way::Placeholders, Way::Places, Way::Iterm, Way::Sixel, Way::Blocks] {
            let screen = Screen { way, cell: (9, 18), tmux: false, is_far: false };
            for (width, height) in [(20, 10), (40, 10), (20, 40), (1, 1)] {
                let drawn = screen.encode(RgbImage::new(64, 64), (width, height), false).unwrap();
                let (columns, rows) = drawn.size();
                assert!(columns <= width && rows <= height, "{way:?} {width}x{height}");
                assert!(columns == width || rows == height, "{way:?} {columns}x{rows}");
            }
        }
    }

    /// A picture as one is painted: soft ground, a shape, a little grain.
    fn painted() -> RgbImage {
        RgbImage::from_fn(256, 256, |x, y| {
            let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 13 & 15;
            let inside = (x as i32 - 128).pow(2) + (y as i32 - 140).pow(2) < 4900;
            let base = if inside { [200, 90, 40] } else { [(x / 2) as u8, (y / 3) as u8, 120] };
            image::Rgb(base.map(|c: u8| c.saturating_add(grain as u8)))
        })
    }

    #[test]
    fn far_away_fewer_bytes_are_sent_by_every_way_and_fewest_at_first() {
        for way in [Way::Placeholders, Way::Places, Way::Iterm, Way::Sixel] {
            let bytes = |is_far, rough| {
                let screen = Screen { way, cell: (9, 18), tmux: false, is_far };
                screen.encode(painted(), (28, 14), rough).map(|drawn| drawn.bytes()).unwrap()
            };
            let (near, far) = (bytes(false, false), bytes(true, false));
            assert!(far * 2 < near, "{way:?}: {far} of {near}");
            if (Screen { way, is_far: true, ..Screen::blocks() }).refines() {
                let rough = bytes(true, true);
                assert!(rough * 3 < far * 2, "{way:?}: {rough} of {far}");
            }
        }
    }
}
