//! Finding by a few letters.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// The items whose words fit the query, best first; all of them, in their
/// order, for an empty query.
pub fn rank<'a, T>(query: &str, items: &'a [T], words: impl Fn(&T) -> String) -> Vec<&'a T> {
    if query.trim().is_empty() {
        return items.iter().collect();
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let score = |item: &'a T| {
        let text = words(item);
        pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher).map(|score| (score, item))
    };
    let mut found: Vec<(u32, &T)> = items.iter().filter_map(score).collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_the_right_one_first() {
        let items = ["paint the set", "pause the queue", "go to the gallery"];
        let found = rank("gal", &items, |item| (*item).to_owned());
        assert_eq!(found, [&"go to the gallery"]);
        assert_eq!(rank("", &items, |item| (*item).to_owned()).len(), 3);
        assert!(rank("zzz", &items, |item| (*item).to_owned()).is_empty());
    }
}
