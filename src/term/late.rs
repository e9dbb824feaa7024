//! Answers that come late, told from keys.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// Most keys that an answer may be long.
const LONGEST: usize = 160;

/// What an event was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A person's key.
    Key,
    /// A part of an answer.
    Part,
    /// An answer has ended: the letter that it began with, and what it says.
    Answer(char, String),
}

/// Tells answers of the terminal that come among the keys, behind their time or
/// asked for again. A reader of keys sees such an answer as Alt and a letter, then
/// text, then Alt and a backslash; nobody binds those keys.
#[derive(Debug, Default)]
pub struct LateAnswers {
    begun: Option<(char, String)>,
}

impl LateAnswers {
    /// What an event is.
    pub fn tell(&mut self, event: &Event) -> Told {
        let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return Told::Key };
        let alt = modifiers.contains(KeyModifiers::ALT);
        match (self.begun.take(), code) {
            (None, KeyCode::Char(intro @ ('P' | '_' | ']' | '^' | 'X'))) if alt => {
                self.begun = Some((*intro, String::new()));
                Told::Part
            }
            (None, _) => Told::Key,
            (Some((intro, text)), KeyCode::Char('\\')) if alt => Told::Answer(intro, text),
            // Nobody answers with Esc or at such length: that is a person.
            (Some((_, text)), code) if text.len() > LONGEST || *code == KeyCode::Esc => Told::Key,
            (Some((intro, mut text)), code) => {
                text.push(if let KeyCode::Char(c) = code { *c } else { ' ' });
                self.begun = Some((intro, text));
                Told::Part
            }
        }
    }
}

/// Keys that were pressed while the terminal was asked; what is no plain key is
/// left out.
pub fn keys(typed: &[u8]) -> Vec<KeyEvent> {
    let text = String::from_utf8_lossy(typed);
    // A sequence in there is a key of which half may be missing.
    let plain = text.split('\x1b').next().unwrap_or_default();
    let plain_key = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let key = |c: char| match c {
        '\r' | '\n' => Some(plain_key(KeyCode::Enter)),
        '\t' => Some(plain_key(KeyCode::Tab)),
        '\x7f' => Some(plain_key(KeyCode::Backspace)),
        '\x01'..='\x1a' => {
            let letter = char::from(c as u8 - 1 + b'a');
            Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
        }
        c if c.is_control() || c == '\u{fffd}' => None,
        c => Some(plain_key(KeyCode::Char(c))),
    };
    plain.chars().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<Event> {
        let mut alt = false;
        let mut events = Vec::new();
        for c in text.chars() {
            if c == '\x1b' {
                alt = true;
                continue;
            }
            let modifiers = if alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
            events.push(Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers)));
            alt = false;
        }
        events
    }

    fn passed(text: &str) -> usize {
        let mut late = LateAnswers::default();
        events(text).iter().filter(|event| late.tell(event) == Told::Key).count()
    }

    #[test]
    fn late_answers_are_read_whole() {
        let mut late = LateAnswers::default();
        let told = events("\x1b_Gi=31;OK\x1b\\").iter().map(|e| late.tell(e)).last();
        assert_eq!(told, Some(Told::Answer('_', "Gi=31;OK".into())));
    }

    #[test]
    fn late_answers_are_dropped_and_keys_are_not() {
        assert_eq!(passed("j\x1bP>|XTerm(379)\x1b\\k"), 2);
        assert_eq!(passed("\x1b_Gi=31;OK\x1b\\qq"), 2);
        assert_eq!(passed("joy"), 3);
        assert!(passed(&format!("\x1bP{}", "x".repeat(400))) > 200, "an answer ends");
    }

    #[test]
    fn early_keys_are_kept() {
        let codes: Vec<KeyCode> = keys("oa fö\r\x1b[A".as_bytes()).iter().map(|k| k.code).collect();
        let chars = "oa fö".chars().map(KeyCode::Char).chain([KeyCode::Enter]);
        assert_eq!(codes, chars.collect::<Vec<_>>());
        let stop = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
        assert_eq!(keys(b"\x1a"), [stop]);
    }
}
