//! How fast the studio answers, measured through a pseudo-terminal.

mod history;
mod terminal;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::tour;
use crate::recipe::{Draft, yaml};
use crate::session::Session;
use terminal::{Kind, PLAIN, Terminal};

/// Starts that are measured.
const STARTS: usize = 10;
/// Keys that are measured.
const KEYS: usize = 200;
/// Time between two keys: a fast typist.
const PAUSE: Duration = Duration::from_millis(60);
/// Time until a set is being painted.
const WARM_UP: Duration = Duration::from_secs(5);
/// How long an idle studio is watched.
const IDLE: Duration = Duration::from_secs(5);
/// Runs of the long history.
const RUNS: usize = 10_000;
/// Letters that nothing else on the screen holds.
const LETTERS: [char; 4] = ['ж', 'я', 'ю', 'ф'];

/// A terminal that knows kitty's pictures.
const KITTY: Kind = Kind {
    answer: "\x1bP>|kitty(0.26.5)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62c",
    graphics: "",
    is_far: false,
};

/// One that knows its placeholders too.
const PLACEHOLDERS: &str = "\x1bP>|kitty(0.41.1)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62c";
/// One that knows iTerm2's.
const ITERM: &str = "\x1bP>|iTerm2 3.5\x1b\\\x1b[6;18;9t\x1b[?62c";

/// A way of pictures with the names of its numbers.
macro_rules! ways {
    ($way:literal, $kind:expr) => {
        (
            concat!("eight pictures by ", $way, ", near"),
            concat!("eight pictures by ", $way, ", over ssh"),
            "  of these at most within a second",
            $kind,
        )
    };
}

/// One number.
struct Found {
    what: &'static str,
    value: Option<f64>,
    unit: &'static str,
}

/// Measures and prints.
///
/// # Errors
/// When there is no pseudo-terminal, or the studio does not show what it should.
pub fn run(out: &Output) -> Result<(), CliError> {
    let failed =
        |e: std::io::Error| CliError::failed(format!("the studio cannot be measured: {e}"));
    let home = tempfile::tempdir().map_err(failed)?;
    let progress = Progress::waiting(out, "measuring the studio");
    let mut found = Vec::new();
    let board = board(home.path())?;
    starts(home.path(), &board, &mut found).map_err(failed)?;
    progress.message("measuring a long history");
    let long = history::write(home.path(), RUNS)?;
    let opened = first_paint(home.path(), &long).map_err(failed)?;
    found.push(Found { what: "first frame over 10,000 runs", value: Some(opened), unit: "ms" });
    progress.message("measuring an idle studio");
    idle(home.path(), &board, &mut found).map_err(failed)?;
    progress.message("measuring keys while a set is painted");
    keys(home.path(), &board, &mut found).map_err(failed)?;
    progress.message("counting bytes of pictures");
    bytes(home.path(), &mut found).map_err(failed)?;
    drop(progress);
    print(&found, out);
    Ok(())
}

fn print(found: &[Found], out: &Output) {
    if out.is_json() {
        let all = found.iter().map(|f| json!({ "what": f.what, "value": f.value, "unit": f.unit }));
        out.document(&all.collect::<Vec<_>>());
        return;
    }
    for Found { what, value, unit } in found {
        let value = value.map_or_else(|| "unknown".into(), |value| format!("{value:.1} {unit}"));
        out.line(&format!("{what:<52} {value:>14}"));
    }
}

/// A session with a set of four on its board, large enough to paint for long.
fn board(home: &Path) -> Result<PathBuf, CliError> {
    let path = home.join("board");
    let mut session = Session::create(&path, "board")?;
    let subjects = ["a fox", "a castle", "a sailboat", "a strawberry"];
    let draft = Draft {
        subjects: subjects.map(Into::into).to_vec(),
        style_prompt: "watercolour".into(),
        steps: 900,
        ..Draft::default()
    };
    let mut head = session.head().clone();
    head.draft = yaml::to_value(&draft).ok();
    session.save_head(head)?;
    Ok(path)
}

/// Milliseconds from the start to the first frame.
fn first_paint(home: &Path, session: &Path) -> std::io::Result<f64> {
    let terminal = Terminal::studio(home, session, PLAIN)?;
    let shown = terminal.wait_for("Subjects", 0)?;
    Ok(shown.duration_since(terminal.started).as_secs_f64() * 1e3)
}

fn starts(home: &Path, session: &Path, found: &mut Vec<Found>) -> std::io::Result<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(first_paint(home, session)?);
    }
    found.push(Found { what: "first frame, median", value: share(&mut times, 0.5), unit: "ms" });
    found.push(Found { what: "first frame, slowest", value: share(&mut times, 1.0), unit: "ms" });
    Ok(())
}

fn idle(home: &Path, session: &Path, found: &mut Vec<Found>) -> std::io::Result<()> {
    let terminal = Terminal::studio(home, session, PLAIN)?;
    terminal.wait_for("Subjects", 0)?;
    terminal.wait_for_quiet(Duration::from_secs(1));
    let before = terminal.processor_seconds();
    let start = Instant::now();
    std::thread::sleep(IDLE);
    let spent = terminal.processor_seconds().zip(before).map(|(after, before)| after - before);
    let value = spent.map(|spent| 100.0 * spent / start.elapsed().as_secs_f64());
    found.push(Found { what: "idle, of one core", value, unit: "%" });
    Ok(())
}

/// From a key to the frame that shows its letter, while all cores paint.
fn keys(home: &Path, session: &Path, found: &mut Vec<Found>) -> std::io::Result<()> {
    let mut terminal = Terminal::studio(home, session, PLAIN)?;
    terminal.wait_for("Subjects", 0)?;
    terminal.wait_for_quiet(Duration::from_millis(300));
    terminal.type_keys("\r")?;
    // The model is read and the first steps are painted.
    std::thread::sleep(WARM_UP);
    terminal.type_keys("o")?;
    terminal.wait_for("INSERT", 0)?;
    let mut times = Vec::new();
    for letter in LETTERS.into_iter().cycle().take(KEYS) {
        std::thread::sleep(PAUSE);
        let behind = terminal.received();
        let pressed = Instant::now();
        terminal.type_keys(&letter.to_string())?;
        let shown = terminal.wait_for(&letter.to_string(), behind)?;
        times.push(shown.duration_since(pressed).as_secs_f64() * 1e3);
    }
    for (what, part) in [
        ("key to frame while painting, median", 0.5),
        ("key to frame while painting, 99 of 100", 0.99),
        ("key to frame while painting, slowest", 1.0),
    ] {
        found.push(Found { what, value: share(&mut times, part), unit: "ms" });
    }
    Ok(())
}

/// What a gallery of eight pictures takes, near and far.
fn bytes(home: &Path, found: &mut Vec<Found>) -> std::io::Result<()> {
    let placeholders = Kind { answer: PLACEHOLDERS, ..KITTY };
    let iterm = Kind { answer: ITERM, ..KITTY };
    let sixel = Kind { graphics: "sixel", ..KITTY };
    let blocks = Kind { graphics: "blocks", ..KITTY };
    for (near, far, most, kind) in [
        ways!("kitty", KITTY),
        ways!("kitty's placeholders", placeholders),
        ways!("iterm", iterm),
        ways!("sixel", sixel),
        ways!("half blocks", blocks),
    ] {
        let (all, _) = gallery(home, kind)?;
        found.push(Found { what: near, value: Some(all), unit: "kB" });
        let (all, second) = gallery(home, Kind { is_far: true, ..kind })?;
        found.push(Found { what: far, value: Some(all), unit: "kB" });
        found.push(Found { what: most, value: Some(second), unit: "kB" });
    }
    Ok(())
}

/// Kilobytes that the tour's gallery takes, and most of them within a second.
fn gallery(home: &Path, kind: Kind) -> std::io::Result<(f64, f64)> {
    let mut terminal = Terminal::studio(home, Path::new(tour::TOUR), kind)?;
    terminal.wait_for("Replay", 0)?;
    terminal.wait_for_quiet(Duration::from_millis(1500));
    let before = terminal.received();
    terminal.type_keys("2")?;
    terminal.wait_for("1/8", before)?;
    let most = terminal.wait_for_quiet(Duration::from_millis(1500));
    Ok(((terminal.received() - before) as f64 / 1e3, most as f64 / 1e3))
}

/// The value below which this share of the values lies.
fn share(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let at = (share * values.len().saturating_sub(1) as f64).ceil() as usize;
    values.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_sorted_values() {
        let mut values = [3.0, 1.0, 2.0];
        assert_eq!(share(&mut values, 0.5), Some(2.0));
        assert_eq!(share(&mut values, 0.99), Some(3.0));
        assert_eq!(share(&mut [], 0.5), None);
    }
}
