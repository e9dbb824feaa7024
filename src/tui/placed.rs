//! Placed pictures: which are on the screen, and which belong there.

use crate::term::kitty::{self, Hold, Placed};
use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU16;

/// Marks the cells of a picture. They are blank, so hiding them shows nothing;
/// a box that is drawn over them has cells without it.
const MARK: Modifier = Modifier::HIDDEN;

/// The placed pictures of the terminal and of the frame being drawn.
#[derive(Default)]
pub struct Places {
    /// Pictures whose bytes the terminal has.
    sent: HashSet<u32>,
    /// Where pictures are on the screen.
    shown: HashMap<u32, Rect>,
    /// Where this frame wants them, and what sends and places them.
    wanted: HashMap<u32, (Rect, Placed)>,
    /// Where this frame has pictures in its cells, by sixel or iTerm2's protocol.
    painted: Vec<Rect>,
    /// What this frame's placeholders need sent.
    unsent: String,
    /// How pictures are held.
    hold: Hold,
}

impl Places {
    /// No picture yet.
    pub fn new(hold: Hold) -> Self {
        Self { hold, ..Self::default() }
    }

    /// Whether the terminal has a picture's bytes.
    pub fn has(&self, id: u32) -> bool {
        self.sent.contains(&id)
    }

    /// Takes the cells of a picture on this frame.
    pub fn want(&mut self, buffer: &mut Buffer, area: Rect, placed: &Placed) {
        if placed.hold.placeholders {
            return self.hold(buffer, area, placed);
        }
        for at in area.positions() {
            if let Some(cell) = buffer.cell_mut(at) {
                cell.set_symbol(" ");
                cell.modifier.insert(MARK);
            }
        }
        self.wanted.insert(placed.id, (area, placed.clone()));
    }

    /// Placeholders are text; whatever is drawn over them later wins.
    fn hold(&mut self, buffer: &mut Buffer, area: Rect, placed: &Placed) {
        for at in area.positions() {
            if let Some(cell) = buffer.cell_mut(at) {
                placed.hold_in(cell, (at.x - area.x, at.y - area.y));
                cell.set_diff_option(CellDiffOption::ForcedWidth(NonZeroU16::MIN));
            }
        }
        if self.sent.insert(placed.id) {
            self.unsent.push_str(&placed.send);
        }
    }

    /// Takes the place of a picture that a widget has drawn: of one that is sent from
    /// its first cell.
    pub fn painted(&mut self, buffer: &Buffer, area: Rect) {
        if buffer.cell(area.as_position()).is_some_and(sends) {
            self.painted.push(area);
        }
    }

    /// Behind the drawing of a frame: pictures that something was drawn over
    /// are not wanted on it.
    pub fn leave_out_covered(&mut self, buffer: &mut Buffer) {
        for area in std::mem::take(&mut self.painted) {
            let is_its = |cell: &Cell| sends(cell) || cell.diff_option == CellDiffOption::Skip;
            if area.positions().all(|at| buffer.cell(at).is_some_and(is_its)) {
                continue;
            }
            // It would be sent over what lies on it.
            for at in area.positions() {
                if let Some(cell) = buffer.cell_mut(at).filter(|cell| is_its(cell)) {
                    cell.set_symbol(" ").set_diff_option(CellDiffOption::None);
                }
            }
        }

        let is_free = |area: &Rect| {
            area.positions().all(|at| buffer.cell(at).is_some_and(|c| c.modifier.contains(MARK)))
        };
        self.wanted.retain(|_, (area, _)| is_free(area));
    }

    /// What brings the terminal's pictures in line with the frame.
    pub fn settle(&mut self) -> String {
        let mut out = std::mem::take(&mut self.unsent);
        let wanted = std::mem::take(&mut self.wanted);
        let gone: Vec<u32> =
            self.shown.keys().filter(|id| !wanted.contains_key(*id)).copied().collect();
        for id in gone {
            self.shown.remove(&id);
            out.push_str(&kitty::hide(id));
        }
        for (id, (area, placed)) in wanted {
            if self.shown.insert(id, area) == Some(area) {
                continue;
            }
            out.push_str(&format!("\x1b[{};{}H", area.y + 1, area.x + 1));
            match self.sent.insert(id) {
                true => out.push_str(&placed.send),
                false => out.push_str(&placed.place()),
            }
        }
        out
    }

    /// The screen was cleared, and its pictures with it.
    pub fn forget_screen(&mut self) {
        self.shown.clear();
    }

    /// Takes pictures from the terminal for good.
    pub fn delete(&mut self, ids: impl IntoIterator<Item = u32>) -> String {
        let mut out = String::new();
        for id in ids {
            self.shown.remove(&id);
            if self.sent.remove(&id) {
                out.push_str(&self.hold.wrap(&kitty::delete(id)));
            }
        }
        out
    }
}

/// Whether a whole picture is sent with a cell.
fn sends(cell: &Cell) -> bool {
    cell.symbol().starts_with('\x1b')
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn frame(places: &mut Places, placed: &Placed, area: Rect, covered: bool) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 20));
        places.want(&mut buffer, area, placed);
        if covered {
            buffer.cell_mut((area.x + 1, area.y)).unwrap().reset();
        }
        places.leave_out_covered(&mut buffer);
        places.settle()
    }

    #[test]
    fn a_picture_in_its_cells_is_not_sent_over_a_box() {
        let area = Rect::new(2, 3, 8, 4);
        let painted = || {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 20));
            for at in area.positions() {
                buffer.cell_mut(at).unwrap().set_diff_option(CellDiffOption::Skip);
            }
            buffer
                .cell_mut((2, 3))
                .unwrap()
                .set_symbol("\x1bPq")
                .set_diff_option(CellDiffOption::ForcedWidth(NonZeroU16::MIN));
            buffer
        };
        let mut places = Places::default();
        let mut buffer = painted();
        places.painted(&buffer, area);
        places.leave_out_covered(&mut buffer);
        assert_eq!(buffer, painted(), "nothing lies on it");
        places.painted(&buffer, area);
        buffer.cell_mut((5, 5)).unwrap().reset();
        buffer.cell_mut((5, 5)).unwrap().set_symbol("x");
        places.leave_out_covered(&mut buffer);
        let mut expected = Buffer::empty(Rect::new(0, 0, 40, 20));
        expected.cell_mut((5, 5)).unwrap().set_symbol("x");
        assert_eq!(buffer, expected);
    }

    #[test]
    fn a_picture_is_sent_once_placed_again_and_hidden() {
        let placed = Placed::new(&RgbImage::new(4, 4), (8, 4), Hold::default()).unwrap();
        let (here, there) = (Rect::new(2, 3, 8, 4), Rect::new(20, 3, 8, 4));
        let mut places = Places::default();
        let first = frame(&mut places, &placed, here, false);
        assert!(first.starts_with("\x1b[4;3H") && first.contains("a=T"), "{first:?}");
        assert_eq!(frame(&mut places, &placed, here, false), "", "it is there already");
        assert_eq!(frame(&mut places, &placed, here, true), kitty::hide(placed.id));
        let again = frame(&mut places, &placed, there, false);
        assert!(again.contains("a=p") && !again.contains("a=T"), "{again:?}");
        assert_eq!(places.settle(), kitty::hide(placed.id), "a frame without it");
        assert_eq!(places.delete([placed.id]), kitty::delete(placed.id));
        assert_eq!(places.delete([placed.id]), "");
        assert!(frame(&mut places, &placed, here, false).contains("a=T"));
    }

    #[test]
    fn a_picture_held_by_placeholders_is_sent_once_whatever_covers_it() {
        let hold = Hold { placeholders: true, tmux: false };
        let placed = Placed::new(&RgbImage::new(4, 4), (8, 4), hold).unwrap();
        let mut places = Places::new(hold);
        let area = Rect::new(2, 3, 8, 4);
        assert_eq!(frame(&mut places, &placed, area, true), placed.send);
        assert_eq!(frame(&mut places, &placed, area, false), "");
        places.forget_screen();
        assert_eq!(frame(&mut places, &placed, area, false), "");
        assert_eq!(places.delete([placed.id]), kitty::delete(placed.id));
        assert_eq!(frame(&mut places, &placed, area, false), placed.send);
    }

    #[test]
    fn a_cleared_screen_has_its_pictures_placed_again() {
        let placed = Placed::new(&RgbImage::new(4, 4), (8, 4), Hold::default()).unwrap();
        let mut places = Places::default();
        frame(&mut places, &placed, Rect::new(0, 0, 8, 4), false);
        places.forget_screen();
        assert!(frame(&mut places, &placed, Rect::new(0, 0, 8, 4), false).contains("a=p"));
    }
}
