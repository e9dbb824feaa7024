//! A text field: what is typed in INSERT.

use ratatui_textarea::{CursorMove, Input, TextArea};

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
    /// The gallery's filter.
    Filter,
    /// Tags of the chosen pictures.
    Tags,
    /// The folder that the chosen pictures are copied to.
    Folder,
}

/// One line being typed.
pub struct Field {
    /// What it will become.
    pub target: Target,
    /// Whether the subject was made for this field, and goes if nothing is typed.
    pub fresh: bool,
    area: TextArea<'static>,
}

impl Field {
    /// A field with the cursor behind its text.
    pub fn new(target: Target, text: &str, fresh: bool) -> Self {
        // A field is one line; a pasted line break becomes a space.
        let mut area = TextArea::new(vec![text.replace(['\r', '\n'], " ")]);
        area.set_cursor_line_style(ratatui::style::Style::default());
        area.move_cursor(CursorMove::End);
        Self { target, fresh, area }
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
        self.area.input(input);
    }

    /// Puts a text in place of what was typed.
    pub fn replace(&mut self, text: &str) {
        self.area = TextArea::new(vec![text.replace(['\r', '\n'], " ")]);
        self.area.move_cursor(CursorMove::End);
    }

    /// Takes pasted text as one edit.
    pub fn paste(&mut self, text: &str) {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.area.insert_str(line);
    }
}
