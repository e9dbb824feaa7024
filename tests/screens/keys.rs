//! What keys do: (state, keys, state).

use predella::studio::{Command, News};
use predella::tui::action::ACTIONS;
use predella::tui::keymap::{Keymap, Lookup};
use predella::tui::state::{Pane, View};
use predella::tui::update::{self, Effect, scope};
use std::sync::Arc;

use super::kit::{Studio, blank, guided, painting, sample, scored, touring};

/// What matters of a state, in a line.
pub fn line(studio: &Studio) -> String {
    let state = &studio.state;
    let subjects: Vec<String> = state
        .draft
        .subjects
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let own = s.seed.map(|seed| format!(" seed {seed}")).unwrap_or_default();
            let text = format!("{}{own}", s.text);
            if i == state.board.subject { format!("[{text}]") } else { text }
        })
        .collect();
    let typing =
        state.field.as_ref().map(|f| format!(" typing {:?}", f.text())).unwrap_or_default();
    let boxes = match state.popups.len() {
        0 => String::new(),
        n => format!(" boxes {n}"),
    };
    let place = match state.view {
        View::Board => format!("{:?}", state.board.pane).to_lowercase(),
        View::Gallery => format!("picture {}", state.gallery.cursor),
        View::Replay => format!("set {}", state.replay_cursor),
        View::Queue => format!("job {}", state.queue_cursor),
        _ => String::new(),
    };
    let view = state.view.title().to_lowercase();
    format!("{view} {place}: {}{typing}{boxes}", subjects.join(", "))
}

/// The state before, the keys, the state behind them.
type Row = (fn() -> Studio, &'static str, &'static str);

const ROWS: &[Row] = &[
    (blank, "o", "board subjects: [] typing \"\""),
    (blank, "o esc", "board subjects: "),
    (blank, "o 'a fox' esc", "board subjects: [a fox]"),
    (blank, "o 'a fox' enter", "board subjects: a fox, [] typing \"\""),
    (blank, "o 'a fox' enter 'a bear' enter esc", "board subjects: a fox, [a bear]"),
    (blank, "o 'a fox' esc O 'an owl' esc", "board subjects: [an owl], a fox"),
    (blank, "o 'jkq?' esc", "board subjects: [jkq?]"),
    (blank, "o 'a' esc u", "board subjects: "),
    (blank, "o 'a' esc u ctrl-r", "board subjects: [a]"),
    (blank, "o 'a' esc o 'b' esc d d", "board subjects: [a]"),
    (blank, "o 'a' esc o 'b' esc d d p", "board subjects: a, [b]"),
    (blank, "o 'a' esc y y p", "board subjects: a, [a]"),
    (blank, "o 'a' esc o 'b' esc K", "board subjects: [b], a"),
    (blank, "o 'a' esc o 'b' esc K J", "board subjects: a, [b]"),
    (blank, "o 'a' esc o 'b' esc ^", "board subjects: [b], a"),
    (blank, "o 'a' esc i 'bc' enter", "board subjects: [abc]"),
    (blank, "k", "board style: "),
    (blank, "o 'a {b|c}' esc x", "board subjects: [a {b|c}] boxes 1"),
    (sample, "5 R", "replay set 0: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (sample, "1 R", "replay set 0: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (sample, "2 R", "replay set 0: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (blank, "o 'a' esc o 'b' esc S", "board subjects: a, [b seed 2]"),
    (blank, "o 'a' esc o 'b' esc S r K", "board subjects: [b seed 2], a"),
    (blank, "o 'a' esc o 'b' esc S i 'c' enter", "board subjects: a, [bc seed 2]"),
    (blank, "o 'a' esc o 'b' esc S d d p", "board subjects: a, [b seed 2]"),
    (blank, "> > <", "board subjects: "),
    (blank, "o 'a' esc o 'b' esc S S", "board subjects: a, [b]"),
    (blank, "o 'a' esc o 'b' esc S u", "board subjects: a, [b]"),
    (blank, "o 'boat' up down", "board subjects: [] typing \"boat\""),
    (
        sample,
        "o 'boat' up up down esc",
        "board subjects: a fox, [boat], a castle by the sea, a sailboat, a strawberry",
    ),
    (
        sample,
        "o 'unicorn' up esc",
        "board subjects: a fox, [unicorn], a castle by the sea, a sailboat, a strawberry",
    ),
    (blank, "k i 'ink' enter j", "board subjects: "),
    (blank, "j", "board settings: "),
    (blank, "l", "board set: "),
    (blank, "l h", "board subjects: "),
    (blank, "tab tab tab tab", "board subjects: "),
    (blank, "backtab", "board style: "),
    (blank, "g a", "gallery picture 0: "),
    (blank, "g esc 2", "gallery picture 0: "),
    (blank, "g z 1", "board subjects: "),
    (blank, "? 2", "board subjects: "),
    (blank, "space space 'gallery' enter", "gallery picture 0: "),
    (blank, ": 'replay' enter", "replay set 0: "),
    (blank, ": esc", "board subjects: "),
    (blank, ": backspace", "board subjects: "),
    (
        painting,
        "q",
        "board subjects: [a fox], a castle by the sea, a sailboat, a strawberry boxes 1",
    ),
    (painting, "q n", "board subjects: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (painting, "4 j j j j", "queue job 2: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (sample, "2 G", "gallery picture 8: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (
        sample,
        "2 l l h",
        "gallery picture 1: [a fox], a castle by the sea, a sailboat, a strawberry",
    ),
    (
        sample,
        "2 / 'boat' enter G",
        "gallery picture 1: [a fox], a castle by the sea, a sailboat, a strawberry",
    ),
    (
        sample,
        "2 / '#sea' enter G",
        "gallery picture 0: [a fox], a castle by the sea, a sailboat, a strawberry",
    ),
    (sample, "2 e", "board subjects: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (sample, "6 G", "replay set 2: [a fox], a castle by the sea, a sailboat, a strawberry"),
    (touring, "2 x", "gallery picture 0: [a fox], a castle by the sea, a sailboat, a strawberry"),
];

#[test]
fn keys_lead_from_state_to_state() {
    let mut wrong = Vec::new();
    for (state, keys, expected) in ROWS {
        let mut studio = state();
        studio.press(keys);
        let found = line(&studio);
        if found != *expected {
            wrong.push(format!("{keys}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The commands that keys ask the studio for, those that keep the draft left out.
fn commands(studio: &mut Studio, keys: &str) -> Vec<String> {
    let name = |effect: Effect| match effect {
        Effect::Studio(Command::Save(_)) => None,
        Effect::Studio(Command::Paint(recipe)) => {
            Some(format!("paint {}", if recipe.style.is_plain() { "plain" } else { "aligned" }))
        }
        Effect::Studio(command) => {
            let text = format!("{command:?}").to_lowercase();
            Some(text.chars().take_while(|c| c.is_alphanumeric()).collect())
        }
        // Prompts are looked over whenever they change.
        Effect::Errand(predella::tui::errands::Errand::Tokens(..)) => None,
        other => Some(format!("{other:?}").to_lowercase()),
    };
    studio.press(keys).into_iter().filter_map(name).collect()
}

#[test]
fn keys_ask_for_what_they_say() {
    for (state, keys, expected) in [
        (sample as fn() -> Studio, "enter", "paint aligned"),
        (sample, "A", "paint plain, paint aligned"),
        (sample, "a enter", "paint plain"),
        (blank, "enter", ""),
        (sample, "2 s", "star"),
        (sample, "2 x", "reject"),
        (sample, "2 d d", "trash"),
        (sample, "2 t 'sea -old' enter", "tag"),
        (sample, "2 t enter", ""),
        (sample, "2 t 'sea' esc", ""),
        (sample, "2 v l l s", "star"),
        (sample, "2 V x", "reject"),
        (sample, "2 v l d d", "trash"),
        (touring, "2 t", ""),
        (sample, "2 u", "undo"),
        (sample, "2 ctrl-r", "redo"),
        (touring, "2 s", ""),
        (touring, "2 d d", ""),
        (touring, "enter", "paint aligned"),
        (painting, "X", ""),
        (painting, "X y", "stop"),
        (painting, "q y", "quit"),
        (painting, "P", "pause"),
        (painting, "4 K", "shift"),
        (painting, "4 d d", "remove"),
        (painting, "4 G r", "release"),
        (sample, "5 v", "verify"),
        (sample, "q", "quit"),
        (sample, "ctrl-z", "suspend"),
        (sample, "ctrl-l", "redraw"),
        (sample, "space j", "judge, remember"),
    ] {
        assert_eq!(commands(&mut state(), keys).join(", "), expected, "{keys}");
    }
}

/// How many pictures the keys mean, and what is left of the choice behind them.
#[test]
fn several_pictures_are_meant_at_once() {
    let images = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Studio(
                Command::Star(images, _)
                | Command::Reject(images, _)
                | Command::Trash(images)
                | Command::Tag { images, .. },
            ) => Some(images.len()),
            Effect::Errand(predella::tui::errands::Errand::Copy(images, _)) => Some(images.len()),
            _ => None,
        })
    };
    for (keys, count) in [
        ("2 s", 1),
        ("2 v s", 1),
        ("2 v l l s", 3),
        ("2 l l v h h x", 3),
        ("2 v l v s", 1),
        ("2 v l esc s", 1),
        ("2 V s", 1),
        ("2 G V t 'keep' enter", 4),
        ("2 v G d d", 9),
        ("2 v l E 'out' enter", 2),
        ("2 v l 1 2 s", 1),
    ] {
        let mut studio = sample();
        assert_eq!(images(studio.press(keys)), Some(count), "{keys}");
        assert_eq!(studio.state.gallery.visual, None, "{keys}");
    }
    let mut studio = sample();
    let tagged = studio.press("2 t '#sea, old -new' enter");
    assert!(matches!(
        &tagged[0],
        Effect::Studio(Command::Tag { add, remove, .. })
            if add == &["sea", "old"] && remove == &["new"]
    ));
}

#[test]
fn the_tours_style_is_an_example_to_be_replaced() {
    for (state, style) in [(touring as fn() -> Studio, "ink"), (sample, "watercolourink")] {
        let mut studio = state();
        studio.press("k k k k k i 'ink' enter");
        assert_eq!(studio.state.draft.style_prompt, style);
    }
}

#[test]
fn the_best_come_first_as_asked() {
    let mut studio = scored();
    let first = |studio: &Studio| {
        let (run, panel) = studio.state.shown_pictures()[0];
        studio.state.history.runs[run].panels[panel].scores.clone()
    };
    for (keys, kind, best) in
        [("2 S", Some("leakage"), 0.10), ("S", Some("object"), 0.31), ("S", Some("set"), 0.91)]
    {
        studio.press(keys);
        assert_eq!(studio.state.gallery.sort.as_deref(), kind);
        assert_eq!(first(&studio).get(kind.unwrap()), Some(&best));
    }
    studio.press("S");
    assert_eq!(studio.state.gallery.sort, None);
    let mut studio = sample();
    studio.press("2 S");
    assert!(studio.state.toast.is_some() && studio.state.gallery.sort.is_none());
}

#[test]
fn the_cursor_stays_on_its_picture_when_the_order_changes() {
    let here = |studio: &Studio| {
        let (run, panel) = studio.state.shown_pictures()[studio.state.gallery.cursor];
        studio.state.history.runs[run].panels[panel].image.clone().unwrap()
    };
    let mut studio = scored();
    studio.press("2 S S l v l");
    assert_eq!(studio.state.gallery.sort.as_deref(), Some("object"));
    let (before, place) = (here(&studio), studio.state.gallery.cursor);
    let chosen = studio.state.shown_pictures()[1];
    // The best picture of all comes in.
    let mut history = studio.state.history.as_ref().clone();
    let first = Arc::make_mut(&mut history.runs[0]);
    let last = first.panels.last_mut().unwrap();
    last.scores.insert("object".into(), 0.99);
    update::news(&mut studio.state, News::History(Arc::new(history)));
    assert_eq!((here(&studio), studio.state.gallery.cursor), (before, place + 1));
    let anchor = studio.state.gallery.visual.unwrap();
    assert_eq!(studio.state.shown_pictures()[anchor], chosen, "so does where a choice began");
}

#[test]
fn a_session_for_reading_is_not_changed() {
    for keys in ["enter", "A", "2 s", "2 x", "2 t", "2 v l d d", "4 d d"] {
        let mut studio = painting();
        studio.state.read_only = Some("process 7 has it open".into());
        assert_eq!(commands(&mut studio, keys), Vec::<String>::new(), "{keys}");
        let said = studio.state.toast.as_ref().map(|note| note.text.clone()).unwrap_or_default();
        assert!(said.contains("process 7"), "{keys}: {said}");
    }
}

/// What happens in the background never takes the cursor or a key away.
#[test]
fn news_steal_nothing() {
    let mut studio = sample();
    studio.press("o 'a half-typed'");
    let history = studio.state.history.clone();
    predella::tui::update::news(&mut studio.state, predella::studio::News::History(history));
    predella::tui::update::progress(&mut studio.state, painting().state.progress);
    studio.press("' subject' esc");
    assert!(studio.state.draft.subjects.iter().any(|s| s.text == "a half-typed subject"));
    assert_eq!((studio.state.view, studio.state.board.pane), (View::Board, Pane::Subjects));
}

/// Every action has words, keys that lead to it where it makes sense, and a
/// place in the help of that view.
#[test]
fn every_action_is_documented_and_reached() {
    let keymap = Keymap::default();
    for info in ACTIONS {
        assert!(!info.keys.is_empty() && info.doc.len() > 5, "{}", info.id);
        for view in View::ALL.into_iter().filter(|view| scope(*view) == info.scope) {
            for keys in info.keys {
                let pressed = keys.parse::<predella::tui::key::Keys>().unwrap().0;
                assert_eq!(
                    keymap.lookup(scope(view), &pressed),
                    Lookup::Found(info.action),
                    "{keys}"
                );
            }
        }
        let listed = keymap.by_scope();
        let here = &listed[info.scope.title()];
        assert!(here.iter().any(|(_, listed)| listed.id == info.id), "{}", info.id);
    }
}

/// What lends and steers, in a line.
fn guides(studio: &Studio) -> String {
    let draft = &studio.state.draft;
    let lending = draft.anchor.references().iter();
    let lending = lending.map(|r| format!("{} {:.2} {:?}", r.picture, r.weight, r.caption));
    let steering = draft.control.iter().flat_map(|control| &control.maps).map(|map| {
        let panel = map.panel.map_or("all".into(), |n| (n + 1).to_string());
        format!("{} {} {:.2} {panel}", map.kind.name(), map.picture, map.scale)
    });
    lending.chain(steering).collect::<Vec<_>>().join(", ")
}

#[test]
fn pictures_lend_and_steer_as_keys_say() {
    const HERON: &str = "refs/heron.png 1.00 \"a heron, ink\"";
    for (state, keys, expected) in [
        (sample as fn() -> Studio, "f 'heron' enter", HERON),
        (sample, "f 'heron' enter u", ""),
        (sample, "f 'heron' enter u ctrl-r", HERON),
        (sample, "f esc", ""),
        (sample, "f 'none.png' enter", ""),
        (sample, "f '/art/sky' enter", "/art/sky.webp 1.00 \"watercolour\""),
        (sample, "space r '~/typed.png' enter", "~/typed.png 1.00 \"watercolour\""),
        (sample, "f '/art/ow' enter esc", ""),
        (
            sample,
            "f 'heron' enter f 'house' enter",
            "refs/heron.png 0.50 \"a heron, ink\", house.jpg 0.50 \"watercolour\"",
        ),
        (
            sample,
            "f 'heron' enter f 'house' enter + +",
            "refs/heron.png 0.40 \"a heron, ink\", house.jpg 0.60 \"watercolour\"",
        ),
        (
            sample,
            "f 'heron' enter f 'house' enter tab i '0.25' enter",
            "refs/heron.png 0.75 \"a heron, ink\", house.jpg 0.25 \"watercolour\"",
        ),
        (sample, "f 'heron' enter f 'house' enter d d", HERON),
        (sample, "f 'heron' enter d d", ""),
        (sample, "f 'heron' enter + - -", HERON),
        (
            sample,
            "f 'heron' enter i ' on blue' enter",
            "refs/heron.png 1.00 \"a heron, ink on blue\"",
        ),
        (sample, "m 'house' enter", "canny house.jpg 1.00 all"),
        (sample, "m 'house' enter +", "depth house.jpg 1.00 all"),
        (sample, "m 'house' enter j - -", "canny house.jpg 0.80 all"),
        (sample, "m 'house' enter j j +", "canny house.jpg 1.00 1"),
        (sample, "m 'house' enter k + +", "canny house.jpg 1.20 all"),
        (
            sample,
            "m 'house' enter m 'heron' enter",
            "canny house.jpg 1.00 all, canny refs/heron.png 1.00 1",
        ),
        (sample, "m 'house' enter j j + + k k k j j J", "canny house.jpg 1.00 3"),
        (sample, "m 'house' enter j j + + k k k j j d d", ""),
        (sample, "m 'house' enter j j + + k k k j j k k d d", ""),
        (sample, "m 'house' enter j j + + k k k j O 'an owl' esc", "canny house.jpg 1.00 3"),
        (sample, "m 'house' enter j j + + k k k j O esc", "canny house.jpg 1.00 2"),
        (sample, "space s enter", "/styles/oil/1.png 1.00 \"a house, oil painting\""),
        (sample, "2 f", "images/"),
        (sample, "2 m", "canny images/"),
        (guided, "d d d d d d", ""),
    ] {
        let mut studio = state();
        studio.press(keys);
        let found = guides(&studio);
        let fits =
            if expected.ends_with('/') { found.starts_with(expected) } else { found == expected };
        assert!(fits, "{keys}\n  expected {expected}\n  found    {found}");
    }
}

/// What is dropped is asked about first; what is no picture is a prompt.
#[test]
fn dropped_pictures_are_asked_about() {
    for (text, keys, expected) in [
        ("/art/heron.png", "y", "/art/heron.png 1.00 \"a heron, ink\""),
        ("/art/heron.png", "n", ""),
        (
            "'/a b.png' /c.png",
            "enter",
            "/a b.png 0.50 \"watercolour\", /c.png 0.50 \"watercolour\"",
        ),
    ] {
        let mut studio = sample();
        studio.paste(text);
        assert_eq!(guides(&studio), "", "nothing before the answer");
        studio.press(keys);
        assert_eq!(guides(&studio), expected, "{text} {keys}");
    }
    let mut studio = sample();
    studio.paste("an owl\na bear");
    assert_eq!(studio.state.draft.subjects.len(), 6);
    studio.press("f");
    studio.paste("/art/");
    studio.press("'sky' enter");
    assert_eq!(guides(&studio), "/art/sky.webp 1.00 \"watercolour\"");
}

/// The recipe that is painted names the pictures, and used again it still does.
#[test]
fn lent_and_followed_pictures_are_painted_with() {
    let mut studio = guided();
    let painted = studio.press("enter").into_iter().find_map(|effect| match effect {
        Effect::Studio(Command::Paint(recipe)) => Some(recipe),
        _ => None,
    });
    let recipe = painted.unwrap();
    assert_eq!(recipe.anchor.references().len(), 2);
    assert_eq!(recipe.control.as_ref().unwrap().maps.len(), 1);
    let draft = predella::recipe::Draft::from_recipe(&recipe);
    assert_eq!((draft.anchor, draft.control), (recipe.anchor, recipe.control));
}
