//! Pictures on the screen: who can draw one where.

use crate::recipe::{ControlMap, Size};
use image::RgbImage;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::path::PathBuf;
use std::sync::Arc;

/// Which picture.
#[derive(Debug, Clone)]
pub enum Source {
    /// A picture of the session by its name.
    Stored(String),
    /// The difference of two pictures of the session.
    Difference(String, String),
    /// A panel in progress.
    Preview(Arc<RgbImage>),
    /// A picture file.
    File(PathBuf),
    /// The control map that a picture file gives at a size.
    Map(PathBuf, Box<ControlMap>, Size),
}

/// Draws pictures into cells. What is not ready yet is prepared elsewhere and
/// drawn on a later frame; drawing never waits.
pub trait Pictures {
    /// Draws a picture into an area, or as much of it as there is; whether
    /// something was drawn.
    fn draw(&mut self, frame: &mut Frame, area: Rect, source: &Source) -> bool;

    /// Why a picture cannot be drawn, once that is known.
    fn fault(&self, _source: &Source) -> Option<String> {
        None
    }
}

/// No pictures at all: for terminals without, and for tests of the frame.
pub struct NoPictures;

impl Pictures for NoPictures {
    fn draw(&mut self, _frame: &mut Frame, _area: Rect, _source: &Source) -> bool {
        false
    }
}
