//! How pictures reach this terminal, and pictures in its own form.

use std::fmt;

use image::{DynamicImage, RgbImage};
use ratatui::layout::Size;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::halfblocks::Halfblocks;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::kitty::Kitty;
use ratatui_image::protocol::sixel::Sixel;
use ratatui_image::{FilterType, FontSize, Resize};

use super::kitty::Placed;
use super::probe::Answers;

/// A cell where the terminal does not tell: only the proportion matters then.
const CELL: (u16, u16) = (10, 20);
/// Pixels of a cell over a slow link, where the terminal scales.
const SMALL_CELL: (u16, u16) = (6, 12);

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
            // WezTerm and Konsole answer for kitty but know no placeholders.
            _ if speaks(&["iTerm2", "WezTerm"]) => Way::Iterm,
            _ if speaks(&["Konsole"]) => Way::Blocks,
            said if said.kitty => kitty,
            said if said.sixel => Way::Sixel,
            _ if hints_at_iterm() => Way::Iterm,
            _ => Way::Blocks,
        };
        let way = match forced {
            Some("kitty") => kitty,
            Some("iterm" | "iterm2") => Way::Iterm,
            Some("sixel") => Way::Sixel,
            Some("blocks" | "halfblocks") => Way::Blocks,
            _ => best,
        };
        match said.cell.or_else(cell_of_window) {
            Some(cell) => Self { way, cell, tmux, is_far },
            // Where a cell's size is not known, a picture would run over.
            None if forced.is_none() => Self { tmux, is_far, ..Self::blocks() },
            None => Self { way, cell: CELL, tmux, is_far },
        }
    }

    /// The picture in this terminal's form, as large as fits, no larger than
    /// its cells.
    pub fn encode(&self, picture: RgbImage, (width, height): (u16, u16)) -> Option<Drawn> {
        let (cell_width, cell_height) = if self.way == Way::Blocks { CELL } else { self.cell };
        let font = FontSize { width: cell_width, height: cell_height };
        let resize = Resize::Scale(Some(FilterType::Triangle));
        let picture = DynamicImage::ImageRgb8(picture);
        let size = resize.size_for(&picture, font, Size { width, height });
        if size.width == 0 || size.height == 0 {
            return None;
        }
        if self.way == Way::Places {
            return self.place(&picture, (size.width, size.height)).map(Drawn::Placed);
        }
        let picture = resize.resize(&picture, font, size, None);
        let id = super::kitty::next_id();
        let drawn = match self.way {
            Way::Blocks => Protocol::Halfblocks(Halfblocks::new(picture, size).ok()?),
            Way::Sixel => Protocol::Sixel(Sixel::new(picture, size, self.tmux).ok()?),
            Way::Iterm => Protocol::ITerm2(Iterm2::new(picture, size, self.tmux).ok()?),
            _ => Protocol::Kitty(Kitty::new(picture, size, id, self.tmux, true).ok()?),
        };
        Some(Drawn::Widget(drawn))
    }

    /// The terminal scales, so no more pixels are sent than it can show, nor
    /// than the picture has.
    fn place(&self, picture: &DynamicImage, size: (u16, u16)) -> Option<Placed> {
        let cell = if self.is_far { SMALL_CELL } else { self.cell };
        let most = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
        let (width, height) = (most(size.0, cell.0), most(size.1, cell.1));
        let fits = width >= picture.width() && height >= picture.height();
        let picture = match fits {
            true => picture.to_rgb8(),
            false => picture.resize_exact(width, height, FilterType::Triangle).to_rgb8(),
        };
        Placed::new(&picture, size)
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
                let drawn = screen.encode(RgbImage::new(64, 64), (width, height)).unwrap();
                let (columns, rows) = drawn.size();
                assert!(columns <= width && rows <= height, "{way:?} {width}x{height}");
                assert!(columns == width || rows == height, "{way:?} {columns}x{rows}");
            }
        }
    }

    #[test]
    fn far_away_fewer_bytes_are_sent() {
        let noise = RgbImage::from_fn(512, 512, |x, y| {
            image::Rgb([((x * 31) ^ (y * 17)) as u8, (x * y) as u8, (x ^ y) as u8])
        });
        let bytes = |is_far| {
            let screen = Screen { way: Way::Places, cell: (9, 18), tmux: false, is_far };
            match screen.encode(noise.clone(), (20, 10)) {
                Some(Drawn::Placed(placed)) => placed.send.len(),
                _ => panic!("no placed picture"),
            }
        };
        assert!(bytes(true) * 2 < bytes(false) + 512, "{} {}", bytes(true), bytes(false));
    }
}
