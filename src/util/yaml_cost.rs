//! Whether a YAML text can be parsed in reasonable time.
//!
//! libyaml, which stands behind serde_yaml, does work for every token in
//! proportion to the number of open `[` and `{`, and for every `%TAG` line in
//! proportion to those before it: a text of 100,000 `[` keeps it busy for a
//! minute and more before any limit on nesting is looked at.

/// Most tokens times open brackets; at 10 ns each, as measured, about a second.
const BUDGET: u64 = 100_000_000;
/// Most `%TAG` lines; nobody writes one.
const TAGS: usize = 16;

/// Whether parsing this text takes about a second at the very most.
///
/// Brackets are counted where they could open a collection: at the start of a
/// line, after `, [ { : ? -`, or after a word with `!` or `&`, which may be a
/// tag or an anchor. That counts some in running text too, but never misses
/// one, so no account of quotes is needed. A bracket that closes at once does
/// not count.
pub fn is_affordable(text: &str) -> bool {
    let cost = |openers: u64| openers.saturating_mul(text.len() as u64);
    // Most texts have so few brackets that it does not matter what they are.
    let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if cost(brackets as u64) <= BUDGET && !text.contains("%TAG") {
        return true;
    }
    let lines = || text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    if lines().filter(|line| line.starts_with("%TAG")).count() > TAGS {
        return false;
    }
    let openers: u64 = lines().map(openers).sum();
    cost(openers) <= BUDGET
}

fn openers(line: &str) -> u64 {
    let mut count = 0;
    let mut before: Option<char> = None;
    // Whether the word before the last blank, and the one being read, hold a mark.
    let (mut marked, mut marking, mut blank) = (false, false, true);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        if matches!(c, ' ' | '\t' | '\u{feff}') {
            if !blank {
                (marked, marking, blank) = (marking, false, true);
            }
            continue;
        }
        let starts =
            matches!(before, None | Some(',' | '[' | '{' | ':' | '?' | '-')) || marked && blank;
        if matches!(c, '[' | '{') && starts {
            let closes_at_once = matches!((c, rest.peek()), ('[', Some(']')) | ('{', Some('}')));
            count += u64::from(!closes_at_once);
        }
        marking |= matches!(c, '!' | '&');
        (before, blank) = (Some(c), false);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_where_a_collection_can_open_is_counted() {
        for (line, count) in [
            ("[", 1),
            ("[[[", 3),
            ("  \t[ [", 2),
            ("\u{feff}[", 1),
            ("a: [", 1),
            ("- - [", 1),
            ("? {", 1),
            ("a: [1, {b: [", 3),
            ("a: !t [", 1),
            ("a: &x !t [", 1),
            ("[!t [", 2),
            ("a: &x\t{", 1),
            ("--- [", 1),
            (r#"{"a":["#, 2),
            ("[ \"]\" , [", 2),
            ("panels: []", 0),
            ("a: {}", 0),
            ("subject: a fox [sitting] in a {red|blue} coat", 0),
            ("subject: a fox (very:1.2)", 0),
        ] {
            assert_eq!(openers(line), count, "{line:?}");
        }
    }

    #[test]
    fn hostile_texts_are_too_expensive() {
        for text in [
            "[".repeat(100_000),
            "{".repeat(100_000),
            "[\n".repeat(100_000),
            "[\u{85}".repeat(100_000),
            "- !t [\n".repeat(100_000),
            "[ \"]\", ".repeat(100_000),
            format!("{}{}", "[".repeat(1000), "a,".repeat(100_000)),
            "%TAG !a! b\n".repeat(17),
        ] {
            assert!(!is_affordable(&text), "{:?}", &text[..20.min(text.len())]);
        }
    }

    #[test]
    fn honest_texts_are_not() {
        assert!(is_affordable(""));
        assert!(is_affordable("a: [1, 2]\nb: {c: [d]}\n"));
        let panel =
            "- subject: a fox, [portrait], {a|b}\n  tags: []\n  seed: 18446744073709551615\n";
        assert!(is_affordable(&panel.repeat(700)));
        assert!(is_affordable(&"- subject: no brackets\n".repeat(1_000_000)));
    }
}
