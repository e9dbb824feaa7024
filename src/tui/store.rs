//! Pictures made ready for the terminal on threads beside the interface.

use super::gate::Gate;
use super::loading::{PREVIEW, load, name};
use super::pictures::{Pictures, Source};
use super::placed::Places;
use crate::term::screen::{Drawn, Screen};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui_image::Image;
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures kept ready. A screen shows fewer.
const KEPT: usize = 160;
/// Bytes that place a picture again, about.
const SENT: usize = 400;
/// Threads that make pictures ready.
const THREADS: usize = 2;

/// A picture at a size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    size: (u16, u16),
    /// For a first look.
    rough: bool,
}

/// What a thread is asked for.
struct Request {
    key: Key,
    source: Source,
}

/// What it gives back.
struct Ready {
    key: Key,
    /// Kept with the picture: a preview is known by its place in memory.
    _source: Source,
    drawn: Result<Option<Drawn>, String>,
}

/// Pictures of the session, ready for the terminal or on their way.
pub struct Store {
    requests: Sender<Request>,
    ready: Receiver<Ready>,
    cache: HashMap<Key, Ready>,
    order: VecDeque<Key>,
    asked: HashSet<Key>,
    /// What each place showed last, for as long as the next is on its way.
    last: HashMap<Rect, Key>,
    places: Places,
    gate: Gate<Key>,
    /// Whether rough pictures come first.
    refines: bool,
    /// What deletes pictures that are kept no longer.
    dropped: String,
}

impl Store {
    /// Starts the threads. `folders` hold the pictures; `wake` is called when
    /// one has become ready.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        screen: Screen,
        rate: Option<u32>,
        folders: Vec<PathBuf>,
        wake: impl Fn() + Send + Clone + 'static,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = channel::<Request>();
        let (outbox, ready) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..THREADS {
            let (inbox, outbox, folders, wake) =
                (inbox.clone(), outbox.clone(), folders.clone(), wake.clone());
            std::thread::Builder::new().name("pictures".into()).spawn(move || {
                while let Some(Request { key, source }) = next(&inbox) {
                    // A picture that breaks its decoder is not shown; others are.
                    let drawn = catch_unwind(AssertUnwindSafe(|| {
                        crate::util::fault::trip("pictures");
                        load(&source, &folders)
                            .map(|picture| screen.encode(picture, key.size, key.rough))
                    }));
                    let drawn = drawn.unwrap_or(Ok(None));
                    if outbox.send(Ready { key, _source: source, drawn }).is_err() {
                        return;
                    }
                    wake();
                }
            })?;
        }
        Ok(Self {
            requests,
            ready,
            cache: HashMap::new(),
            order: VecDeque::new(),
            asked: HashSet::new(),
            last: HashMap::new(),
            places: Places::new(screen.hold()),
            gate: Gate::new(rate),
            refines: screen.refines(),
            dropped: String::new(),
        })
    }

    /// Forgets every picture, so that all are sent anew.
    pub fn clear(&mut self) {
        let kept = self.cache.drain().filter_map(|(_, ready)| ready.id());
        self.dropped += &self.places.delete(kept);
        self.order.clear();
        self.asked.clear();
        self.last.clear();
        self.gate.forget();
    }

    /// Whether a picture waits until its bytes may be sent.
    pub fn waits(&self) -> bool {
        self.gate.waits()
    }

    /// The screen was cleared: what is on it has to be placed again.
    pub fn screen_cleared(&mut self) {
        self.places.forget_screen();
        self.gate.forget();
    }

    /// Behind the drawing of a frame: what was covered is left out.
    pub fn drawn(&mut self, frame: &mut Frame) {
        self.places.leave_out_covered(frame.buffer_mut());
        self.gate.turn();
    }

    /// What brings placed pictures in line with the last frame, to be written
    /// behind it.
    pub fn settle(&mut self) -> String {
        std::mem::take(&mut self.dropped) + &self.places.settle()
    }

    fn take_ready(&mut self) {
        while let Ok(ready) = self.ready.try_recv() {
            self.asked.remove(&ready.key);
            self.order.push_back(ready.key.clone());
            self.cache.insert(ready.key.clone(), ready);
            if self.order.len() > KEPT
                && let Some(oldest) = self.order.pop_front()
            {
                let id = self.cache.remove(&oldest).and_then(|ready| ready.id());
                self.dropped += &self.places.delete(id);
            }
        }
    }

    /// Has a picture made ready, once.
    fn ask(&mut self, key: Key, source: &Source) {
        if !self.cache.contains_key(&key) && self.asked.insert(key.clone()) {
            // The threads end only with this store.
            let _ = self.requests.send(Request { key, source: source.clone() });
        }
    }

    /// Draws a picture, or has it made ready. A panel in progress shows its last
    /// preview until the next may be drawn.
    fn show(&mut self, frame: &mut Frame, area: Rect, key: Key, source: &Source) -> bool {
        if self.put(frame, area, &key) {
            self.last.insert(area, key);
            return true;
        }
        self.ask(key, source);
        let before = self.last.get(&area).filter(|key| key.name.starts_with(PREVIEW)).cloned();
        before.is_some_and(|key| self.put(frame, area, &key))
    }

    /// Draws a picture that is ready, if it may be sent.
    fn put(&mut self, frame: &mut Frame, area: Rect, key: &Key) -> bool {
        let Some(drawn) = self.cache.get(key).and_then(|ready| ready.drawn.as_ref().ok()?.as_ref())
        else {
            return false;
        };
        let is_sent = matches!(drawn, Drawn::Placed(placed) if self.places.has(placed.id));
        let bytes = if is_sent { SENT } else { drawn.bytes() };
        if !self.gate.passes(area, key, bytes) {
            return false;
        }
        let (width, height) = drawn.size();
        let place = Rect {
            x: area.x + area.width.saturating_sub(width) / 2,
            y: area.y + area.height.saturating_sub(height) / 2,
            width: width.min(area.width),
            height: height.min(area.height),
        };
        match drawn {
            Drawn::Widget(protocol) => {
                frame.render_widget(Image::new(protocol), place);
                self.places.painted(frame.buffer_mut(), place);
            }
            Drawn::Placed(placed) => self.places.want(frame.buffer_mut(), place, placed),
        }
        true
    }
}

impl Ready {
    /// Its number in the terminal, where it has one.
    fn id(&self) -> Option<u32> {
        match &self.drawn {
            Ok(Some(Drawn::Placed(placed))) => Some(placed.id),
            _ => None,
        }
    }
}

fn next(inbox: &Mutex<Receiver<Request>>) -> Option<Request> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Pictures for Store {
    fn draw(&mut self, frame: &mut Frame, area: Rect, source: &Source) -> bool {
        self.take_ready();
        let name = name(source);
        let is_preview = name.starts_with(PREVIEW);
        let fine = Key { name, size: (area.width, area.height), rough: false };
        let rough = Key { rough: true, ..fine.clone() };
        if !self.refines {
            return self.show(frame, area, fine, source);
        }
        if is_preview {
            return self.show(frame, area, rough, source);
        }
        if self.put(frame, area, &fine) {
            return true;
        }
        // A first look at all of them, then each as it is.
        let shown = self.show(frame, area, rough, source);
        if shown && !self.gate.waits() {
            self.ask(fine, source);
        }
        shown
    }

    fn fault(&self, source: &Source) -> Option<String> {
        let name = name(source);
        let mut known = self.order.iter().rev().filter(|key| key.name == name);
        known.find_map(|key| self.cache.get(key)?.drawn.as_ref().err().cloned())
    }
}
