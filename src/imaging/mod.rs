//! Pictures in and out: bounded decoding, PNG with its recipe inside, contact
//! sheets and thumbnails.
//!
//! Everything that is read here may come from a stranger. Sizes are checked
//! before memory is taken for them, and no text that comes out has been made
//! safe for a terminal: pass it through [`crate::util::text::sanitise`].

mod chunks;
pub mod control;
mod decode;
mod error;
mod grey;
mod place;
mod png;
mod record;
mod resample;
mod sheet;
mod thumb;

pub use decode::{DecodeLimits, decode_as_is, decode_bytes, decode_file, over_white, read_file};
pub use error::PictureError;
pub use grey::{depth, grey};
pub use image::{DynamicImage, RgbImage};
pub use place::place;
pub use png::{MAX_RECORD, PictureInfo, encode, pixel_hash, read_info, save, save_new};
pub use record::{PictureRecord, parameters};
pub use resample::{Filter, resize};
pub use sheet::{SheetOptions, sheet};
pub use thumb::{fit, thumbnail};
