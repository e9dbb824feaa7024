//! Rows of sets that differ in one value: (state, keys, what is painted).

use predella::studio::Command;
use predella::tui::action::Action;
use predella::tui::keymap::Keymap;
use predella::tui::state::View;
use predella::tui::update::Effect;
use predella::tui::{Script, ScriptFault};

use super::kit::{Studio, guided, sample, swept};

/// The row that keys ask for: what is varied, and its values.
fn asked(effects: &[Effect]) -> String {
    let rows = effects.iter().filter_map(|effect| match effect {
        Effect::Studio(Command::PaintRow { name, cells }) => {
            let first = &cells[0].1;
            assert!(cells.iter().all(|(_, recipe)| recipe.panels == first.panels), "same noise");
            let values: Vec<&str> = cells.iter().map(|(value, _)| value.as_str()).collect();
            Some(format!("{name}: {}", values.join(" ")))
        }
        _ => None,
    });
    rows.collect::<Vec<_>>().join(" / ")
}

#[test]
fn one_key_paints_a_row() {
    for (state, keys, expected) in [
        (sample as fn() -> Studio, "w", "weight: 0 0.5 1 1.5 2"),
        (sample, "s 'scale' enter esc w", "scale: 0.5 0.75 1 1.25 1.5"),
        (sample, "s 'layers' enter esc w", "layers: all up last-up style mid down layout"),
        (sample, "s 'adain' enter esc w", "adain: none q,k q,k,v"),
        (sample, "s 'prompted' enter w", "prompted: off on"),
        (sample, "s 'share steps' enter esc w", "share steps: 0..0.2 0..0.4 0..0.6 0..0.8 0..1"),
        (sample, "tab w", ""),
        (sample, "s 'negative' enter esc w", ""),
        (guided, "w", "map 1 strength: 0 0.25 0.5 0.75 1"),
        (guided, "k w", "reference 2 share: 0 0.25 0.5 0.75 1"),
        (guided, "k k tab j j w", "reference 1 preset: none normal famous"),
        (sample, "W enter", "weight: 0 0.5 1 1.5 2"),
        (sample, "W end backspace '3' enter", "weight: 0 1 2"),
        (sample, "W '1, 2' enter", "weight: 1 2"),
        (sample, "s 'layers' enter esc W esc", ""),
        (sample, "s 'adain' enter esc W enter", "adain: none q,k q,k,v"),
    ] {
        let effects = state().press(keys);
        assert_eq!(asked(&effects), expected, "{keys}");
    }
}

#[test]
fn a_row_that_cannot_be_is_told_and_paints_nothing() {
    for (state, keys, words) in [
        (sample as fn() -> Studio, "tab w", "model has no usual values"),
        (sample, "W 'x' enter", "write 0..2:5"),
        (sample, "s 'strength' enter esc W '0..7:2' enter", "strength at"),
        (sample, "f 'heron' enter w", "changes nothing"),
        (sample, "a w", "changes nothing"),
    ] {
        let mut studio = state();
        let effects = studio.press(keys);
        assert_eq!(asked(&effects), "", "{keys}");
        let said = studio.state.toast.as_ref().map(|note| note.text.clone()).unwrap_or_default();
        assert!(said.contains(words), "{keys}: {said}");
    }
    let mut studio = sample();
    studio.press("W end 'x' enter");
    assert_eq!(studio.state.field.as_ref().unwrap().text(), "0..2:5x", "nothing is lost");
    let mut studio = sample();
    studio.state.read_only = Some("process 7 has it open".into());
    assert_eq!(asked(&studio.press("w W")), "");
}

#[test]
fn a_script_paints_rows_too() {
    let mut script = Script::new(sample().state, Keymap::default());
    for (text, expected) in [
        ("0.5, 2", "weight: 0.5 2"),
        ("score-scale 0.5..1:3", "scale: 0.5 0.75 1"),
        ("layers=up, all", "layers: up all"),
    ] {
        let effects = script.perform(Action::SweepOver, Some(text)).unwrap();
        assert_eq!(asked(&effects), expected);
    }
    let fault = script.perform(Action::SweepOver, Some("0.5")).unwrap_err();
    assert!(matches!(&fault, ScriptFault::Refused(_, words) if words.contains("write 0..2:5")));
    assert_eq!(asked(&script.perform(Action::Sweep, None).unwrap()), "weight: 0 0.5 1 1.5 2");
}

/// What compare shows: the row's cursor and panel, or two pictures.
fn shown(studio: &Studio) -> String {
    let compare = &studio.state.compare;
    match (&compare.row, &compare.left, &compare.right) {
        (Some(row), ..) => format!("row at {} panel {}", row.at, row.panel),
        (None, Some(_), Some(_)) => "two".into(),
        _ => "nothing".into(),
    }
}

#[test]
fn a_row_is_looked_at_side_by_side() {
    for (keys, expected) in [
        ("3", "row at 4 panel 1"),
        ("3 h h", "row at 2 panel 1"),
        ("3 n", "row at 4 panel 2"),
        ("3 N N", "row at 4 panel 0"),
        ("3 h h w", "two"),
        ("3 h h w w", "row at 2 panel 1"),
        ("3 h h d", "two"),
        ("2 G w", "nothing"),
        ("2 w", "row at 4 panel 0"),
    ] {
        let mut studio = swept();
        studio.press(keys);
        assert_eq!(shown(&studio), expected, "{keys}");
    }
    // News of the row leave the cursor where it is.
    let mut studio = swept();
    studio.press("3 h h n");
    let history = studio.state.history.clone();
    predella::tui::update::news(&mut studio.state, predella::studio::News::History(history));
    assert_eq!(shown(&studio), "row at 2 panel 2");
    // The value that is liked goes to the board.
    studio.press("e");
    assert_eq!(studio.state.view, View::Board);
    assert_eq!(studio.state.draft.style.reference_weight, 1.0);
    studio.press("3 l e");
    assert_eq!(studio.state.draft.style.reference_weight, 1.5);
    // The next set that is painted twice is compared again.
    studio.press("A 3");
    assert_eq!(shown(&studio), "row at 4 panel 1", "until it is begun");
}
