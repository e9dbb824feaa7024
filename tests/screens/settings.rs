//! What is set, by keys and by scripts: (state, keys, value).

use predella::recipe::{Anchor, Draft, yaml};
use predella::tui::Script;
use predella::tui::action::Action;
use predella::tui::keymap::Keymap;
use predella::tui::settings;
use predella::tui::state::{Pane, State};

use super::kit::{Studio, blank, guided, sample};

/// The value of a setting of the board.
fn value(draft: &Draft, name: &str) -> String {
    settings::all().find(|(_, s)| s.name == name).unwrap().1.show(draft, 0)
}

#[test]
fn settings_are_found_typed_stepped_and_taken_back() {
    for (state, keys, name, expected) in [
        (sample as fn() -> Studio, "s 'wei' enter end '5' enter", "weight", "1.005"),
        (sample, "s 'weight 0.5' enter", "weight", "0.50"),
        (sample, "s 'reference-weight 0.5' enter", "weight", "0.50"),
        (sample, "s 'score scale=0.8' enter", "scale", "0.80"),
        (sample, "s 'weight 0.5' enter u", "weight", "1.00"),
        (sample, "s 'layers up' enter", "layers", "up"),
        (sample, "s 'layers 01011' enter", "layers", "01011"),
        (sample, "s 'share-steps 0..0.6:cosine' enter", "share steps", "0..0.6:cosine"),
        (sample, "s 'prompted-only on' enter", "prompted", "on"),
        (sample, "s 'swap last-up' enter", "swap", "last-up"),
        (sample, "s 'swap' enter esc + + -", "swap", "last-up"),
        (sample, "s 'pool 2' enter", "pool", "2"),
        (sample, "s 'drop' enter esc + + -", "dropout", "0.05"),
        (sample, "s 'recolour' enter esc + -", "recolour", "0..0.9"),
        (sample, "s 'recolour 0.6..0.9' enter s 'recolour' enter esc =", "recolour", "off"),
        (sample, "s 'full share' enter +", "full share", "on"),
        (sample, "s 'adain q,k,v' enter", "adain", "q,k,v"),
        (sample, "s 'spacing trailing' enter", "spacing", "trailing"),
        (sample, "s 'offset 1' enter", "step offset", "1"),
        (sample, "s 'panorama 1024x256' enter", "stride", "64"),
        (sample, "s 'panorama 1024x256' enter s 'wrap on' enter", "wrap", "on"),
        (sample, "s 'panorama' enter esc + +", "panorama", "512x256"),
        (sample, "s 'wrap on' enter esc", "panorama", "off"),
        (guided, "s 'blend slerp' enter", "blend", "slerp"),
        (guided, "s 'encode noise' enter s 'noise seed 9' enter", "noise seed", "9"),
        (guided, "s 'inv offset 2' enter", "inv offset", "2"),
        (sample, "s 'blend slerp' enter esc", "blend", ""),
        (blank, "j z + s 'strength 0.4' enter", "strength", "0.40"),
        // From the end of the list: up to leakage, open it, four lines down.
        (sample, "tab G k i j j j j +", "strength", "1.00"),
        (sample, "tab G k i j j j j -", "strength", "0.90"),
    ] {
        let mut studio = state();
        studio.press(keys);
        assert_eq!(value(&studio.state.draft, name), expected, "{keys}");
    }
}

#[test]
fn what_cannot_be_stays_at_the_field_with_a_word() {
    let mut studio = sample();
    let before = studio.state.draft.clone();
    studio.press("s 'share' enter end 'x' enter");
    let field = studio.state.field.as_ref().unwrap();
    assert_eq!(field.text(), "0..1x");
    assert!(field.fault.as_ref().unwrap().contains("0..0.6"), "{:?}", field.fault);
    assert_eq!(studio.state.draft, before);
    studio.press("backspace");
    assert_eq!(studio.state.field.as_ref().unwrap().fault, None, "it is being mended");
    studio.press("'.5' enter");
    assert!(studio.state.field.as_ref().is_some_and(|field| field.fault.is_some()));
    studio.press("esc");
    assert!(studio.state.field.is_none() && studio.state.draft == before);
    // In the list a wrong value stays typed.
    studio.press("s 'loudness 3' enter");
    assert_eq!(studio.state.popups.len(), 1);
    let said = studio.state.toast.as_ref().unwrap();
    assert!(said.text.contains("no setting is called"), "{said:?}");
    // What is in its range but excludes another is kept, and told.
    studio.press("esc s 'full share on' enter s 'panorama 512x256' enter");
    let said = studio.state.toast.as_ref().unwrap();
    assert!(said.text.contains("full sharing needs whole pictures"), "{said:?}");
    assert!(studio.state.draft.panorama.is_some());
}

#[test]
fn each_reference_has_settings_of_its_own() {
    for (keys, expected) in [
        ("s 'reference 2 preset famous' enter", "0.50 - - / 0.50 1 0.5"),
        ("s 'reference 1 weight 2' enter", "0.50 2 - / 0.50 - -"),
        (
            "s 'reference 1 weight 2' enter s 'reference 1 preset' enter esc =",
            "0.50 - - / 0.50 - -",
        ),
        ("s 'reference 2 share 0.25' enter", "0.75 - - / 0.25 - -"),
        ("k tab j j + +", "0.50 - - / 0.50 1 0.5"),
    ] {
        let mut studio = guided();
        studio.press(keys);
        let own = |n: Option<f64>| n.map_or("-".to_owned(), |n| n.to_string());
        let all: Vec<String> = studio
            .state
            .draft
            .anchor
            .references()
            .iter()
            .map(|r| format!("{:.2} {} {}", r.weight, own(r.reference_weight), own(r.score_scale)))
            .collect();
        assert_eq!(all.join(" / "), expected, "{keys}");
    }
    let mut studio = guided();
    studio.press("s 'reference 1 steps 0..0.5' enter s 'reference 1 layers up' enter");
    studio.press("s 'map 1 strength 0.4' enter s 'reference 2 caption a sky, ink' enter");
    let draft = &studio.state.draft;
    assert_eq!(draft.anchor.references()[0].window.end, 0.5);
    assert!(draft.anchor.references()[0].layers.is_some());
    assert_eq!(draft.anchor.references()[1].caption, "a sky, ink");
    assert_eq!(draft.control.as_ref().unwrap().maps[0].scale, 0.4);
}

/// Whatever is set is in the draft that a session keeps, and is painted with.
#[test]
fn a_script_sets_what_keys_do_and_the_draft_keeps_it() {
    let mut script = Script::new(State::new("s", guided().state.draft), Keymap::default());
    for text in [
        "layers last-up",
        "share-steps 0..0.8:linear",
        "fade strength",
        "strength=0.7",
        "dropout 0.2",
        "dropout seed 7",
        "subject-keys 0.3",
        "swap last-up",
        "pool 2",
        "prompted-only on",
        "recolour 0.6..0.9",
        "adain q",
        "group norm off",
        "spacing trailing",
        "inv guidance 1.5",
        "blend attention",
        "panorama 768x256",
        "stride 32",
        "along on",
        "reference 1 preset famous",
        "reference 2 steps 0..0.5",
    ] {
        script.perform(Action::Set, Some(text)).unwrap();
    }
    let draft = script.state.draft.clone();
    let kept = yaml::to_string(&draft).unwrap();
    assert_eq!(yaml::from_str::<Draft>(&kept).unwrap(), draft);
    let recipe = draft.freeze("1");
    assert_eq!(recipe.check(), Ok(()));
    assert_eq!((recipe.style.dropout_seed, recipe.panorama.unwrap().stride), (7, 32));
    let Anchor::References(all) = &recipe.anchor else { panic!() };
    assert_eq!(all.pictures[0].score_scale, Some(0.5));
    for (text, words) in [
        ("strength 2", "strength: takes a number from 0 to 1"),
        ("loudness 2", "no setting is called"),
        ("noise seed 3", "encoding noise"),
        ("reference 3 share 1", "no setting is called"),
    ] {
        let fault = script.perform(Action::Set, Some(text)).unwrap_err().to_string();
        assert!(fault.contains(words), "{text}: {fault}");
    }
    assert_eq!(script.state.draft, draft);
    assert!(script.perform(Action::Set, None).is_err());
}

#[test]
fn sections_fold_and_the_cursor_stays_on_a_line() {
    let mut studio = sample();
    studio.press("tab G");
    let folded = studio.state.lines().len();
    studio.press("i");
    assert_eq!(studio.state.lines().len(), folded + 1);
    studio.press("G k +");
    assert!(studio.state.line().is_some() && studio.state.board.pane == Pane::Settings);
    studio.press("G z");
    assert_eq!(studio.state.lines().len(), folded);
    studio.press("+");
    assert_eq!(studio.state.lines().len(), folded + 1);
    studio.press("-");
    assert_eq!(studio.state.lines().len(), folded);
}
