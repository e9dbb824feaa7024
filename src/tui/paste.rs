//! What is pasted or dropped onto the terminal.

use super::board::save;
use super::errands::is_picture;
use super::popup::{Confirmed, Popup};
use super::state::{Pane, State, View};
use super::update::{Effect, live_filter};
use crate::recipe::Subject;

/// Takes pasted text: into what is typed, else onto the board.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if let Some(field) = &mut state.field {
        field.paste(text);
        live_filter(state);
        return Vec::new();
    }
    if let Some(Popup::Picker(picker)) = state.popups.last_mut() {
        picker.query.push_str(text.trim());
        picker.cursor = 0;
        return super::popups::follow_path(state);
    }
    if state.view != View::Board || !state.popups.is_empty() {
        return Vec::new();
    }
    let pictures = pictures(text);
    if !pictures.is_empty() {
        let question = match pictures.as_slice() {
            [one] => format!("Shall {one} lend its style to the set?"),
            all => format!("Shall these {} pictures lend their style to the set?", all.len()),
        };
        state.popups.push(Popup::Confirm { question, yes: Confirmed::Refer(pictures) });
        return Vec::new();
    }
    // Lines pasted onto the board become subjects.
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    state.board.pane = Pane::Subjects;
    state.change(|draft| draft.subjects.extend(lines.map(Subject::from)));
    vec![save(state)]
}

/// The paths in a text that holds nothing else but paths of pictures, as
/// terminals write what is dropped on them: one or several, bare, quoted, with
/// escaped blanks, or as addresses of files.
pub fn pictures(text: &str) -> Vec<String> {
    let whole: Vec<String> = text.lines().map(path).collect();
    let names = |paths: &[String]| {
        let is_path = |path: &String| path.contains('/') && is_picture(path);
        !paths.is_empty() && paths.iter().all(is_path)
    };
    // A name with bare blanks is one path, if its line begins like one.
    if names(&whole) && whole.iter().all(|line| !line.contains(" /")) {
        return whole;
    }
    let words: Vec<String> = words(text).iter().map(|word| path(word)).collect();
    if names(&words) { words } else { Vec::new() }
}

/// A path without what a terminal puts around it.
fn path(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("file://").map_or_else(|| text.to_owned(), unescape);
    let bare = ['\'', '"'].iter().find_map(|mark| text.strip_prefix(*mark)?.strip_suffix(*mark));
    bare.map_or_else(|| text.replace("\\ ", " "), str::to_owned)
}

/// `%20` and its like.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match code.filter(|_| *byte == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The words of a text as a shell divides them, marks left on.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut quote, mut escaped) = (None, false);
    for c in text.chars() {
        if quote.is_none() && !escaped && c.is_whitespace() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            continue;
        }
        escaped = c == '\\' && !escaped && quote.is_none();
        match quote {
            Some(mark) if mark == c => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            _ => {}
        }
        word.push(c);
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_drop_is_told_from_prompts() {
        for (text, paths) in [
            ("/a/b.png", vec!["/a/b.png"]),
            ("'/a/my house.png' ", vec!["/a/my house.png"]),
            ("/a/my\\ house.jpg", vec!["/a/my house.jpg"]),
            ("/a/my house.jpg", vec!["/a/my house.jpg"]),
            ("file:///a/my%20house.webp\r\n", vec!["/a/my house.webp"]),
            ("/a/b.png /c/d.JPEG", vec!["/a/b.png", "/c/d.JPEG"]),
            ("'/a b/c.png' /d/e\\ f.png", vec!["/a b/c.png", "/d/e f.png"]),
            ("/a/b.png\n/c/d.png", vec!["/a/b.png", "/c/d.png"]),
            ("~/b.png", vec!["~/b.png"]),
        ] {
            assert_eq!(pictures(text), paths, "{text:?}");
        }
        for prompt in ["a fox", "a fox\na bear", "a png of /a/b", "b.png", "", "a fox /a/b.png"] {
            assert_eq!(pictures(prompt), Vec::<String>::new(), "{prompt:?}");
        }
    }
}
