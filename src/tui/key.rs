//! Keys by name: `j`, `G`, `ctrl-d`, `alt-enter`, `space`, and sequences of
//! them divided by spaces: `g g`, `space t`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

/// Keys pressed one after another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Keys(pub Vec<Key>);

/// Names of the keys that are no single character.
const NAMES: [(&str, KeyCode); 17] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("f1", KeyCode::F(1)),
    ("f5", KeyCode::F(5)),
];

impl Key {
    /// A plain key.
    pub const fn new(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// The character that this key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The key without its modifiers.
    pub fn code(self) -> KeyCode {
        self.code
    }

    /// Bytes that legacy terminals send for another key as well, and the
    /// prefixes of the programs around us: keys that must never be bound.
    pub fn is_ambiguous(self) -> bool {
        let prefix = self.ctrl
            && matches!(self.code, KeyCode::Char('m' | 'i' | 'h' | 'j' | '[' | 'a' | 'b'));
        let modified_enter = self.code == KeyCode::Enter && self.ctrl;
        let tab_switch = self.alt && matches!(self.code, KeyCode::Char('0'..='9'));
        // After Enter, ssh reads a tilde as its own.
        prefix || modified_enter || tab_switch || self.code == KeyCode::Char('~')
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        // Shift is already in the character; terminals differ in whether they
        // report it besides.
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut key = Self::new(KeyCode::Null);
        let mut rest = text;
        loop {
            rest = match rest.split_once('-') {
                Some(("ctrl", after)) if !after.is_empty() => {
                    key.ctrl = true;
                    after
                }
                Some(("alt", after)) if !after.is_empty() => {
                    key.alt = true;
                    after
                }
                _ => break,
            };
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match NAMES.iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => *code,
                None => return Err(format!("{text:?} is no key")),
            },
        };
        Ok(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match NAMES.iter().find(|(_, code)| *code == self.code) {
            Some((name, _)) => f.write_str(name),
            None => match self.code {
                KeyCode::Char(c) => write!(f, "{c}"),
                other => write!(f, "{other}"),
            },
        }
    }
}

impl FromStr for Keys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err("no key".into()) } else { Ok(Self(keys)) }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all_plain = self.0.iter().all(|k| k.typed().is_some_and(|c| c != ' '));
        let names: Vec<String> = self.0.iter().map(Key::to_string).collect();
        f.write_str(&names.join(if all_plain { "" } else { " " }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for name in ["j", "G", "ctrl-d", "alt-enter", "space", "esc", "-", "+"] {
            assert_eq!(name.parse::<Key>().unwrap().to_string(), name);
        }
        assert!("hyper-x".parse::<Key>().is_err());
        assert_eq!("g g".parse::<Keys>().unwrap().to_string(), "gg");
        assert_eq!("space t".parse::<Keys>().unwrap().to_string(), "space t");
    }

    #[test]
    fn keys_that_other_programs_take_are_known() {
        for name in ["ctrl-m", "ctrl-i", "ctrl-h", "ctrl-j", "ctrl-a", "ctrl-b", "~", "alt-1"] {
            assert!(name.parse::<Key>().unwrap().is_ambiguous(), "{name}");
        }
        assert!(!"ctrl-d".parse::<Key>().unwrap().is_ambiguous());
    }
}
