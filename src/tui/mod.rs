//! The interface: state, update and view.
//!
//! Keys and news change the [`state`] in [`update`] and nowhere else; the
//! [`views`] draw it and change nothing. What has to happen outside comes out
//! as an [`Effect`](update::Effect) and is done in [`run`](app::run).

pub mod action;
mod app;
mod board;
mod compare;
mod editor;
mod field;
mod fuzzy;
mod gallery;
pub mod key;
pub mod keymap;
mod models;
mod mouse;
mod movement;
mod pictures;
mod popup;
mod popups;
mod queue;
mod replay;
mod settings;
pub mod state;
mod store;
pub mod theme;
pub mod update;
pub mod views;

pub use app::{Options, Wires, run};
pub use pictures::{NoPictures, Pictures, Source};
pub use popup::{Picker, PickerItem, PickerKind, Popup};
