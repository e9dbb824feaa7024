//! The studio's own thread: it owns the session's files and the queue, and
//! hands the painter one job after another.

use super::commands::{Commands, Message};
use super::current::{Current, STEP, learned};
use super::history::History;
use super::judge::Judge;
use super::measured;
use super::news::{Level, News, Note, Progress};
use super::queue::{JobId, Queue};
use super::scoring::Scoring;
use super::worker::{Outcome, Report, Worker};
use crate::engine::explain::Table;
use crate::engine::{Limits, LoadOptions, Stage};
use crate::imaging::{PictureRecord, encode};
use crate::session::{self, RunEnded, Session, SessionError};
use image::RgbImage;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Where and with what the studio paints.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Device and numbers.
    pub load: LoadOptions,
    /// Memory and chunks.
    pub limits: Limits,
    /// Whether finished sets are judged by themselves.
    pub judging: bool,
}

/// A running studio.
pub struct Studio {
    /// Commands to it.
    pub commands: Commands,
    /// News from it; nothing is dropped.
    pub news: mpsc::UnboundedReceiver<News>,
    /// What is being painted; the latest wins.
    pub progress: watch::Receiver<Option<Progress>>,
    /// Its thread, to be waited for at the end.
    pub thread: JoinHandle<()>,
}

/// Starts the studio's thread over an open session.
///
/// # Errors
/// When a thread cannot be started.
pub fn start(session: Session, settings: Settings) -> std::io::Result<Studio> {
    let (sender, inbox) = channel();
    let (news_sender, news) = mpsc::unbounded_channel();
    let (progress_sender, progress) = watch::channel(None);
    let reports = sender.clone();
    let folder = session.path().to_owned();
    let worker = Worker::start(settings.load, settings.limits, folder, move |report| {
        // The thread that listens outlives the painter.
        let _ = reports.send(Message::Report(report));
    })?;
    let verdicts = sender.clone();
    let judge = Judge::start(move |judged| {
        let _ = verdicts.send(Message::Judged(judged));
    })?;
    let keeper = Keeper {
        session,
        worker,
        judge,
        scoring: Scoring { wanted: settings.judging, ..Scoring::default() },
        news: news_sender,
        progress: progress_sender,
        current: None,
        paused: false,
        ending: false,
        asked: false,
    };
    let thread =
        std::thread::Builder::new().name("studio".into()).spawn(move || keeper.serve(&inbox))?;
    Ok(Studio { commands: Commands(sender), news, progress, thread })
}

/// What lives on the thread.
pub(super) struct Keeper {
    pub(super) session: Session,
    pub(super) worker: Worker,
    pub(super) judge: Judge,
    pub(super) scoring: Scoring,
    pub(super) news: mpsc::UnboundedSender<News>,
    pub(super) progress: watch::Sender<Option<Progress>>,
    pub(super) current: Option<Current>,
    pub(super) paused: bool,
    pub(super) ending: bool,
    /// Whether somebody waits for [`News::Idle`].
    pub(super) asked: bool,
}

impl Keeper {
    fn serve(mut self, inbox: &Receiver<Message>) {
        self.tell_all();
        self.next();
        while let Ok(message) = inbox.recv() {
            match message {
                Message::Command(command) => self.obey(command),
                Message::Report(report) => self.take(report),
                Message::Judged(judged) => self.judged(judged),
            }
            if self.ending && self.current.is_none() {
                break;
            }
            self.judge_next();
            let works = self.current.is_some() || self.scoring.current.is_some();
            if self.asked && !works && self.queue().next().is_none() {
                self.asked = false;
                let _ = self.news.send(News::Idle);
            }
        }
        let _ = self.news.send(News::Ended);
    }

    pub(super) fn queue(&self) -> Queue {
        Queue::of(self.session.state(), self.paused)
    }

    pub(super) fn tell_all(&self) {
        let _ = self.news.send(News::Queue(Arc::new(self.queue())));
        let _ = self.news.send(News::History(Arc::new(History::of(self.session.state()))));
    }

    pub(super) fn say(&self, level: Level, text: impl Into<String>) {
        let _ = self.news.send(News::Note(Note::new(level, text)));
    }

    /// Starts the next job, if none is in hand.
    pub(super) fn next(&mut self) {
        if self.current.is_some() || self.ending || self.session.why_read_only().is_some() {
            return;
        }
        let Some(job) = self.queue().next().cloned() else { return };
        if let Err(error) = self.session.start(job.id) {
            self.say(Level::Bad, explain(&error));
            return;
        }
        let current = Current::new(job.id, job.recipe.clone());
        self.progress.send_replace(Some(current.progress.clone()));
        self.current = Some(current);
        // Who paints is not kept waiting by who judges.
        self.judge.stop();
        self.worker.paint(job.recipe.as_ref().clone());
        self.tell_all();
    }

    fn take(&mut self, report: Report) {
        let Some(current) = &mut self.current else { return };
        match report {
            Report::Loading => current.progress.stage = None,
            Report::Planned(plan, made) => {
                current.progress.steps = plan.chunks.len() * plan.timesteps.len();
                let _ = self.news.send(News::Device(made.device.clone()));
                let known = learned(self.session.state(), &current.recipe, &made.device);
                known.into_iter().for_each(|seconds| current.foresee(seconds));
                (current.plan, current.made) = (Some(plan), Some(made));
            }
            Report::Outlined(outline) => current.outline = Some(outline),
            // The step that follows tells it.
            Report::Seen(seen) => return current.see(&seen),
            Report::Inverted { step, steps, pictures } => current.inverted(step, steps, pictures),
            Report::Stage(stage) => {
                if stage != Stage::Invert {
                    current.progress.references.clear();
                }
                current.progress.stage = Some(stage);
                current.step_began = Instant::now();
            }
            Report::Step { chunk, step, steps } => current.step(chunk, step, steps),
            Report::Preview(panels) => {
                for (panel, picture) in panels {
                    if let Some(slot) = current.progress.previews.get_mut(panel) {
                        *slot = Some(Arc::new(picture));
                    }
                }
            }
            Report::Panel(panel, picture) => return self.keep(panel, &picture),
            Report::Ended(outcome, took) => return self.end(outcome, took),
        }
        self.progress.send_replace(Some(current.progress.clone()));
    }

    /// A finished picture: on disk first, then in the history.
    fn keep(&mut self, panel: usize, picture: &RgbImage) {
        let Some(current) = &mut self.current else { return };
        let mut recipe = current.recipe.as_ref().clone();
        if let Some(made) = &current.made {
            recipe.model.hash = Some(made.model_hash.clone());
            if let Some(control) = &mut recipe.control {
                control.hash.clone_from(&made.net_hash);
            }
        }
        let record = PictureRecord { recipe, panel };
        let stored = encode(picture, Some(&record)).map_err(|e| e.to_string()).and_then(|png| {
            let stored = self.session.store_panel(current.id, panel as u32, &png, None);
            stored.map_err(|e| explain(&e))
        });
        if let Err(error) = stored {
            // What cannot be kept is not worth painting on for.
            self.worker.stop();
            current.lost = Some(error);
        }
        self.tell_all();
    }

    fn end(&mut self, outcome: Outcome, took: Duration) {
        let Some(current) = self.current.take() else { return };
        let (outcome, reason) = match (current.lost, outcome) {
            (Some(lost), _) => (session::Outcome::Failed, Some(lost)),
            (None, Outcome::Done) => (session::Outcome::Done, None),
            (None, Outcome::Stopped) => (session::Outcome::Stopped, None),
            (None, Outcome::Failed(why)) => (session::Outcome::Failed, Some(why)),
        };
        let mut ended = RunEnded::new(current.id, outcome);
        ended.reason.clone_from(&reason);
        ended.timings = BTreeMap::from([("total".to_owned(), took.as_secs_f64())]);
        // A pace that was only expected is none of this run.
        let pace = current.pace.seconds_a_step().filter(|_| current.progress.step > 0);
        ended.timings.extend(pace.map(|seconds| (STEP.to_owned(), seconds)));
        ended.engine = Some(env!("CARGO_PKG_VERSION").to_owned());
        if let Some(made) = current.made {
            (ended.device, ended.model) = (Some(made.device), Some(made.model_hash));
        }
        if let Err(error) = self.session.end(ended) {
            self.say(Level::Bad, explain(&error));
        }
        self.keep_measured(current.id, current.progress.measured.as_deref());
        self.progress.send_replace(None);
        self.tell_all();
        let panels = current.recipe.panels.len();
        match (outcome, reason) {
            (session::Outcome::Done, _) => {
                self.await_judge(current.id);
                self.say(Level::Good, format!("{panels} pictures in {}", super::clock(took)));
            }
            (_, Some(reason)) => {
                self.paused = true;
                self.say(Level::Bad, format!("the queue is paused: {reason}"));
            }
            (_, None) => self.say(Level::Info, "stopped; finished pictures stay"),
        }
        self.next();
    }

    /// What alignment did in a run stays with it, and is told.
    fn keep_measured(&mut self, job: JobId, table: Option<&Table>) {
        let Some(table) = table else { return };
        if let Some(entry) = measured::entry(job, table)
            && let Err(error) = self.session.append(entry)
        {
            self.say(Level::Bad, explain(&error));
        }
        if let Some(whole) = table.whole() {
            let _ = self.news.send(News::Measured { job, shares: whole.shares });
        }
    }
}

pub(super) fn explain(error: &SessionError) -> String {
    match error.hint() {
        "" => error.to_string(),
        hint => format!("{error}; {hint}"),
    }
}
