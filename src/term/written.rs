//! Pictures in the terminal's form, written among lines of text.

use std::fmt::Write;

use ratatui::buffer::Cell;

use super::kitty::Placed;

/// What draws at the cursor, with so many rows made free for it first: a picture at
/// the foot of the screen would be cut off, or scroll by what it takes. The cursor is
/// on the line below afterwards, wherever the terminal leaves it.
pub fn at_cursor(drawn: &str, rows: u16) -> String {
    let free = "\n".repeat(rows.into());
    format!("{free}\x1b[{rows}A\x1b7{drawn}\x1b8\x1b[{rows}B\r")
}

/// A picture that placeholder characters hold, after what sends it.
pub fn held(placed: &Placed) -> String {
    let mut out = placed.send.clone();
    let [_, red, green, blue] = placed.id.to_be_bytes();
    let (columns, rows) = placed.size;
    for row in 0..rows {
        // Writing to a string does not fail.
        let _ = write!(out, "\x1b[38;2;{red};{green};{blue}m");
        for column in 0..columns {
            let mut cell = Cell::default();
            placed.hold_in(&mut cell, (column, row));
            out.push_str(cell.symbol());
        }
        out.push_str("\x1b[39m\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::kitty::Hold;
    use super::*;
    use image::RgbImage;
    use std::num::NonZeroU16;

    fn screen(before: u16, text: &str) -> (String, (u16, u16)) {
        let (rows, columns) = (NonZeroU16::new(6).unwrap(), NonZeroU16::new(20).unwrap());
        let mut parser = vt100::Parser::new(rows, columns, 0);
        let lines = "line\r\n".repeat(before.into());
        parser.process(format!("{lines}{}", text.replace('\n', "\r\n")).as_bytes());
        (parser.screen().contents(), parser.screen().cursor_position())
    }

    #[test]
    fn a_picture_at_the_foot_has_room_and_text_goes_on_below_it() {
        assert_eq!(screen(1, &at_cursor("<>", 3)), ("line\n<>".into(), (4, 0)));
        let (text, cursor) = screen(5, &at_cursor("<>", 3));
        assert_eq!((text.as_str(), cursor), ("line\nline\n<>", (5, 0)));
    }

    #[test]
    fn placeholders_are_rows_of_text_below_what_sends_them() {
        let hold = Hold { placeholders: true, tmux: true };
        let placed = Placed::new(&RgbImage::new(4, 4), (3, 2), hold).unwrap();
        let text = held(&placed);
        let rows = text.strip_prefix(placed.send.as_str()).unwrap();
        assert_eq!(rows.lines().count(), 2);
        assert!(rows.lines().all(|row| row.matches('\u{10eeee}').count() == 3), "{rows:?}");
        assert!(rows.contains("\u{305}") && rows.contains("\u{30d}") && rows.ends_with("[39m\n"));
    }
}
