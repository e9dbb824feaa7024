//! Sessions for the studio under stress.

use std::path::PathBuf;

use predella::recipe::{Draft, Recipe, Size, yaml};
use predella::session::{Access, Session};

use crate::program::{Home, tiny};

/// A draft for the tiny model, of so many steps.
pub fn draft(steps: u32) -> Draft {
    Draft {
        model: tiny().display().to_string(),
        subjects: vec!["a fox".into(), "a bear".into()],
        style_prompt: "ink".into(),
        size: Size { width: 64, height: 64 },
        steps,
        ..Draft::default()
    }
}

pub fn recipe(steps: u32) -> Recipe {
    draft(steps).freeze("1")
}

/// A session in a home, with a draft of so many steps on its board.
pub fn session(home: &Home, steps: u32) -> PathBuf {
    let path = home.path().join("s");
    let mut session = Session::create(&path, "s").unwrap();
    let mut head = session.head().clone();
    head.draft = Some(yaml::to_value(&draft(steps)).unwrap());
    session.save_head(head).unwrap();
    path
}

/// A session with so many runs waiting.
pub fn queued(home: &Home, steps: u32, runs: usize) -> PathBuf {
    let path = session(home, steps);
    let mut session = Session::open(&path, Access::Write).unwrap();
    for _ in 0..runs {
        session.queue(recipe(steps), None).unwrap();
    }
    path
}
