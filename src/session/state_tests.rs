use std::time::UNIX_EPOCH;

use super::super::event::*;
use super::super::frozen::{Foreign, Frozen};
use super::super::ids::ImageId;
use super::super::measured::{BlockMeasured, RunMeasured};
use super::super::queued::*;
use super::super::run::Place;
use super::super::samples::sample;
use super::super::scores::{ImageScored, RunScored};
use super::super::stamp::Stamp;
use super::*;
use crate::recipe::MAX_PANELS;

/// A session's history in the making; entries are numbered from 1.
#[derive(Default)]
struct Tale {
    entries: Vec<Entry>,
    state: State,
}

impl Tale {
    /// Adds an event, whether it fits or not; gives its number.
    fn tell(&mut self, event: impl Into<Event>) -> Seq {
        let seq = Seq(self.entries.len() as u64 + 1);
        let entry = Entry { seq, at: Stamp::new(UNIX_EPOCH), event: event.into() };
        self.state.apply(&entry);
        self.entries.push(entry);
        seq
    }

    /// A run with two pictures.
    fn painted() -> (Self, RunId, [ImageId; 2]) {
        let mut tale = Self::default();
        tale.tell(Created { version: 1, name: "tale".into(), program: "0".into() });
        let run =
            RunId(tale.tell(RunQueued { parent: None, row: None, recipe: sample().into() }).0);
        tale.tell(RunStarted { run, attempt: 1 });
        let images = [0, 1].map(|panel| {
            let done = done(run, panel);
            tale.tell(done.clone());
            done.image
        });
        (tale, run, images)
    }

    fn reasons(&self) -> Vec<String> {
        self.state.misfits().iter().map(|(_, misfit)| misfit.to_string()).collect()
    }
}

fn done(run: RunId, panel: u32) -> PanelDone {
    let sha256 = format!("{panel:02x}").repeat(32);
    let image = ImageId::of(run, panel, &sha256, 8).unwrap();
    PanelDone { run, panel, image, sha256, bytes: 9, seconds: None }
}

#[test]
fn entries_one_by_one_come_to_the_same_as_all_at_once() {
    let (mut tale, run, images) = Tale::painted();
    tale.tell(Trashed { images: images.to_vec() });
    tale.tell(RunEnded::new(run, Outcome::Done));
    tale.tell(Undone { entry: Seq(6) });
    assert_eq!(State::fold(&tale.entries), tale.state);
    assert_eq!(tale.reasons(), [""; 0]);
    assert!(tale.state.is_undone(Seq(6)));
    assert_eq!((tale.state.undoable(), tale.state.redoable()), (None, Some(Seq(6))));
}

#[test]
fn what_does_not_fit_changes_nothing_and_says_why() {
    let (mut tale, run, images) = Tale::painted();
    let before = tale.state.clone();
    let two = vec![images[0].clone(); 2];
    let other = PanelDone { sha256: "f".repeat(64), ..done(run, 0) };
    for (event, words) in [
        (RunStarted { run: RunId(9), attempt: 1 }.into(), "no run 9"),
        (done(run, 2).into(), "no panel 3"),
        (other.into(), "there is a picture"),
        (PanelFailed { run, panel: 0, reason: String::new() }.into(), "painted already"),
        (Trashed { images: two }.into(), "twice"),
        (Restored { images: images.to_vec() }.into(), "among the pictures"),
        (Purged { images: images.to_vec() }.into(), "among the pictures"),
        (Renamed { name: " ".into() }.into(), "1 to 1000 bytes"),
        (Renamed { name: "x".repeat(1001) }.into(), "1 to 1000 bytes"),
        (Undone { entry: Seq(3) }.into(), "not the next"),
        (Redone { entry: Seq(3) }.into(), "not the next"),
        (QueueOrdered { runs: vec![run] }.into(), "runs that wait"),
        (Created { version: 1, name: "x".into(), program: "0".into() }.into(), "made already"),
    ] {
        let event: Event = event;
        let misfit = tale.state.admit(&event).unwrap_err();
        assert!(misfit.to_string().contains(words), "{misfit} does not say {words:?}");
        tale.tell(event);
    }
    assert_eq!(tale.reasons().len(), 13);
    let State { misfits, last, .. } = before.clone();
    assert_eq!(State { misfits, last, ..tale.state }, before);
}

#[test]
fn an_entry_that_was_damaged_does_not_take_others_along() {
    let (tale, run, images) = Tale::painted();
    // Without the start of the run.
    let without: Vec<_> = tale.entries.iter().filter(|entry| entry.seq != Seq(3)).collect();
    let state = State::fold(without);
    assert_eq!((state.misfits(), state.images_of(run).count()), (&[][..], 2));
    // Without one picture: its panel can be painted again.
    let without: Vec<_> = tale.entries.iter().filter(|entry| entry.seq != Seq(4)).collect();
    let state = State::fold(without);
    assert_eq!((state.misfits(), state.images().len()), (&[][..], 1));
    assert!(state.image(&images[0]).is_none());
    assert_eq!(state.admit(&done(run, 0).into()), Ok(()));
}

#[test]
fn a_lost_picture_can_be_found_or_painted_again() {
    let (mut tale, run, images) = Tale::painted();
    tale.tell(Marked { images: images.to_vec(), star: Some(true), ..Marked::default() });
    tale.tell(Lost { images: images.to_vec() });
    tale.tell(done(run, 0));
    let again = PanelDone { sha256: "f".repeat(64), ..done(run, 1) };
    let again = PanelDone { image: ImageId::new("000002-01-ffffffff").unwrap(), ..again };
    tale.tell(again.clone());
    assert_eq!(tale.reasons(), [""; 0]);
    let [found, lost, new] = tale.state.images() else { panic!() };
    assert_eq!((found.place, found.marks.star), (Place::Shown, true));
    assert_eq!((lost.place, new.place, new.marks.star), (Place::Lost, Place::Shown, false));
    let panels = &tale.state.run(run).unwrap().panels;
    assert_eq!(panels[1], PanelState::Done(again.image));
}

#[test]
fn the_queue_keeps_its_order_through_everything() {
    let mut tale = Tale::default();
    let queue = |tale: &mut Tale| {
        RunId(tale.tell(RunQueued { parent: None, row: None, recipe: sample().into() }).0)
    };
    let [a, b, c] = [(); 3].map(|()| queue(&mut tale));
    let order = |tale: &Tale| tale.state.queue().collect::<Vec<_>>();
    tale.tell(QueueOrdered { runs: vec![c, a, b] });
    tale.tell(RunStarted { run: a, attempt: 1 });
    let d = queue(&mut tale);
    assert_eq!(order(&tale), [c, b, d]);
    tale.tell(RunReleased { run: a });
    assert_eq!(order(&tale), [a, c, b, d]);
    tale.tell(RunHeld { run: c, reason: "x".into() });
    tale.tell(RunReleased { run: c });
    assert_eq!(order(&tale), [c, a, b, d]);
    tale.tell(RunEnded::new(b, Outcome::Withdrawn));
    assert_eq!(order(&tale), [c, a, d]);
    assert_eq!(tale.reasons(), [""; 0]);
}

#[test]
fn a_change_that_changes_nothing_is_no_step() {
    let (mut tale, _, images) = Tale::painted();
    let star = |star| Marked { images: images.to_vec(), star: Some(star), ..Marked::default() };
    let first = tale.tell(star(true));
    tale.tell(Undone { entry: first });
    tale.tell(star(false));
    tale.tell(Renamed { name: "tale".into() });
    // Neither can be undone, nor do they end what can be done again.
    assert_eq!((tale.state.undoable(), tale.state.redoable()), (None, Some(first)));
}

#[test]
fn undoing_for_ever_comes_to_an_end() {
    let (mut tale, ..) = Tale::painted();
    let renamed = tale.tell(Renamed { name: "other".into() });
    tale.state.work = MAX_WORK + 1;
    assert_eq!(tale.state.admit(&Undone { entry: renamed }.into()), Err(Misfit::TooMuch));
}

#[test]
fn a_strange_recipe_takes_no_more_room_than_a_set() {
    let error = crate::recipe::yaml::from_str::<u8>("x").unwrap_err();
    let foreign = Foreign { text: String::new(), error, panels: usize::MAX };
    let recipe = Frozen::Foreign(std::sync::Arc::new(foreign));
    let mut tale = Tale::default();
    let run = RunId(tale.tell(RunQueued { parent: None, row: None, recipe }).0);
    assert_eq!(tale.state.run(run).unwrap().panels.len(), MAX_PANELS);
}

#[test]
fn scores_are_of_a_run_and_the_last_count() {
    let (mut tale, run, [first, second]) = Tale::painted();
    let scored = |image: &ImageId, number: f64| RunScored {
        run,
        judges: [("clip".to_owned(), "judge-clip".to_owned())].into(),
        set: BTreeMap::new(),
        images: vec![ImageScored {
            image: image.clone(),
            scores: [("object".to_owned(), number)].into(),
        }],
        outlier: None,
    };
    tale.tell(scored(&first, 0.25));
    tale.tell(scored(&second, 0.5));
    let kept = tale.state.run(run).unwrap().scores.clone().unwrap();
    assert_eq!((kept.of(&first), kept.of(&second).unwrap()["object"]), (None, 0.5));
    assert_eq!(tale.state.undoable(), None, "scores are no step that people made");
    tale.tell(scored(&ImageId::new("7").unwrap(), 0.5));
    tale.tell(scored(&first, f64::NAN));
    tale.tell(RunScored { run: RunId(99), ..scored(&first, 0.5) });
    assert_eq!(
        tale.reasons(),
        ["there is no picture 7", "these are no scores", "there is no run 99"]
    );
    assert_eq!(tale.state.run(run).unwrap().scores, Some(kept));
}

#[test]
fn what_was_measured_is_of_a_run_and_numbers() {
    let (mut tale, run, _) = Tale::painted();
    let measured = |shares: &str, mean: f64| RunMeasured {
        run,
        blocks: vec![BlockMeasured {
            name: "mid_block.attentions.0".into(),
            count: 12,
            shares: vec![shares.into()],
            before: [mean, 1.0, 0.0, 1.0, 0.0, 1.0],
            behind: [0.0; 6],
        }],
    };
    tale.tell(measured("500 - 1000", 0.5));
    let kept = tale.state.run(run).unwrap().measured.clone().unwrap();
    assert_eq!(kept.blocks[0].steps(0), Some(vec![Some(0.5), None, Some(1.0)]));
    assert_eq!(kept.blocks[0].steps(1), None);
    let text = BlockMeasured::text([Some(0.5), None, Some(1.2)].into_iter());
    assert_eq!(text, kept.blocks[0].shares[0]);
    tale.tell(measured("500 x", 0.5));
    tale.tell(measured("500", f64::INFINITY));
    tale.tell(RunMeasured { run: RunId(99), ..measured("500", 0.5) });
    let wrong = "this was not measured";
    assert_eq!(tale.reasons(), [wrong, wrong, "there is no run 99"]);
    assert_eq!(tale.state.run(run).unwrap().measured, Some(kept));
    assert_eq!(tale.state.undoable(), None);
}
