//! Row 24: clocks that jump.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use predella::session::{Access, Session};
use predella::util::clock::Clock;

use crate::session::kit::{damage, digest, fast_dir, paint};

/// A clock that shows one time after another, and the last one from then on.
struct Jumping(Mutex<Vec<SystemTime>>);

impl Jumping {
    fn new(times: &[Option<Duration>]) -> Arc<Self> {
        // `None` is long before 1970.
        let before = UNIX_EPOCH - Duration::from_secs(86_400 * 365 * 300);
        let at = |time: &Option<Duration>| time.map_or(before, |since| UNIX_EPOCH + since);
        Arc::new(Self(Mutex::new(times.iter().rev().map(at).collect())))
    }
}

impl Clock for Jumping {
    fn now(&self) -> SystemTime {
        let mut times = self.0.lock().unwrap();
        if times.len() > 1 { times.pop().unwrap() } else { times[0] }
    }
}

#[test]
fn order_and_names_do_not_hang_on_the_clock() {
    let day = |days: u64| Some(Duration::from_secs(86_400 * days));
    for (what, times) in [
        ("stands still", vec![day(20_000)]),
        ("goes back", (0..60).map(|i| day(20_000 - i * 30)).collect()),
        ("jumps to and fro", (0..60).map(|i| day(if i % 2 == 0 { 20_000 } else { 9 })).collect()),
        ("passes 2038", (0..60).map(|i| day(24_850 + i)).collect()),
        ("passes 2106", (0..60).map(|i| day(49_700 + i)).collect()),
        ("is long before 1970", vec![None]),
        ("is behind the year 9999", vec![day(3_000_000)]),
    ] {
        let dir = fast_dir();
        let path = dir.path().join("s");
        let clock = Jumping::new(&times);
        let mut session = Session::create_with(&path, "s", clock.clone()).unwrap();
        let mut images = Vec::new();
        for _ in 0..3 {
            images.extend(paint(&mut session, 3));
        }
        session.trash(images[..1].to_vec()).unwrap();
        session.undo().unwrap().unwrap();
        let names: std::collections::BTreeSet<_> = images.iter().collect();
        assert_eq!(names.len(), 9, "{what}: a name came twice");
        let before = digest(&session);
        drop(session);
        let session = Session::open_with(&path, Access::Write, clock).unwrap();
        assert_eq!(digest(&session), before, "{what}");
        let order: Vec<_> = session.state().images().iter().map(|image| &image.id).collect();
        assert_eq!(order, images.iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(damage(&session), [""; 0], "{what}");
    }
}
