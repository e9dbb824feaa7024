//! How long a large session takes to open.

use std::time::{Duration, Instant};

use predella::session::*;

use super::kit::*;

/// Ten thousand runs of four panels: 70,001 entries. The pictures are not made,
/// opening does not look at them.
///
/// Run it with `cargo test --release -- --ignored ten_thousand --nocapture`.
#[test]
#[ignore = "takes a while to write; prints how long opening takes"]
fn ten_thousand_runs_open_in_a_second() {
    let dir = fast_dir();
    let path = dir.path().join("s");
    drop(Session::create(&path, "s").unwrap());
    let body = predella::recipe::yaml::to_string(&recipe(4)).unwrap().replace('\n', "\n    ");
    let mut text = std::fs::read_to_string(path.join("history.yaml")).unwrap();
    let mut seq = 1;
    let mut add = |text: &mut String, body: &str| {
        seq += 1;
        text.push_str(&format!("---\nseq: {seq}\nat: 2026-02-28T09:05:07.250Z\n{body}...\n"));
        seq
    };
    for _ in 0..10_000 {
        let run = add(&mut text, &format!("run_queued:\n  recipe:\n    {}\n", body.trim_end()));
        add(&mut text, &format!("run_started:\n  run: {run}\n  attempt: 1\n"));
        for panel in 0..4 {
            let hash = format!("{run:032x}{panel:032x}");
            add(
                &mut text,
                &format!(
                    "panel_done:\n  run: {run}\n  panel: {panel}\n  image: {run:06}-0{panel}-0a\n  sha256: {hash}\n  bytes: 1000000\n  seconds: 3.25\n"
                ),
            );
        }
        add(&mut text, &format!("run_ended:\n  run: {run}\n  outcome: done\n  device: cuda:0\n"));
    }
    std::fs::write(path.join("history.yaml"), &text).unwrap();
    let mut best = Duration::MAX;
    for access in [Access::Read, Access::Write, Access::Read, Access::Read] {
        let start = Instant::now();
        let session = Session::open(&path, access).unwrap();
        let took = start.elapsed();
        println!("{access:?}: {took:?} for {} bytes", text.len());
        assert_eq!((session.state().runs().len(), session.findings()), (10_000, &[][..]));
        best = best.min(took);
    }
    assert!(best < Duration::from_secs(1), "{best:?}");
}
