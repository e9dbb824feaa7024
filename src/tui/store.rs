//! Pictures made ready for the terminal on threads beside the interface.

use super::pictures::{Pictures, Source};
use super::placed::Places;
use crate::engine::read_map;
use crate::imaging::{DecodeLimits, decode_file};
use crate::term::screen::{Drawn, Screen};
use image::RgbImage;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui_image::Image;
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures kept ready. A screen shows fewer.
const KEPT: usize = 160;
/// Threads that make pictures ready.
const THREADS: usize = 2;

/// A picture at a size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    size: (u16, u16),
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
                        load(&source, &folders).map(|picture| screen.encode(picture, key.size))
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
            places: Places::default(),
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
    }

    /// The screen was cleared: what is on it has to be placed again.
    pub fn screen_cleared(&mut self) {
        self.places.forget_screen();
    }

    /// Behind the drawing of a frame: what was covered is left out.
    pub fn drawn(&mut self, frame: &mut Frame) {
        self.places.leave_out_covered(frame.buffer_mut());
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

    /// Draws a picture that is ready.
    fn put(&mut self, frame: &mut Frame, area: Rect, key: &Key) -> bool {
        let Some(drawn) = self.cache.get(key).and_then(|ready| ready.drawn.as_ref().ok()?.as_ref())
        else {
            return false;
        };
        let (width, height) = drawn.size();
        let place = Rect {
            x: area.x + area.width.saturating_sub(width) / 2,
            y: area.y + area.height.saturating_sub(height) / 2,
            width: width.min(area.width),
            height: height.min(area.height),
        };
        match drawn {
            Drawn::Widget(protocol) => frame.render_widget(Image::new(protocol), place),
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
        let key = Key { name: name(source), size: (area.width, area.height) };
        if self.cache.contains_key(&key) {
            self.last.insert(area, key.clone());
            return self.put(frame, area, &key);
        }
        if self.asked.insert(key.clone()) {
            // The threads end only with this store.
            let _ = self.requests.send(Request { key, source: source.clone() });
        }
        // A panel in progress shows its last preview until the next is ready.
        let before = self.last.get(&area).filter(|key| key.name.starts_with(PREVIEW)).cloned();
        before.is_some_and(|key| self.put(frame, area, &key))
    }

    fn fault(&self, source: &Source) -> Option<String> {
        let name = name(source);
        let mut known = self.order.iter().rev().filter(|key| key.name == name);
        known.find_map(|key| self.cache.get(key)?.drawn.as_ref().err().cloned())
    }
}

/// How the names of previews begin.
const PREVIEW: &str = "preview";

/// A name that is new for each new content.
fn name(source: &Source) -> String {
    match source {
        Source::Stored(image) => image.clone(),
        Source::Difference(a, b) => format!("{a} - {b}"),
        Source::Preview(picture) => format!("{PREVIEW} {:p}", Arc::as_ptr(picture)),
        Source::File(path) => format!("file {}", path.display()),
        Source::Map(path, map, size) => {
            // Strength and panel change nothing in the map.
            let (kind, thresholds, invert) = (map.kind, map.thresholds, map.invert);
            format!("map {} {kind:?} {thresholds:?} {invert} {size:?}", path.display())
        }
    }
}

fn load(source: &Source, folders: &[PathBuf]) -> Result<RgbImage, String> {
    let file = |path: &Path| {
        decode_file(path, &DecodeLimits::default()).map_err(|error| error.to_string())
    };
    let stored = |image: &str| {
        let name = format!("{image}.png");
        let path = folders.iter().map(|folder| folder.join(&name)).find(|path| path.exists());
        path.map_or_else(|| Err(format!("{name} is gone")), |path| file(&path))
    };
    match source {
        Source::Stored(image) => stored(image),
        Source::Preview(picture) => Ok(picture.as_ref().clone()),
        Source::Difference(a, b) => difference(&stored(a)?, &stored(b)?)
            .ok_or_else(|| "their sizes are different".to_owned()),
        Source::File(path) => file(path),
        Source::Map(path, map, size) => {
            let mapped = read_map(path, map, Some(*size)).map_err(|error| error.to_string())?;
            Ok(mapped.0.map)
        }
    }
}

/// How far two pictures are apart, doubled so that small steps show.
fn difference(a: &RgbImage, b: &RgbImage) -> Option<RgbImage> {
    if a.dimensions() != b.dimensions() {
        return None;
    }
    let apart = |(a, b): (&u8, &u8)| a.abs_diff(*b).saturating_mul(2);
    let bytes = a.as_raw().iter().zip(b.as_raw()).map(apart).collect();
    RgbImage::from_raw(a.width(), a.height(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_black_where_nothing_differs() {
        let a = RgbImage::from_pixel(2, 2, image::Rgb([10, 20, 30]));
        let mut b = a.clone();
        b.put_pixel(1, 1, image::Rgb([20, 20, 255]));
        let apart = difference(&a, &b).unwrap();
        assert_eq!(apart.get_pixel(0, 0).0, [0, 0, 0]);
        assert_eq!(apart.get_pixel(1, 1).0, [20, 0, 255]);
        assert!(difference(&a, &RgbImage::new(3, 2)).is_none());
    }
}
