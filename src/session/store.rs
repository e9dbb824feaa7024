//! Pictures in and out.

use std::path::PathBuf;

use image::RgbImage;
use sha2::{Digest, Sha256};

use super::event::PanelDone;
use super::ids::{ImageId, RunId};
use super::run::{Image, Status};
use super::{Session, SessionError};
use crate::imaging::{self, DecodeLimits, PictureInfo};
use crate::util::fs::{FsError, read_regular, write_atomic, write_new};

/// Longest side of a thumbnail, in pixels.
pub const THUMB_SIDE: u32 = 256;

impl Session {
    /// Keeps a finished picture: the file first, synced under its final name,
    /// then the entry. When this returns, both survive a power cut; when it
    /// fails, the same bytes may be stored again.
    ///
    /// # Errors
    /// When the bytes are no whole PNG, and as [`Session::append`].
    pub fn store_panel(
        &mut self,
        run: RunId,
        panel: u32,
        png: &[u8],
        seconds: Option<f64>,
    ) -> Result<ImageId, SessionError> {
        PictureInfo::from_bytes(png)?;
        self.writer()?;
        self.state.in_status(run, |status| *status == Status::Running)?;
        let sha256 = sha256(png);
        let image = self.free_id(run, panel, &sha256)?;
        let bytes = png.len() as u64;
        let event = PanelDone { run, panel, image: image.clone(), sha256, bytes, seconds };
        self.state.admit(&event.clone().into())?;
        let path = self.layout.image(&image);
        match write_new(&path, png) {
            // Left by an attempt that died before its entry. It holds the same
            // bytes, but its name may not be synced.
            Err(FsError::Exists(_)) => write_atomic(&path, png)?,
            done => done?,
        }
        self.append(event)?;
        Ok(image)
    }

    /// A name that is free, or was given to the same bytes: as many digits of
    /// the hash as it takes.
    fn free_id(&self, run: RunId, panel: u32, sha256: &str) -> Result<ImageId, SessionError> {
        let ids = [8, 12, 16, 24, 32].iter();
        for id in ids.filter_map(|digits| ImageId::of(run, panel, sha256, *digits)) {
            let is_taken = self.state.image(&id).is_some_and(|image| image.sha256 != sha256);
            let path = self.layout.image(&id);
            let is_free = || match std::fs::symlink_metadata(&path) {
                Ok(meta) => {
                    read_regular(&path, meta.len()).is_ok_and(|old| self::sha256(&old) == sha256)
                }
                Err(_) => true,
            };
            if !is_taken && is_free() {
                return Ok(id);
            }
        }
        Err(FsError::Exists(self.layout.images()).into())
    }

    /// Where a picture's file is; `None` when it has none.
    pub fn image_path(&self, id: &ImageId) -> Option<PathBuf> {
        self.state.image(id).filter(|image| image.place.has_file())?;
        // A move to or from the trash may still be to come.
        let places = [self.layout.image(id), self.layout.trashed(id)];
        let is_file = |path: &PathBuf| std::fs::symlink_metadata(path).is_ok_and(|m| m.is_file());
        places.into_iter().find(is_file)
    }

    /// The bytes of a picture, if they are those that were stored.
    ///
    /// # Errors
    /// When the file is missing, was changed, or cannot be read.
    pub fn read_image(&self, id: &ImageId) -> Result<Vec<u8>, SessionError> {
        let missing = || SessionError::Missing(id.clone());
        let image = self.state.image(id).ok_or_else(missing)?;
        let path = self.image_path(id).ok_or_else(missing)?;
        let bytes = read_regular(&path, DecodeLimits::default().bytes)
            .map_err(|source| SessionError::Read { path, source })?;
        match is_stored(image, &bytes) {
            true => Ok(bytes),
            false => Err(SessionError::Altered(id.clone())),
        }
    }

    /// A small picture, at most [`THUMB_SIDE`] a side; made when it is not
    /// there, and kept where this is the writer.
    ///
    /// # Errors
    /// When there is neither thumbnail nor picture.
    pub fn thumb(&self, id: &ImageId) -> Result<RgbImage, SessionError> {
        let limits = DecodeLimits { side: THUMB_SIDE, ..DecodeLimits::default() };
        let path = self.layout.thumb(id);
        let kept = read_regular(&path, 1 << 20).ok();
        if let Some(thumb) = kept.and_then(|bytes| imaging::decode_bytes(&bytes, &limits).ok()) {
            return Ok(thumb);
        }
        let image = imaging::decode_bytes(&self.read_image(id)?, &DecodeLimits::default())?;
        let thumb = imaging::thumbnail(&image, THUMB_SIDE);
        if self.why_read_only().is_none()
            && let Err(error) = imaging::save(&path, &thumb, None)
        {
            tracing::debug!(%error, "the thumbnail is not kept");
        }
        Ok(thumb)
    }
}

/// SHA-256 in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether these are the bytes that were stored.
pub(super) fn is_stored(image: &Image, bytes: &[u8]) -> bool {
    bytes.len() as u64 == image.bytes && sha256(bytes) == image.sha256
}
