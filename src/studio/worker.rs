//! The one thread that owns the model and every tensor.

use crate::engine::explain::{Outline, Seen, Watcher};
use crate::engine::invert::Shelf;
use crate::engine::pass::Watch;
use crate::engine::{EngineError, Event, Inputs, Limits, LoadOptions, Pipeline, Plan, Stage};
use crate::models::{Hub, ModelFolder, ModelSource};
use crate::recipe::Recipe;
use image::RgbImage;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Steps between two previews.
const PREVIEW_EVERY: usize = 2;

/// What the worker reports of the job it was given.
#[derive(Debug)]
pub enum Report {
    /// The model is being read.
    Loading,
    /// How the job will be painted, and how.
    Planned(Box<Plan>, Made),
    /// The steps and blocks of the job.
    Outlined(Box<Outline>),
    /// What alignment did in the steps since the last time.
    Seen(Vec<Seen>),
    /// A stage begins.
    Stage(Stage),
    /// A step of the references' way to noise is finished.
    Inverted {
        /// Steps finished.
        step: usize,
        /// Steps of the way.
        steps: usize,
        /// How they look there, in steps that are shown.
        pictures: Vec<RgbImage>,
    },
    /// A step is finished.
    Step {
        /// The chunk, from 0.
        chunk: usize,
        /// Steps finished.
        step: usize,
        /// Steps of the chunk.
        steps: usize,
    },
    /// Small pictures of panels in progress.
    Preview(Vec<(usize, RgbImage)>),
    /// A panel is finished.
    Panel(usize, RgbImage),
    /// The job has ended.
    Ended(Outcome, Duration),
}

/// With what a run was painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The device.
    pub device: String,
    /// Hash of the model's files.
    pub model_hash: String,
    /// Hash of the control net's files, where one steers.
    pub net_hash: Option<String>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every panel is painted.
    Done,
    /// Stopped on request.
    Stopped,
    /// Failed, with the reason and, where there is one, what to do.
    Failed(String),
}

/// The worker's handle.
pub struct Worker {
    orders: Option<Sender<Recipe>>,
    stop: Arc<AtomicBool>,
    watches: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. Pictures that recipes name without a whole path are
    /// in `folder`. `report` is called on the thread, for every job, until
    /// [`Report::Ended`].
    pub fn start(
        options: LoadOptions,
        limits: Limits,
        folder: PathBuf,
        report: impl Fn(Report) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let watches = Arc::new(AtomicBool::new(false));
        let shared = (stop.clone(), watches.clone());
        let painter =
            Painter { options, limits, folder, stop: shared.0, watches: shared.1, model: None };
        let thread = std::thread::Builder::new()
            .name("painter".into())
            .spawn(move || painter.serve(&inbox, &report))?;
        Ok(Self { orders: Some(orders), stop, watches, thread: Some(thread) })
    }

    /// Paints a recipe. One at a time: the next only behind the last's end.
    pub fn paint(&self, recipe: Recipe) {
        self.stop.store(false, Ordering::Relaxed);
        if let Some(orders) = &self.orders {
            // The thread ends only when this sender is gone.
            let _ = orders.send(recipe);
        }
    }

    /// Measures what alignment does from the next step on, or no longer.
    pub fn watch(&self, on: bool) {
        self.watches.store(on, Ordering::Relaxed);
    }

    /// Stops the job in hand within one step.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What lives on the thread.
struct Painter {
    options: LoadOptions,
    limits: Limits,
    folder: PathBuf,
    stop: Arc<AtomicBool>,
    watches: Arc<AtomicBool>,
    model: Option<Loaded>,
}

/// A model kept from job to job.
struct Loaded {
    name: String,
    folder: ModelFolder,
    pipeline: Pipeline,
    made: Made,
}

impl Painter {
    fn serve(mut self, inbox: &Receiver<Recipe>, report: &dyn Fn(Report)) {
        while let Ok(recipe) = inbox.recv() {
            let started = Instant::now();
            // A fault of ours fails one job; the studio goes on.
            let outcome = catch_unwind(AssertUnwindSafe(|| self.paint(&recipe, report)));
            let outcome = match outcome {
                Ok(Ok(())) => Outcome::Done,
                Ok(Err(EngineError::Stopped)) => Outcome::Stopped,
                Ok(Err(error)) => Outcome::Failed(explain(&error)),
                Err(_) => {
                    self.model = None;
                    Outcome::Failed(
                        "the engine failed in a way that it should not; the log has more".into(),
                    )
                }
            };
            report(Report::Ended(outcome, started.elapsed()));
        }
    }

    fn paint(&mut self, recipe: &Recipe, report: &dyn Fn(Report)) -> Result<(), EngineError> {
        crate::util::fault::trip("painter");
        recipe.check()?;
        let (stop, watches) = (self.stop.clone(), self.watches.clone());
        let (options, limits) = (self.options, self.limits);
        // What is wrong with a picture is told before a model is read for it.
        let inputs = Inputs::load(recipe, &self.folder)?;
        let model = self.model(&recipe.model.name, report)?;
        let plan = Plan::new(&model.folder, recipe, &options, &limits)?;
        let net_hash = plan.control.as_ref().map(|net| net.hash()).transpose()?;
        let made = Made { net_hash, ..model.made.clone() };
        report(Report::Planned(Box::new(plan.clone()), made));
        let outline = Outline::of(&model.folder, recipe)?;
        let sample = (plan.references > 0).then(|| outline.sample()).flatten();
        let asked = move |step| watches.load(Ordering::Relaxed) || Some(step) == sample;
        let watcher = Watcher::new(plan.references, asked);
        report(Report::Outlined(Box::new(outline)));
        let mut on_event = |event| {
            report(match event {
                Event::Stage(stage) => Report::Stage(stage),
                Event::Step { chunk, step, steps } => {
                    tell(&watcher, report);
                    Report::Step { chunk, step, steps }
                }
                Event::Inverted { step, steps, pictures } => {
                    Report::Inverted { step, steps, pictures }
                }
                Event::Preview { panels } => Report::Preview(panels),
                Event::Panel { index, picture } => Report::Panel(index, picture),
            });
        };
        let watch = plan.aligned.then_some(&watcher as &dyn Watch);
        model.pipeline.paint_watched(recipe, &plan, &inputs, &stop, watch, &mut on_event)
    }

    /// The model of this name, loaded once.
    fn model(&mut self, name: &str, report: &dyn Fn(Report)) -> Result<&Loaded, EngineError> {
        if self.model.as_ref().is_none_or(|model| model.name != name) {
            report(Report::Loading);
            // The old one goes first, so that two never share the memory.
            self.model = None;
            let folder = open_model(name)?;
            let mut pipeline = Pipeline::load(&folder, &self.options)?;
            if let Some(every) = NonZeroUsize::new(PREVIEW_EVERY) {
                pipeline.show_previews(every)?;
            }
            if let Some(shelf) = Shelf::of_user(&folder.hash()?) {
                pipeline.keep_inversions(shelf);
            }
            let made =
                Made { device: pipeline.device_name(), model_hash: folder.hash()?, net_hash: None };
            self.model = Some(Loaded { name: name.to_owned(), folder, pipeline, made });
        }
        self.model.as_ref().ok_or(EngineError::Stopped)
    }
}

/// Reports what was seen; what could not be measured costs no picture.
fn tell(watcher: &Watcher, report: &dyn Fn(Report)) {
    match watcher.take() {
        Ok(seen) if seen.is_empty() => {}
        Ok(seen) => report(Report::Seen(seen)),
        Err(error) => tracing::warn!("alignment could not be measured: {error}"),
    }
}

/// A model on this machine; nothing is downloaded by the way.
///
/// # Errors
/// When there is none of this name, or its files are damaged.
pub fn open_model(name: &str) -> Result<ModelFolder, EngineError> {
    match ModelSource::resolve(name)? {
        ModelSource::Embedded => Ok(ModelFolder::embedded()?),
        ModelSource::Folder(path) => Ok(ModelFolder::open(&path)?),
        ModelSource::Hub(repo) => {
            let hub = Hub::from_env().map_err(crate::models::ModelError::from)?;
            hub.open_cached(&repo, None)?.ok_or_else(|| {
                let text = format!(
                    "{name} is not on this machine; predella models pull {name} downloads it"
                );
                EngineError::Unfit(text)
            })
        }
    }
}

fn explain(error: &EngineError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}
