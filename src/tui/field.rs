//! A text field: what is typed in INSERT.

use ratatui_textarea::{CursorMove, Input, Key, TextArea};
use std::ops::Range;

/// What a field's text will become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The style text.
    Style,
    /// The subject of this number.
    Subject(usize),
    /// The negative prompt.
    Negative,
    /// The setting of this number.
    Setting(usize),
    /// The setting of this number of the picture under the cursor.
    Detail(usize),
    /// The values of a row of sets.
    Row,
    /// The gallery's filter.
    Filter,
    /// Tags of the chosen pictures.
    Tags,
    /// The folder that the chosen pictures are copied to.
    Folder,
}

impl Target {
    /// Whether what is typed will be painted.
    pub fn is_prompt(&self) -> bool {
        matches!(self, Self::Style | Self::Subject(_) | Self::Negative)
    }
}

/// One line being typed.
pub struct Field {
    /// What it will become.
    pub target: Target,
    /// Whether the subject was made for this field, and goes if nothing is typed.
    pub fresh: bool,
    /// Why what was typed is not taken.
    pub fault: Option<String>,
    area: TextArea<'static>,
    /// What was typed, while an earlier prompt stands in its place.
    recalled: Option<Recalled>,
}

/// Earlier prompts that hold what was typed.
struct Recalled {
    typed: String,
    found: Vec<String>,
    at: usize,
}

impl Field {
    /// A field with the cursor behind its text.
    pub fn new(target: Target, text: &str, fresh: bool) -> Self {
        // A field is one line; a pasted line break becomes a space.
        let mut area = TextArea::new(vec![text.replace(['\r', '\n'], " ")]);
        area.set_cursor_line_style(ratatui::style::Style::default());
        area.move_cursor(CursorMove::End);
        Self { target, fresh, fault: None, area, recalled: None }
    }

    /// The same with its text selected: what is typed takes its place, as a value is
    /// rather replaced than added to.
    pub fn selected_whole(mut self) -> Self {
        self.area.select_all();
        self
    }

    /// The text.
    pub fn text(&self) -> String {
        self.area.lines().join(" ")
    }

    /// The character that the cursor is on, counted from 0.
    pub fn cursor(&self) -> usize {
        let cursor = self.area.cursor();
        // A field has one line.
        cursor.1
    }

    /// The characters that are selected, counted from 0.
    pub fn selected(&self) -> Option<Range<usize>> {
        let ((_, from), (_, to)) = self.area.selection_range()?;
        (from < to).then_some(from..to)
    }

    /// The widget.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// The widget, to be styled for drawing.
    pub fn area_mut(&mut self) -> &mut TextArea<'static> {
        &mut self.area
    }

    /// Takes a key.
    pub fn input(&mut self, input: impl Into<Input>) {
        let input: Input = input.into();
        self.recalled = None;
        self.fault = None;
        let plain = !(input.shift || input.ctrl || input.alt);
        match (self.selected().filter(|_| plain), input.key) {
            // Off to its ends, not to one character beside the cursor.
            (Some(selected), Key::Left) => self.unselect(selected.start),
            (Some(selected), Key::Right) => self.unselect(selected.end),
            _ => drop(self.area.input(input)),
        }
    }

    fn unselect(&mut self, at: usize) {
        self.area.cancel_selection();
        self.area.move_cursor(CursorMove::Jump(0, u16::try_from(at).unwrap_or(u16::MAX)));
    }

    /// Puts the next earlier prompt that holds what was typed in its place (1), or
    /// goes back towards what was typed (−1).
    pub fn recall(&mut self, by: isize, prompts: impl FnOnce() -> Vec<String>) {
        let (typed, found, at) = match self.recalled.take() {
            Some(Recalled { typed, found, at }) => (typed, found, at.checked_add_signed(by)),
            None if by < 0 => return,
            None => {
                let typed = self.text();
                let words = typed.trim().to_lowercase();
                let fits = |text: &String| *text != typed && text.to_lowercase().contains(&words);
                let found = prompts().into_iter().filter(fits).collect();
                (typed, found, Some(0))
            }
        };
        let Some(at) = at else { return self.replace(&typed) };
        let at = at.min(found.len().saturating_sub(1));
        if let Some(text) = found.get(at) {
            self.replace(text);
            self.recalled = Some(Recalled { typed, found, at });
        }
    }

    /// Puts a text in place of what was typed.
    pub fn replace(&mut self, text: &str) {
        self.area = TextArea::new(vec![text.replace(['\r', '\n'], " ")]);
        self.area.move_cursor(CursorMove::End);
    }

    /// Takes pasted text as one edit.
    pub fn paste(&mut self, text: &str) {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.fault = None;
        self.area.insert_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(mut field: Field, keys: &[Key]) -> String {
        for key in keys {
            field.input(Input { key: *key, ..Input::default() });
        }
        field.text()
    }

    #[test]
    fn a_value_is_replaced_by_what_is_typed_and_edited_by_keys_that_move() {
        let one = Key::Char('1');
        for (keys, text) in [
            (vec![one], "1"),
            (vec![Key::Char('1'), Key::Char('2')], "12"),
            (vec![Key::Left, one], "10.5"),
            (vec![Key::Home, one], "10.5"),
            (vec![Key::Right, one], "0.51"),
            (vec![Key::End, one], "0.51"),
            (vec![Key::End, Key::Backspace, one], "0.1"),
            (vec![Key::Backspace], ""),
            (vec![Key::Delete, one], "1"),
            (vec![], "0.5"),
        ] {
            let field = Field::new(Target::Setting(3), "0.5", false).selected_whole();
            assert_eq!(after(field, &keys), text, "{keys:?}");
        }
        assert_eq!(after(Field::new(Target::Style, "0.5", false), &[one]), "0.51");
        let mut field = Field::new(Target::Row, "0..2:5", false).selected_whole();
        assert_eq!(field.selected(), Some(0..6));
        field.paste("1, 2");
        assert_eq!((field.text().as_str(), field.selected()), ("1, 2", None));
        let empty = Field::new(Target::Detail(0), "", false).selected_whole();
        assert_eq!(empty.selected(), None);
    }
}
