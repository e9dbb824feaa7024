//! The interface: state, update and view.
//!
//! Keys and news change the [`state`] in [`update`] and nowhere else; the
//! [`views`] draw it and change nothing. What has to happen outside comes out
//! as an [`Effect`](update::Effect) and is done in [`run`](app::run).

pub mod action;
mod app;
mod away;
mod board;
mod choosing;
mod colours;
mod compare;
mod copies;
pub mod counsel;
mod details;
mod editor;
pub mod errands;
pub mod explain;
mod face;
mod field;
mod finder;
mod found;
mod fuzzy;
mod gallery;
mod gate;
pub mod guides;
pub mod key;
pub mod keymap;
mod listing;
mod loading;
pub mod lookups;
pub mod memory;
mod models;
mod mouse;
mod movement;
mod options;
mod paste;
mod pictures;
mod placed;
mod popup;
mod popups;
mod queue;
mod replay;
mod script;
pub mod settings;
mod shown;
mod sight;
mod signals;
pub mod state;
mod stepping;
mod store;
mod subjects;
mod sweep;
pub mod theme;
pub mod themes;
mod tokens;
mod told;
pub mod update;
pub mod views;

pub use app::run;
pub use found::found;
pub use options::{Ending, Options, Wires};
pub use paste::paste;
pub use pictures::{NoPictures, Pictures, Source};
pub use popup::{Expanded, Picker, PickerItem, PickerKind, Popup};
pub use script::{Script, ScriptFault};
