//! What alignment does, and what the model reads: (state, keys, state).

use std::sync::Arc;

use predella::studio::Command;
use predella::tui::Popup;
use predella::tui::errands::Errand;
use predella::tui::explain::{Explained, Of};
use predella::tui::theme::Theme;
use predella::tui::update::{self, Effect};

use super::kit::{Studio, blank, draft, kept, lending, measured, painting, sample};

fn seen(studio: &Studio) -> Option<&Explained> {
    match studio.state.popups.last()? {
        Popup::Explain(seen) => Some(seen),
        _ => None,
    }
}

/// Whether measuring was asked for, in order.
fn watches(effects: &[Effect]) -> Vec<bool> {
    let on = |effect: &Effect| match effect {
        Effect::Studio(Command::Watch(on)) => Some(*on),
        _ => None,
    };
    effects.iter().filter_map(on).collect()
}

#[test]
fn what_is_open_is_measured_and_what_is_closed_is_not() {
    for (state, keys, expected) in [
        (painting as fn() -> Studio, "I", vec![true]),
        (painting, "I j k h l n", vec![true]),
        (painting, "I esc", vec![true, false]),
        (painting, "I tab tab I", vec![true, false]),
        (blank, "I q", vec![true, false]),
        (sample, "j ? j", vec![]),
    ] {
        let mut studio = state();
        assert_eq!(watches(&studio.press(keys)), expected, "{keys}");
        assert_eq!(seen(&studio).is_some(), expected.last() == Some(&true), "{keys}");
    }
}

#[test]
fn the_cursor_stays_on_the_map() {
    for (keys, place) in [
        ("I", (0, 0)),
        ("I k h", (0, 0)),
        ("I j j l", (2, 1)),
        ("I $", (0, 19)),
        ("I $ l 0", (0, 0)),
        ("I j j j j j j j j j j j j j j j j j j j j j j j j j j $", (10, 19)),
    ] {
        let mut studio = painting();
        studio.press(keys);
        let seen = seen(&studio).unwrap();
        assert_eq!((seen.block, seen.step), place, "{keys}");
    }
}

#[test]
fn it_explains_what_the_cursor_is_on() {
    let run = |id: &str| Of::Run(id.into());
    let first = sample().state.history.runs[0].id.clone();
    let last = sample().state.history.runs[2].id.clone();
    for (state, keys, of) in [
        (blank as fn() -> Studio, "I", Of::Draft),
        (sample, "I", Of::Latest),
        (sample, "I tab", Of::Draft),
        (sample, "I tab tab", Of::Latest),
        (blank, "I tab", Of::Draft),
        (sample, "6 I", run(&first)),
        (sample, "2 I", run(&last)),
        (sample, "6 I tab tab", run(&first)),
    ] {
        let mut studio = state();
        studio.press(keys);
        assert_eq!(seen(&studio).unwrap().of, of, "{keys}");
    }
}

#[test]
fn another_set_is_looked_up_as_soon_as_it_is_painted() {
    let mut studio = painting();
    studio.press("I");
    let mut progress = studio.state.progress.clone().unwrap();
    assert!(update::progress(&mut studio.state, Some(progress.clone())).is_empty());
    let mut recipe = draft().freeze("1");
    recipe.steps = 7;
    progress.recipe = Arc::new(recipe);
    let effects = update::progress(&mut studio.state, Some(progress));
    assert!(matches!(&effects[..], [Effect::Errand(Errand::Outline(r))] if r.steps == 7));
    assert!(seen(&studio).unwrap().outline.is_none(), "the old steps are not shown for it");
}

#[test]
fn numbers_are_said_in_words() {
    let text = |mut studio: Studio, keys: &str| {
        studio.resize((120, 36));
        studio.press(keys);
        studio.text()
    };
    let live = text(measured(), "I");
    assert!(
        live.contains("47 % of the panels' attention goes to the first picture, most in up 1.2"),
        "{live}"
    );
    let lent = text(lending(), "I j l");
    assert!(lent.contains("to 2 references: heron.png 5 %, sky.webp 2 %"), "{lent}");
    let much = text(kept(), "6 l I");
    assert!(
        much.contains("92 % of the panels' attention goes to the first picture: too much"),
        "{much}"
    );
}

/// The map needs no colours.
#[test]
fn shades_tell_shares_without_colours() {
    let mut studio = measured();
    studio.press("I n");
    let buffer = studio.buffer(&Theme::colourless());
    let symbols: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    for glyph in ["░", "▒", "▓", "█", "·", "▾"] {
        assert!(symbols.contains(glyph), "{glyph}");
    }
}

#[test]
fn what_falls_off_is_told_once_and_shown() {
    let long = "a fox and ".repeat(40);
    let mut studio = blank();
    studio.press(&format!("o 'a fox' enter '{long}' esc"));
    assert_eq!(studio.state.cut.len(), 1);
    let said = studio.state.notes.len();
    assert!(studio.state.notes[said - 1].text.contains("x shows what falls off"));
    studio.press("i esc");
    assert_eq!(studio.state.notes.len(), said, "nothing new is too long");
    studio.press("x");
    assert!(studio.text().contains("falls off the end"), "{}", studio.text());
    studio.press("esc d d k i esc");
    assert_eq!(studio.state.cut.len(), 0);
}
