//! Finished sets are scored by themselves, behind all that is to be painted.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use predella::recipe::{Draft, Recipe, Size};
use predella::session::Session;
use predella::studio::{self, Command, History, News, Settings, Studio};

use crate::program::{Home, tiny};
use crate::session::kit::fast_dir;

fn recipe(seed: u64) -> Recipe {
    let size = Size { width: 64, height: 64 };
    let subjects = vec!["a fox".into(), "a bear".into(), "an owl".into()];
    let model = tiny().display().to_string();
    Draft { model, size, subjects, steps: 2, seed, ..Draft::default() }.freeze("1")
}

fn open(path: &Path, judging: bool) -> Studio {
    let session = Session::create(path, "s").unwrap();
    studio::start(session, Settings { judging, ..Settings::default() }).unwrap()
}

/// Takes news until the history is as wanted, or a minute is over.
fn wait(studio: &mut Studio, what: &str, is: impl Fn(&History) -> bool) -> Arc<History> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        match studio.news.try_recv() {
            Ok(News::History(history)) if is(&history) => return history,
            Ok(_) => {}
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("waited in vain for {what}");
}

fn end(studio: Studio) {
    studio.commands.send(Command::Quit { finish: true });
    studio.thread.join().unwrap();
}

#[test]
fn sets_are_scored_when_nothing_is_left_to_paint() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let mut studio = open(&path, true);
    for seed in [1, 2] {
        studio.commands.send(Command::Paint(Box::new(recipe(seed))));
    }
    let scored = |history: &History| history.runs.iter().all(|run| !run.scores.is_empty());
    let both = |history: &History| history.runs.len() == 2 && scored(history);
    let history = wait(&mut studio, "both scores", both);
    let run = &history.runs[0];
    assert_eq!(run.judge("object"), Some("judge-clip"));
    assert_eq!(run.judge("set"), Some("judge-style"));
    for panel in &run.panels {
        let told = run.told(&panel.scores);
        assert!(told.contains("judge-clip: ") && told.contains("judge-style: "), "{told}");
    }
    end(studio);
    // Who waits to be painted comes first.
    let text = std::fs::read_to_string(path.join("history.yaml")).unwrap();
    let last_painted = text.rfind("run_ended").unwrap();
    let first_scored = text.find("run_scored").unwrap();
    assert!(last_painted < first_scored && text.matches("run_scored").count() == 2, "{text}");
    let session = Session::open(&path, predella::session::Access::Read).unwrap();
    assert!(session.check(predella::session::Depth::Full).unwrap().findings.is_empty());
}

#[test]
fn nobody_judges_who_was_not_asked_to() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    let mut studio = open(&path, false);
    studio.commands.send(Command::Paint(Box::new(recipe(1))));
    let done = |history: &History| history.runs.iter().any(|run| run.ended.is_some());
    wait(&mut studio, "the set", done);
    // Asked now, the next set is scored and the one before is left alone.
    studio.commands.send(Command::Judge(true));
    studio.commands.send(Command::Paint(Box::new(recipe(2))));
    let scored = |history: &History| history.runs.iter().any(|run| !run.scores.is_empty());
    let history = wait(&mut studio, "a score", scored);
    assert!(history.runs[0].scores.is_empty() && !history.runs[1].scores.is_empty());
    studio.commands.send(Command::Judge(false));
    end(studio);
}

#[test]
fn a_script_ends_with_its_sets_scored_unless_nobody_wants_it() {
    let home = Home::new();
    let model = format!("set=model {}", tiny().display());
    let set = ["do", "add-below=a fox", "add-below=a bear", &model, "set=size 64", "set=steps 2"];
    let paint = |actions: &[&str], scores: &str| {
        let mut program = home.program();
        program.env("PREDELLA_SCORES", scores).args(actions).arg("paint");
        let ran = program.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let history = home.path().join(".local/share/predella/sessions/first/history.yaml");
        let text = std::fs::read_to_string(history).unwrap();
        (text.matches("run_ended").count(), text.matches("run_scored").count())
    };
    assert_eq!(paint(&set, ""), (1, 1));
    assert_eq!(paint(&["do"], "off"), (2, 1));
}
