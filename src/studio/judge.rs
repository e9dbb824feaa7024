//! The thread that looks at finished sets while nothing is painted.

use crate::engine::{DeviceChoice, EngineError, read_picture};
use crate::metrics::{Judges, Panel, PanelScores, Reference, SetScores};
use crate::prompt::weighted;
use crate::recipe::{Anchor, Recipe};
use crate::session::{ImageId, ImageScored, RunId, RunScored};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A set to look at.
pub(super) struct Order {
    /// The run.
    pub run: RunId,
    /// How it was painted.
    pub recipe: Arc<Recipe>,
    /// Its pictures: the panel, the name, the file.
    pub pictures: Vec<(usize, ImageId, PathBuf)>,
    /// Where pictures are that the recipe names without a whole path.
    pub folder: PathBuf,
}

/// What became of it.
#[derive(Debug)]
pub enum Judged {
    /// The numbers.
    Scored(Box<RunScored>),
    /// Something was painted instead; the set waits.
    BrokenOff(RunId),
    /// It cannot be judged, for this reason.
    Failed(RunId, String),
}

/// The judge's handle.
pub(super) struct Judge {
    orders: Option<Sender<Order>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Judge {
    /// Starts the thread; the judges are loaded for the first set.
    pub fn start(report: impl Fn(Judged) + Send + 'static) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let thread = std::thread::Builder::new()
            .name("judge".into())
            .spawn(move || serve(&inbox, &asked, &report))?;
        Ok(Self { orders: Some(orders), stop, thread: Some(thread) })
    }

    /// Looks at a set. One at a time: the next only behind the last's report.
    pub fn look(&self, order: Order) {
        self.stop.store(false, Ordering::Relaxed);
        if let Some(orders) = &self.orders {
            // The thread ends only when this sender is gone.
            let _ = orders.send(order);
        }
    }

    /// Breaks off within one picture.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.stop();
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(inbox: &Receiver<Order>, stop: &AtomicBool, report: &dyn Fn(Judged)) {
    let mut judges = None;
    while let Ok(order) = inbox.recv() {
        // A fault of ours costs the numbers of one set.
        let looked = catch_unwind(AssertUnwindSafe(|| look(&mut judges, &order, stop)));
        report(match looked {
            Ok(Ok(Some(scores))) => {
                let images = order.pictures.into_iter().map(|(_, image, _)| image).collect();
                Judged::Scored(Box::new(scored(order.run, images, &scores)))
            }
            Ok(Ok(None)) => Judged::BrokenOff(order.run),
            Ok(Err(error)) => Judged::Failed(order.run, error.to_string()),
            Err(_) => Judged::Failed(order.run, "the judge failed; the log has more".into()),
        });
    }
}

/// Looks at each picture once; `None` when it was asked to stop.
fn look(
    judges: &mut Option<Judges>,
    order: &Order,
    stop: &AtomicBool,
) -> Result<Option<SetScores>, EngineError> {
    let stopped = || stop.load(Ordering::Relaxed);
    if judges.is_none() && !stopped() {
        let (clip, style) = Judges::shipped()?;
        *judges = Some(Judges::load(&clip, &style, &DeviceChoice::Cpu.open()?)?);
    }
    let Some(judges) = judges else { return Ok(None) };
    let recipe = &order.recipe;
    let first = order.pictures.first().is_some_and(|(panel, ..)| *panel == 0);
    let mut looking = judges.begin(recipe.anchor == Anchor::FirstPanel && first);
    for (panel, _, path) in &order.pictures {
        if stopped() {
            return Ok(None);
        }
        let (picture, _) = read_picture(path)?;
        let texts = recipe.panels.get(*panel).map(|told| {
            // Weights and their brackets are for the painter alone.
            let plain = |text: &str| weighted(text).map_or(text.to_owned(), |read| read.text);
            (plain(&told.subject), plain(&recipe.prompt(told)))
        });
        let texts = texts.as_ref().map(|(subject, prompt)| (subject.as_str(), prompt.as_str()));
        looking.panel(&Panel { picture: &picture, texts })?;
    }
    for reference in recipe.anchor.references() {
        if stopped() {
            return Ok(None);
        }
        // One that has changed since says nothing about the set.
        let read = read_picture(&order.folder.join(&reference.picture)).ok();
        let Some((picture, _)) = read.filter(|(_, hash)| *hash == reference.hash) else {
            continue;
        };
        let caption = Some(reference.caption.as_str());
        looking.reference(&Reference { picture: &picture, caption, weight: reference.weight })?;
    }
    Ok(Some(looking.scores()))
}

/// The entry of a history: numbers by the names of `predella metrics`, and who judged.
pub fn scored(run: RunId, images: Vec<ImageId>, scores: &SetScores) -> RunScored {
    let means = [
        ("object", scores.object),
        ("prompt", scores.prompt),
        ("set", scores.set),
        ("reference", scores.reference),
        ("leakage", scores.leakage),
        ("diversity", scores.diversity),
    ];
    RunScored {
        run,
        judges: [("clip", &scores.clip.name), ("style", &scores.style.name)]
            .map(|(what, name)| (what.to_owned(), name.clone()))
            .into(),
        set: named(means.map(|(name, measure)| (name, measure.map(|m| m.mean)))),
        outlier: scores.outlier.and_then(|at| images.get(at).cloned()),
        images: images
            .into_iter()
            .zip(&scores.panels)
            .map(|(image, panel)| ImageScored { image, scores: of_panel(panel) })
            .collect(),
    }
}

fn of_panel(panel: &PanelScores) -> BTreeMap<String, f64> {
    named([
        ("object", panel.object),
        ("prompt", panel.prompt),
        ("set", panel.set),
        ("reference", panel.reference),
        ("leakage", panel.leakage),
    ])
}

/// Those that there are, rounded to what can be told apart.
fn named<const N: usize>(values: [(&str, Option<f64>); N]) -> BTreeMap<String, f64> {
    let round = |value: f64| (value * 1e4).round() / 1e4;
    let kept = values.into_iter().filter_map(|(name, v)| Some((name.to_owned(), round(v?))));
    kept.collect()
}
