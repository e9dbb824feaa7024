//! What alignment is said to do is what it does.

use std::time::{Duration, Instant};

use predella::engine::explain::{Outline, Seen, Table};
use predella::engine::read_picture;
use predella::imaging;
use predella::recipe::{
    Anchor, Encoding, Fit, ModelRef, Recipe, Reference, References, Style, Window,
};
use predella::session::Session;
use predella::studio::{self, Command, News, Settings, Studio};

use crate::goldens::oracle;
use crate::references::{Painter, recipe as referenced, waves};

/// Three panels, the first of which lends its style.
fn recipe(style: Style) -> Recipe {
    Recipe { anchor: Anchor::FirstPanel, style, ..referenced(&[1.0], Encoding::Noise { seed: 0 }) }
}

fn share(seen: &Seen) -> f32 {
    seen.shares.iter().sum()
}

#[test]
fn what_is_measured_is_what_panels_saw() {
    let painter = Painter::new("tiny-sdxl");
    // In the first layer of the first step all of them see the same.
    let first = |style| painter.watch(&recipe(style), &[], None).remove(0);
    let usual = first(Style::default());
    assert!((0.1..0.9).contains(&share(&usual)) && usual.panels == 2, "{usual:?}");
    assert!(usual.before[0].spread > 1.01 && usual.behind[0].spread < 1.001, "{usual:?}");
    let half = first(Style { strength: 0.5, ..Style::default() });
    assert!((share(&half) * 2.0 - share(&usual)).abs() < 1e-4, "{half:?} {usual:?}");
    assert!(share(&first(Style { dropout: 1.0, ..Style::default() })) < 1e-9);
    let some = first(Style { dropout: 0.5, ..Style::default() });
    assert!((0.01..share(&usual) - 0.01).contains(&share(&some)), "{some:?} {usual:?}");
    let prompted = first(Style { prompted_only: true, ..Style::default() });
    assert!((share(&prompted) - share(&usual)).abs() < 1e-4);
    let swap = Some(predella::recipe::Layers::All);
    assert!((share(&first(Style { swap, ..Style::default() })) - 1.0).abs() < 1e-4);
    let pooled = first(Style { pool: 1, ..Style::default() });
    assert!((0.1..0.9).contains(&share(&pooled)) && share(&pooled) != share(&usual));
    // The subject's words are known from the second step on.
    let subject = Style { subject_keys: 0.0, ..Style::default() };
    let [usual, subject] =
        [Style::default(), subject].map(|style| painter.watch(&recipe(style), &[], None));
    assert_eq!(share(&usual[0]), share(&subject[0]));
    let second = usual.iter().position(|seen| seen.step == 1).unwrap();
    assert!((share(&usual[second]) - share(&subject[second])).abs() > 1e-4);
}

#[test]
fn steps_layers_and_references_keep_their_places() {
    let painter = Painter::new("tiny-sdxl");
    let late = Window { start: 0.5, ..Window::default() };
    let seen = painter.watch(&recipe(Style { window: late, ..Style::default() }), &[], None);
    let layers = painter.layers();
    assert_eq!(
        seen.iter().map(|s| s.step).collect::<Vec<_>>(),
        [vec![2; layers], vec![3; layers]].concat()
    );
    // The first reference lends in the second half of the steps alone.
    let mut two = referenced(&[0.5, 0.5], Encoding::Noise { seed: 1 });
    let Anchor::References(references) = &mut two.anchor else { panic!() };
    references.pictures[0].window = late;
    for one in painter.watch(&two, &[waves(1), waves(2)], None) {
        assert_eq!(one.shares.len(), 2);
        assert_eq!(one.shares[0] > 0.01, one.step >= 2, "{one:?}");
        assert!(one.shares[1] > 0.01, "{one:?}");
    }
}

#[test]
fn chunks_measure_what_the_set_does() {
    let painter = Painter::new("tiny-sdxl");
    let recipe = recipe(Style::default());
    let outline = Outline::of(painter.folder(), &recipe).unwrap();
    let [whole, chunked] = [None, Some(1)].map(|chunk| {
        let mut table = Table::new(&outline);
        table.add(&painter.watch(&recipe, &[], chunk));
        table.whole().unwrap()
    });
    assert!((whole.share() - chunked.share()).abs() < 1e-5, "{whole:?} {chunked:?}");
    assert_eq!(whole.count, chunked.count);
    assert!((whole.before[1].0 - chunked.before[1].0).abs() < 1e-4);
}

/// Paints in a studio; what it says was measured.
fn painted(studio: &mut Studio, recipe: &Recipe) -> Option<Vec<f64>> {
    studio.commands.send(Command::Paint(Box::new(recipe.clone())));
    studio.commands.send(Command::TellIdle);
    let (mut found, begun) = (None, Instant::now());
    while begun.elapsed() < Duration::from_secs(120) {
        match studio.news.try_recv() {
            Ok(News::Measured { shares, .. }) => found = Some(shares),
            Ok(News::Idle) => return found,
            Ok(_) => {}
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("the set was not painted");
}

fn tiny(recipe: Recipe) -> Recipe {
    let name = oracle().join("tiny-sdxl").to_str().unwrap().to_owned();
    Recipe { model: ModelRef { name, hash: None }, ..recipe }
}

#[test]
fn a_session_keeps_what_was_watched_and_reference_runs_are_sampled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let session = Session::create(&path, "s").unwrap();
    let png = imaging::encode(&waves(1), None).unwrap();
    predella::util::fs::write_new(&path.join("waves.png"), &png).unwrap();
    let mut studio = studio::start(session, Settings::default()).unwrap();
    let own = tiny(recipe(Style::default()));
    assert_eq!(painted(&mut studio, &own), None, "nobody watches");
    studio.commands.send(Command::Watch(true));
    let watched = painted(&mut studio, &own).unwrap();
    studio.commands.send(Command::Watch(false));
    let hash = read_picture(&path.join("waves.png")).unwrap().1;
    let mut lent = tiny(referenced(&[1.0], Encoding::Noise { seed: 1 }));
    let picture = Reference::new("waves.png", &hash, "waves", 1.0);
    lent.anchor = Anchor::References(References {
        encoding: Encoding::Noise { seed: 1 },
        fit: Fit::Stretch,
        ..References::new(vec![picture])
    });
    let sampled = painted(&mut studio, &lent).unwrap();
    assert!((0.01..1.0).contains(&sampled[0]), "{sampled:?}");
    studio.commands.send(Command::Quit { finish: true });
    studio.thread.join().unwrap();
    let session = Session::open(&path, predella::session::Access::Read).unwrap();
    let runs: Vec<_> = session.state().runs().iter().map(|run| run.measured.clone()).collect();
    assert_eq!(runs[0], None);
    let [watched_table, sampled_table] =
        [1, 2].map(|run| studio::measured_table(runs[run].as_ref().unwrap()));
    let kept = watched_table.whole().unwrap().share();
    assert!((kept - watched[0]).abs() < 2e-3, "{kept} {watched:?}");
    let steps = |table: &Table| (0..4).filter(|i| table.of_step(*i).is_some()).collect::<Vec<_>>();
    assert_eq!((steps(&watched_table), steps(&sampled_table)), (vec![0, 1, 2, 3], vec![1]));
}
