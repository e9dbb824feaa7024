//! Words from files: where they come to, and that they can be edited first.

use predella::studio::Command;
use predella::tui::errands::{Errand, Found, Role};
use predella::tui::update::Effect;

use super::keys::line;
use super::kit::{Studio, blank, sample};

#[test]
fn words_come_to_the_line_of_the_cursor() {
    for (state, keys, expected) in [
        (
            blank as fn() -> Studio,
            "t 'house' enter",
            "board subjects: [] typing \"a house on a hill\"",
        ),
        (blank, "t 'house' enter ' by night' esc", "board subjects: [a house on a hill by night]"),
        (blank, "t 'house' enter esc u", "board subjects: "),
        (blank, "t esc", "board subjects: "),
        // What a sound or a sky is like joins what is there.
        (
            blank,
            "o 'a fox' esc T '/art/song' enter",
            "board subjects: [a fox] typing \"a fox, calm, dreamy\"",
        ),
        (blank, "o 'a fox' esc T '/art/song' enter enter", "board subjects: [a fox, calm, dreamy]"),
        (blank, "o 'a fox' esc T '/art/song' enter enter u", "board subjects: [a fox]"),
        (blank, "o 'a fox' esc t '/art/rain' enter esc", "board subjects: [a fox, calm, dreamy]"),
        (blank, "o 'a fox' esc t 'house' enter esc", "board subjects: a fox, [a house on a hill]"),
        (blank, "T '/art/song' enter esc", "board subjects: [calm, dreamy]"),
        (blank, "k T '/art/song' enter", "board style:  typing \"calm, dreamy\""),
        // A path is taken as it was typed, listed or not.
        (blank, "space w '/x/y.wav' enter esc", "board subjects: [a house on a hill]"),
        (blank, "t '/none.wav' enter", "board subjects: "),
    ] {
        let mut studio = state();
        studio.press(keys);
        assert_eq!(line(&studio), expected, "{keys}");
    }
    let mut studio = sample();
    studio.press("k t 'house' enter enter");
    assert_eq!(studio.state.draft.style_prompt, "watercolour, a house on a hill");
}

/// No key waits for words: who has gone on finds them behind what is there.
#[test]
fn words_that_come_late_disturb_nobody() {
    let late = |keys: &str| {
        let mut studio = blank();
        studio.press("o 'a fox' esc");
        studio.press(keys);
        let effects = predella::tui::found(&mut studio.state, told("a house on a hill"));
        let saves = effects.iter().any(|e| matches!(e, Effect::Studio(Command::Save(_))));
        (line(&studio), saves, studio)
    };
    let (found, saves, studio) = late("2");
    assert_eq!((found.as_str(), saves), ("gallery picture 0: [a fox], a house on a hill", true));
    let toast = studio.state.toast.unwrap().text;
    assert!(toast.contains("/art/house.jpg") && toast.contains("a house on a hill"), "{toast}");
    let (found, _, _) = late("?");
    assert_eq!(found, "board subjects: [a fox], a house on a hill boxes 1");
    let (found, saves, mut studio) = late("o 'a be'");
    let typing = "board subjects: a fox, [], a house on a hill typing \"a be\"";
    assert_eq!((found.as_str(), saves), (typing, false));
    studio.press("'ar' esc");
    assert_eq!(line(&studio), "board subjects: a fox, [a bear], a house on a hill");
}

fn told(words: &str) -> Found {
    let told = predella::perceive::Told { words: words.into(), is_mood: false, about: None };
    Found::Told("/art/house.jpg".into(), Ok(told))
}

#[test]
fn a_file_is_asked_for_once_and_the_person_is_told() {
    let mut studio = sample();
    let effects = studio.press("T '/art/song' enter");
    let asked = Errand::Read(Role::Music, "/art/song.wav".into());
    assert_eq!(effects.iter().filter(|e| **e == Effect::Errand(asked.clone())).count(), 1);
    let said = studio.state.notes.iter().any(|note| note.text.contains("/art/song.wav into words"));
    assert!(said, "{:?}", studio.state.notes);
    assert!(studio.state.board.reading.is_empty(), "the answer has come");
}
