//! Which pictures the gallery shows, and in which order.

use super::state::State;
use std::collections::BTreeSet;

impl State {
    /// Pictures that the gallery shows, newest run first: (run, panel).
    pub fn shown_pictures(&self) -> Vec<(usize, usize)> {
        let words: Vec<String> =
            self.gallery.filter.split_whitespace().map(str::to_lowercase).collect();
        let runs = self.history.runs.iter().enumerate().rev();
        let pictures = runs.flat_map(|(r, run)| {
            run.panels.iter().enumerate().filter(|(_, p)| p.is_shown()).map(move |(p, _)| (r, p))
        });
        let mut shown: Vec<_> = pictures.filter(|at| self.matches(*at, &words)).collect();
        if let Some(kind) = &self.gallery.sort {
            let worth = |(run, panel): (usize, usize)| {
                let score = self.history.runs[run].panels[panel].scores.get(kind).copied();
                // Leakage is better when it is less; without a number it is last.
                score.map_or(f64::NEG_INFINITY, |n| if kind == "leakage" { -n } else { n })
            };
            shown.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)));
        }
        shown
    }

    /// The numbers that some picture has.
    pub fn score_kinds(&self) -> BTreeSet<&str> {
        let panels = self.history.runs.iter().flat_map(|run| &run.panels);
        panels.flat_map(|panel| panel.scores.keys()).map(String::as_str).collect()
    }

    fn matches(&self, (run, panel): (usize, usize), words: &[String]) -> bool {
        let run = &self.history.runs[run];
        let prompt = run.recipe.panels.get(panel).map(|p| run.recipe.prompt(p).to_lowercase());
        let tags = run.panels.get(panel).map_or(&[][..], |panel| &panel.tags);
        let fits = |prompt: &str, word: &String| match word.strip_prefix('#') {
            Some(tag) => tags.iter().any(|own| own.to_lowercase().starts_with(tag)),
            None => prompt.contains(word),
        };
        prompt.is_some_and(|prompt| words.iter().all(|word| fits(&prompt, word)))
    }
}
