//! Every view and every box over it as text, at three sizes, and what keys do.

mod explain;
mod keys;
mod kit;
mod legible;
mod rows;
mod settings;
mod told;

use kit::{
    Studio, blank, first, guided, inverting, kept, lending, measured, painting, sample, scored,
    swept, touring,
};

/// A screen: its name, the state that it begins with, and keys.
struct Shot(&'static str, fn() -> Studio, &'static str);

/// Subjects that are longer than the small model reads.
const LONG: &str = concat!(
    "o 'a fox' enter 'a very old and very small fox with a red coat and a blue hat and a long ",
    "green scarf and two white gloves and a brown bag and a yellow umbrella that stands under ",
    "an old oak tree by the side of a slow and wide river in the early morning of a cold and ",
    "clear winter day and looks at a boat with a white sail that comes up the river with the ",
    "first light of the sun behind it' esc"
);
const EXPANDED_LONG: &str = concat!(
    "o 'a very old and very small fox with a red coat and a blue hat and a long green scarf and ",
    "two white gloves and a brown bag and a yellow umbrella that stands under an old oak tree by ",
    "the side of a slow and wide river in the early morning of a cold and clear winter day and ",
    "looks at a boat with a white sail that comes up the river' enter 'an (owl:1.3)' esc x"
);

const SHOTS: &[Shot] = &[
    Shot("board_empty", blank, ""),
    Shot("board_tour", touring, ""),
    Shot("board_typing", blank, "o 'a fox' enter 'a bear in sn'"),
    Shot("board_written", blank, "o 'a fox' enter 'a bear' esc k k k i 'ink' enter"),
    Shot("board_painted", sample, ""),
    Shot("board_painting", painting, ""),
    Shot("board_seed", sample, "j S"),
    Shot("board_wide", sample, "> > >"),
    Shot("board_set", sample, "l"),
    Shot("board_settings", sample, "tab"),
    Shot("board_setting_typed", sample, "tab j j i"),
    Shot("board_section", sample, "tab G i G"),
    Shot("board_sections_changed", changed, "tab G k k i j j j"),
    Shot("board_setting_refused", sample, "s 'wei' enter 'x' enter"),
    Shot("board_section_painting", painting, "tab G i j j"),
    Shot("find_setting", sample, "s"),
    Shot("find_setting_typed", changed, "s 'drop'"),
    Shot("find_setting_value", sample, "s 'strength 0.5'"),
    Shot("board_reference_own", guided, "k tab j j + +"),
    Shot("board_guides", guided, ""),
    Shot("board_reference", guided, "k tab"),
    Shot("board_map", guided, "tab j"),
    Shot("board_map_depth", guided, "tab + j j i"),
    Shot("board_references_set", guided, "tab tab tab tab"),
    Shot("pick_reference", guided, "f"),
    Shot("pick_map_typed", sample, "m '/art/s'"),
    Shot("pick_nothing", sample, "f 'nowhere/x'"),
    Shot("words", sample, "t"),
    Shot("words_typed", sample, "t '/art/' down down"),
    Shot("words_told", sample, "t 'house' enter"),
    Shot("words_joined", sample, "j t '/art/rain' enter"),
    Shot("words_none", sample, "t '/none.wav' enter"),
    Shot("music", sample, "T"),
    Shot("music_told", sample, "T '/art/song' enter"),
    Shot("words_reading", reading, ""),
    Shot("pick_style", sample, "space s down"),
    Shot("drop_asked", dropped, ""),
    Shot("gallery", sample, "2 l"),
    Shot("board_expanded", blank, "o 'a {red|(blue:1.3)} fox' enter 'an owl' esc x"),
    Shot("board_scored", last_scored, ""),
    Shot("gallery_scored", scored, "2"),
    Shot("gallery_sorted", scored, "2 S S"),
    Shot("gallery_visual", sample, "2 l v l l"),
    Shot("gallery_visual_set", sample, "2 V"),
    Shot("gallery_tagging", sample, "2 v l t 'sea -old'"),
    Shot("gallery_tagged", sample, "2 / '#se' enter"),
    Shot("board_weights", blank, "o 'a (red:1.4) [old] fox' enter 'a ((bear)' esc"),
    Shot("gallery_empty", blank, "2"),
    Shot("gallery_filter", sample, "2 / 'castle'"),
    Shot("gallery_filtered_away", sample, "2 / 'unicorn' enter"),
    Shot("gallery_zoom", sample, "2 enter"),
    Shot("compare", sample, "3"),
    Shot("compare_empty", blank, "3"),
    Shot("compare_row", swept, "3 h"),
    Shot("gallery_row", swept, "2 l"),
    Shot("row_typed", sample, "s 'layers' enter esc W"),
    Shot("row_refused", sample, "W 'x' enter"),
    Shot("compare_difference", sample, "3 d"),
    Shot("compare_flipped", sample, "3 f"),
    Shot("queue", painting, "4"),
    Shot("queue_empty", blank, "4"),
    Shot("models", sample, "5"),
    Shot("replay", sample, "6 l"),
    Shot("replay_empty", blank, "6"),
    Shot("replay_painting", painting, "6 G"),
    Shot("board_section_last", sample, "tab G i"),
    Shot("gallery_painting_first", first, "2"),
    Shot("help", sample, "?"),
    Shot("help_scrolled", sample, "2 ? j j j"),
    Shot("palette", sample, "space space 'anch'"),
    Shot("command", sample, ": 'pai'"),
    Shot("themes", sample, "space t down"),
    Shot("prompts", sample, "\" 'ca'"),
    Shot("messages", sample, "space m"),
    Shot("confirm", painting, "q"),
    Shot("explain_draft", blank, "o 'a fox' enter 'a bear' esc I"),
    Shot("explain_nothing", blank, "I"),
    Shot("explain_unmeasured", painting, "I"),
    Shot("explain_live", measured, "I j j l l l"),
    Shot("explain_numbers", measured, "I n"),
    Shot("explain_references", lending, "I j j j j l"),
    Shot("explain_kept", kept, "6 l I"),
    Shot("explain_plain", sample, "6 I"),
    Shot("board_inverting", inverting, ""),
    Shot("board_inverting_guide", inverting, "k k k"),
    Shot("board_too_long", blank, LONG),
    Shot("board_expanded_long", blank, EXPANDED_LONG),
];

/// The set that was scored is the last one.
fn last_scored() -> Studio {
    let mut studio = scored();
    let mut history = (*studio.state.history).clone();
    history.runs.pop();
    studio.state.history = std::sync::Arc::new(history);
    studio
}

/// Settings that are not the usual ones.
fn changed() -> Studio {
    let mut studio = sample();
    for set in ["layers up", "share-steps 0..0.6:cosine", "dropout 0.25", "panorama 1024x256"] {
        studio.press(&format!("s '{set}' enter"));
    }
    studio.state.toast = None;
    studio
}

/// Two files are being put into words.
fn reading() -> Studio {
    let mut studio = sample();
    studio.state.board.reading = vec!["/art/a house on a hill.jpg".into(), "song.wav".into()];
    studio
}

fn dropped() -> Studio {
    let mut studio = sample();
    studio.paste("'/art/a heron.png'");
    studio
}

#[test]
fn every_screen_is_as_drawn() {
    for Shot(name, state, keys) in SHOTS {
        let sizes = [(80, 24), (120, 36), (200, 60)].map(|size| {
            let mut studio = state();
            studio.resize(size);
            studio.press(keys);
            format!("{}x{}\n{}", size.0, size.1, studio.text())
        });
        insta::assert_snapshot!(*name, sizes.join("\n"));
    }
}

#[test]
fn what_may_follow_a_chord_is_shown() {
    let sizes = [(80, 24), (120, 36), (200, 60)].map(|size| {
        let mut studio = sample();
        studio.resize(size);
        studio.press("g");
        studio.state.which_key = true;
        studio.text()
    });
    insta::assert_snapshot!("which_key", sizes.join("\n"));
}

#[test]
fn a_screen_that_is_too_small_is_told_so_politely() {
    for size in [(59, 24), (80, 17), (20, 5)] {
        let mut studio = sample();
        studio.resize(size);
        let text = studio.text();
        assert!(text.contains("predella") && text.contains("60 x 18"), "{size:?}\n{text}");
    }
    let mut studio = sample();
    studio.resize((59, 24));
    insta::assert_snapshot!("too_small", studio.text());
}

/// Any size, any view: nothing panics and nothing is drawn outside.
#[test]
fn no_size_is_too_odd() {
    let mut dice = crate::session::kit::Dice(7);
    for round in 0..400 {
        let size = match round % 4 {
            0 => (1 + dice.below(12) as u16, 1 + dice.below(12) as u16),
            1 => (1 + dice.below(500) as u16, 1 + dice.below(30) as u16),
            2 => (60 + dice.below(40) as u16, 18 + dice.below(12) as u16),
            _ => (1 + dice.below(300) as u16, 1 + dice.below(200) as u16),
        };
        let Shot(name, state, keys) = &SHOTS[dice.below(SHOTS.len())];
        let mut studio = state();
        studio.resize(size);
        studio.press(keys);
        studio.resize((size.1.max(1), size.0.min(200)));
        studio.text();
        assert!(!name.is_empty());
    }
}
