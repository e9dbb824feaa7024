//! Foreign text made safe to show.
//!
//! Prompts, file names, tensor names and server answers come from strangers.
//! Written to a terminal raw, an escape sequence could move the cursor, set the
//! clipboard or fake a message, and a bidirectional override could make a name
//! read backwards. Every such character is shown instead of obeyed.

/// Makes a text safe for one line of a terminal.
///
/// C0 controls and DEL become their pictures (`␛` for ESC, `␊` for a line
/// feed); C1 controls, bidirectional overrides, invisible and zero-width
/// characters become `<U+202E>`. A joiner stays where it joins two letters or
/// emoji that need it.
pub fn sanitise(text: &str) -> String {
    visible(text, |_| false)
}

/// [`sanitise`] for running text: line feeds stay, tabs become two spaces.
pub fn sanitise_block(text: &str) -> String {
    visible(text, |c| c == '\n').replace('\u{2409}', "  ")
}

/// [`sanitise`], cut to at most `max` characters with `…` at the cut.
pub fn clip(text: &str, max: usize) -> String {
    // Nothing shrinks when it is made visible, so the tail need not be looked at.
    let head: String = text.chars().take(max.saturating_add(1)).collect();
    let clean = sanitise(&head);
    if clean.chars().count() <= max {
        return clean;
    }
    clean.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

/// A byte count as people read it: `41.4 MB`, in powers of 1,000.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // 999.95 would be shown as 1000.0.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

fn visible(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if keep(c) || !is_hidden(c) || (is_joiner(c) && joins(before, rest.peek().copied())) {
            out.push(c);
        } else {
            out.push_str(&shown(c));
        }
        before = Some(c);
    }
    out
}

fn shown(c: char) -> String {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}').to_string(),
        '\x7f' => '\u{2421}'.to_string(),
        _ => format!("<U+{:04X}>", c as u32),
    }
}

/// Controls, and what takes no room or turns the reading direction.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Arabic, Indic and emoji sequences need their joiners; Latin text never does.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let needs = |c: Option<char>| c.is_some_and(|c| c >= '\u{600}' && !is_hidden(c));
    needs(before) && needs(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        for (raw, clean) in [
            ("a fox", "a fox"),
            ("\x1b[2J\x1b]52;c;aGk=\x07", "␛[2J␛]52;c;aGk=␇"),
            ("two\nlines\r\n", "two␊lines␍␊"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("exe\u{202e}gnp.fox", "exe<U+202E>gnp.fox"),
            ("pay\u{200b}pal\u{feff}", "pay<U+200B>pal<U+FEFF>"),
            ("a\u{200d}b", "a<U+200D>b"),
            ("👩\u{200d}🎨 a\u{7f}", "👩\u{200d}🎨 a␡"),
            ("\0", "␀"),
            ("naïve Ελλάδα 日本 ❤\u{fe0f}", "naïve Ελλάδα 日本 ❤\u{fe0f}"),
        ] {
            assert_eq!(sanitise(raw), clean);
        }
        assert_eq!(sanitise_block("a\n\tb\x1b"), "a\n  b␛");
    }

    #[test]
    fn every_character_is_harmless_afterwards() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let clean = sanitise(&c.to_string());
            assert!(!clean.chars().any(is_hidden), "U+{:04X} came through", c as u32);
            assert!(!clean.is_empty());
        }
    }

    #[test]
    fn clipping_counts_characters_not_bytes() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
        assert_eq!(clip("\x1b\u{202e}aaaaaaaa", 6), "␛<U+2…");
        assert_eq!(clip(&"x".repeat(1_000_000), 4), "xxx…");
    }

    #[test]
    fn byte_counts_read_well() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (41_400_000, "41.4 MB"),
            (999_999, "1.0 MB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
