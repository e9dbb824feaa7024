//! Changes that can be turned round.
//!
//! What people do to pictures and names is kept as steps, each with what was
//! before and what came after. Undoing is an entry of the history like any
//! other, so the stacks are the same after a restart.

use super::ids::Seq;
use super::run::{Image, Marks, Place};

/// What one entry changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub seq: Seq,
    pub moves: Vec<Move>,
}

/// One change, with both of its ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Move {
    /// Of a picture's marks; pictures go by their place in the list.
    Marks { image: usize, from: Marks, to: Marks },
    /// Of the place of a picture's file.
    Place { image: usize, from: Place, to: Place },
    /// Of the session's name.
    Name { from: String, to: String },
}

/// Which way a step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Forth,
    Back,
}

impl Move {
    /// Makes the change, or takes it back. A file that is gone stays gone.
    pub fn make(&self, way: Way, name: &mut String, images: &mut [Image]) {
        fn end<'a, T>(way: Way, from: &'a T, to: &'a T) -> &'a T {
            if way == Way::Forth { to } else { from }
        }
        match self {
            Self::Name { from, to } => name.clone_from(end(way, from, to)),
            Self::Marks { image, from, to } => {
                if let Some(image) = images.get_mut(*image) {
                    image.marks.clone_from(end(way, from, to));
                }
            }
            Self::Place { image, from, to } => {
                if let Some(image) = images.get_mut(*image).filter(|i| i.place.has_file()) {
                    image.place = *end(way, from, to);
                }
            }
        }
    }

    /// Whether making it still changes anything that can be seen.
    fn is_live(&self, images: &[Image]) -> bool {
        match self {
            Self::Name { .. } => true,
            Self::Marks { image, .. } | Self::Place { image, .. } => {
                images.get(*image).is_some_and(|image| image.place.has_file())
            }
        }
    }

    /// Whether both ends are the same.
    pub fn is_idle(&self) -> bool {
        match self {
            Self::Name { from, to } => from == to,
            Self::Marks { from, to, .. } => from == to,
            Self::Place { from, to, .. } => from == to,
        }
    }
}

impl Step {
    /// Whether there is anything left to turn round.
    pub fn is_live(&self, images: &[Image]) -> bool {
        self.moves.iter().any(|change| change.is_live(images))
    }
}
