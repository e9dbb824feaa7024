//! Pictures made ready for the terminal on threads beside the interface.

use super::pictures::{Pictures, Source};
use image::{DynamicImage, RgbImage};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui_image::picker::Picker;
use ratatui_image::protocol::Protocol;
use ratatui_image::{FilterType, Image, Resize};
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
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
    protocol: Option<Protocol>,
}

/// Pictures of the session, ready for the terminal or on their way.
pub struct Store {
    requests: Sender<Request>,
    ready: Receiver<Ready>,
    cache: HashMap<Key, Option<Protocol>>,
    order: VecDeque<Key>,
    asked: HashSet<Key>,
}

impl Store {
    /// Starts the threads. `folder` holds the session's pictures; `wake` is
    /// called when one has become ready.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        picker: Picker,
        folder: PathBuf,
        wake: impl Fn() + Send + Clone + 'static,
    ) -> std::io::Result<Self> {
        let (requests, inbox) = channel::<Request>();
        let (outbox, ready) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..THREADS {
            let (inbox, outbox, picker, folder, wake) =
                (inbox.clone(), outbox.clone(), picker.clone(), folder.clone(), wake.clone());
            std::thread::Builder::new().name("pictures".into()).spawn(move || {
                while let Some(request) = next(&inbox) {
                    let protocol = load(&request.source, &folder)
                        .and_then(|picture| encode(&picker, picture, request.key.size));
                    if outbox.send(Ready { key: request.key, protocol }).is_err() {
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
        })
    }

    /// Forgets every picture, so that all are sent anew.
    pub fn clear(&mut self) {
        self.cache.clear();
        self.order.clear();
        self.asked.clear();
    }

    fn take_ready(&mut self) {
        while let Ok(Ready { key, protocol }) = self.ready.try_recv() {
            self.asked.remove(&key);
            self.order.push_back(key.clone());
            self.cache.insert(key, protocol);
            if self.order.len() > KEPT
                && let Some(oldest) = self.order.pop_front()
            {
                self.cache.remove(&oldest);
            }
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
        if let Some(known) = self.cache.get(&key) {
            let Some(protocol) = known else { return false };
            let size = protocol.size();
            let place = Rect {
                x: area.x + area.width.saturating_sub(size.width) / 2,
                y: area.y + area.height.saturating_sub(size.height) / 2,
                width: size.width.min(area.width),
                height: size.height.min(area.height),
            };
            frame.render_widget(Image::new(protocol), place);
            return true;
        }
        if self.asked.insert(key.clone()) {
            // The threads end only with this store.
            let _ = self.requests.send(Request { key, source: source.clone() });
        }
        false
    }
}

/// A name that is new for each new content.
fn name(source: &Source) -> String {
    match source {
        Source::Stored(image) => image.clone(),
        Source::Difference(a, b) => format!("{a} - {b}"),
        Source::Preview(picture) => format!("preview {:p}", Arc::as_ptr(picture)),
    }
}

fn load(source: &Source, folder: &std::path::Path) -> Option<RgbImage> {
    let stored = |image: &str| {
        let path = folder.join(format!("{image}.png"));
        crate::imaging::decode_file(&path, &crate::imaging::DecodeLimits::default()).ok()
    };
    match source {
        Source::Stored(image) => stored(image),
        Source::Preview(picture) => Some(picture.as_ref().clone()),
        Source::Difference(a, b) => difference(&stored(a)?, &stored(b)?),
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

/// The picture in the terminal's own form, no larger than its cells.
fn encode(picker: &Picker, picture: RgbImage, (width, height): (u16, u16)) -> Option<Protocol> {
    let resize = Resize::Scale(Some(FilterType::Triangle));
    picker.new_protocol(DynamicImage::ImageRgb8(picture), Size { width, height }, resize).ok()
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
