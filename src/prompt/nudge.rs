//! A weight changed where the cursor stands.

use super::{MAX_WEIGHT, weighted};

/// Changes the weight around byte `cursor` of a prompt by `by`: that of the
/// innermost `(…:w)` there, or that of the word, which is put in brackets. A
/// weight of 1 takes its brackets away again. Returns the prompt and the cursor,
/// or `None` where there is no word or the brackets are not whole.
pub fn nudge(prompt: &str, cursor: usize, by: f32) -> Option<(String, usize)> {
    let cursor = prompt.floor_char_boundary(cursor.min(prompt.len()));
    let found = weighted(prompt).ok()?;
    let around = |at: usize| found.marks.iter().find(|mark| mark.source.contains(&at));
    let mark = around(cursor).or_else(|| around(cursor.checked_sub(1)?));
    let (place, inner, weight) = match mark {
        Some(mark) => {
            let whole = &prompt[mark.source.clone()];
            let inner = &whole[1..whole.len() - 1];
            let numbered = inner.rsplit_once(':').filter(|(_, n)| n.trim().parse::<f32>().is_ok());
            let inner = numbered.filter(|_| whole.starts_with('(')).map_or(inner, |(text, _)| text);
            (mark.source.clone(), inner, mark.weight)
        }
        None => {
            let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'');
            let start = prompt[..cursor]
                .rfind(|c| !fits(c))
                .map_or(0, |at| at + prompt[at..].chars().next().map_or(1, char::len_utf8));
            let length = prompt[start..].find(|c| !fits(c)).unwrap_or(prompt.len() - start);
            let place = start..start + length;
            (place.clone(), prompt.get(place).filter(|word| !word.is_empty())?, 1.0)
        }
    };
    let weight = ((weight + by) * 100.0).round() / 100.0;
    let weight = weight.clamp(0.0, MAX_WEIGHT);
    let new = match (weight - 1.0).abs() < 1e-3 {
        true => inner.to_owned(),
        false => format!("({inner}:{weight})"),
    };
    let text = format!("{}{new}{}", &prompt[..place.start], &prompt[place.end..]);
    // The cursor stays on the word that it was on.
    let before = cursor.saturating_sub(place.start + usize::from(mark.is_some()));
    let cursor = place.start + before.min(inner.len()) + usize::from(new.len() > inner.len());
    Some((text, cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(prompt: &str, word: &str, by: f32) -> String {
        nudge(prompt, prompt.find(word).unwrap(), by).unwrap().0
    }

    #[test]
    fn a_word_gets_a_weight_and_loses_it() {
        assert_eq!(at("a red fox", "red", 0.1), "a (red:1.1) fox");
        assert_eq!(at("a (red:1.1) fox", "red", 0.1), "a (red:1.2) fox");
        assert_eq!(at("a (red:1.1) fox", "red", -0.1), "a red fox");
        assert_eq!(at("a red fox", "red", -0.1), "a (red:0.9) fox");
        assert_eq!(at("a [red] fox", "red", 0.1), "a (red:1.01) fox");
        assert_eq!(at("(red:5)", "red", 0.1), "(red:5)");
    }

    #[test]
    fn the_cursor_stays_on_its_word() {
        let (text, cursor) = nudge("ein Bär da", 9, 0.1).unwrap();
        assert_eq!((text.as_str(), &text[cursor..]), ("ein Bär (da:1.1)", "da:1.1)"));
        let (text, cursor) = nudge(&text, cursor, -0.1).unwrap();
        assert_eq!((text.as_str(), cursor), ("ein Bär da", 9));
        assert_eq!(nudge("a red", 5, 0.1).unwrap().0, "a (red:1.1)");
    }

    #[test]
    fn nothing_is_nudged_where_there_is_no_word() {
        assert_eq!(nudge("a , b", 2, 0.1), None);
        assert_eq!(nudge("", 0, 0.1), None);
        assert_eq!(nudge("(a", 1, 0.1), None);
    }
}
