//! `{fox|bear}` and `{1..4}`: one text for several prompts.

use super::lists::first_list;
use super::{PromptError, characters, unmatched};

/// A piece of a template.
enum Piece {
    /// Text as written, backslashes included.
    Text(String),
    /// One of several.
    Choice(Vec<Vec<Piece>>),
}

/// How many prompts a text stands for.
///
/// # Errors
/// When a brace has no other half.
pub fn count(template: &str) -> Result<usize, PromptError> {
    Ok(product(&parse(template)?))
}

/// The prompts that a text stands for, the last alternatives changing fastest.
/// Without alternatives it is the text itself.
///
/// # Errors
/// When a brace has no other half, or there are more than `limit`.
pub fn expand(template: &str, limit: usize) -> Result<Vec<String>, PromptError> {
    let pieces = parse(template)?;
    let count = product(&pieces);
    if count > limit {
        let prompt = template.chars().take(200).collect();
        return Err(PromptError::TooMany { prompt, count, limit });
    }
    Ok(all(&pieces))
}

/// Refuses alternatives and lists in a text that serves a whole set, which
/// `name` names.
///
/// # Errors
/// When there are any, or a brace has no other half.
pub fn check_style(text: &str, name: &'static str) -> Result<(), PromptError> {
    let plain = parse(text)?.iter().all(|piece| matches!(piece, Piece::Text(_)));
    match plain && first_list(text).is_none() {
        true => Ok(()),
        false => Err(PromptError::Shared(name)),
    }
}

fn product(pieces: &[Piece]) -> usize {
    let choices = pieces.iter().map(|piece| match piece {
        Piece::Text(_) => 1,
        Piece::Choice(ways) => ways.iter().map(|way| product(way)).fold(0, usize::saturating_add),
    });
    choices.fold(1, usize::saturating_mul)
}

fn all(pieces: &[Piece]) -> Vec<String> {
    pieces.iter().fold(vec![String::new()], |before, piece| {
        let ways = match piece {
            Piece::Text(text) => vec![text.clone()],
            Piece::Choice(ways) => ways.iter().flat_map(|way| all(way)).collect(),
        };
        before
            .iter()
            .flat_map(|start| ways.iter().map(move |way| format!("{start}{way}")))
            .collect()
    })
}

/// Braces that are still open: where, the ways that are whole, and the one being read.
type Open = (usize, Vec<Vec<Piece>>, Vec<Piece>);

fn parse(template: &str) -> Result<Vec<Piece>, PromptError> {
    let mut open: Vec<Open> = Vec::new();
    let mut pieces = Vec::new();
    for (at, c, plain) in characters(template) {
        match c {
            '{' if !plain => open.push((at, Vec::new(), std::mem::take(&mut pieces))),
            '}' if !plain => {
                let (_, mut ways, before) = open.pop().ok_or_else(|| unmatched(template, at, c))?;
                ways.push(std::mem::replace(&mut pieces, before));
                pieces.push(Piece::Choice(numbers(&ways).unwrap_or(ways)));
            }
            '|' if !plain && !open.is_empty() => {
                if let Some((_, ways, _)) = open.last_mut() {
                    ways.push(std::mem::take(&mut pieces));
                }
            }
            _ => {
                if !matches!(pieces.last(), Some(Piece::Text(_))) {
                    pieces.push(Piece::Text(String::new()));
                }
                if let Some(Piece::Text(text)) = pieces.last_mut() {
                    text.extend(plain.then_some('\\').into_iter().chain([c]));
                }
            }
        }
    }
    match open.first() {
        Some((at, ..)) => Err(unmatched(template, *at, '{')),
        None => Ok(pieces),
    }
}

/// `1..4` as its four numbers; down as well as up.
fn numbers(ways: &[Vec<Piece>]) -> Option<Vec<Vec<Piece>>> {
    let [way] = ways else { return None };
    let [Piece::Text(text)] = way.as_slice() else { return None };
    let (first, last) = text.split_once("..")?;
    let (first, last) = (first.trim().parse::<i32>().ok()?, last.trim().parse::<i32>().ok()?);
    let piece = |n: i32| vec![Piece::Text(n.to_string())];
    // More than any set holds need not be told apart.
    let all = first.min(last)..=first.max(last);
    let mut numbers: Vec<i32> = all.take(1 << 12).collect();
    if last < first {
        numbers.reverse();
    }
    Some(numbers.into_iter().map(piece).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_become_prompts() {
        let found = expand("a {red|blue} {fox|bear}", 10).unwrap();
        assert_eq!(found, ["a red fox", "a red bear", "a blue fox", "a blue bear"]);
        assert_eq!(expand("{a|b {c|d}|}!", 10).unwrap(), ["a!", "b c!", "b d!", "!"]);
        assert_eq!(expand("{8..10} {2..1}", 10).unwrap().len(), 6);
        assert_eq!(expand("{2..1}", 10).unwrap(), ["2", "1"]);
    }

    #[test]
    fn a_text_without_braces_stays_as_it_is() {
        for text in ["a fox | a bear", r"\{a\|b\} (c:1.2)", "", "1..4"] {
            assert_eq!(expand(text, 1).unwrap(), [text]);
        }
    }

    #[test]
    fn what_was_expanded_stays_as_it_is() {
        for once in expand(r"{a|\{b\}} c\|d", 10).unwrap() {
            assert_eq!(expand(&once, 10).unwrap(), [once]);
        }
    }

    #[test]
    fn too_many_are_counted_not_made() {
        let text = "{1..1000}".repeat(30);
        assert_eq!(count(&text).unwrap(), usize::MAX);
        assert!(
            matches!(expand(&text, 1000), Err(PromptError::TooMany { count, .. }) if count == usize::MAX)
        );
        assert!(matches!(expand("{a", 9), Err(PromptError::Unmatched { bracket: '{', at: 1, .. })));
        assert!(matches!(expand("a}", 9), Err(PromptError::Unmatched { bracket: '}', at: 2, .. })));
    }

    #[test]
    fn a_style_has_no_alternatives() {
        assert_eq!(check_style("(oil:1.2) painting", "style"), Ok(()));
        for text in ["{oil|ink} painting", "__medium__ painting"] {
            assert_eq!(check_style(text, "style"), Err(PromptError::Shared("style")));
        }
    }
}
