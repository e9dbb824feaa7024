//! What people do to pictures and names, and back.

use super::event::{Marked, Redone, Renamed, Restored, Trashed, Undone};
use super::ids::{ImageId, Seq};
use super::run::Place;
use super::{Session, SessionError};
use crate::util::fs::rename_all;

impl Session {
    /// Stars, rejects or tags pictures.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn mark(&mut self, marked: Marked) -> Result<Seq, SessionError> {
        self.append(marked)
    }

    /// Puts pictures into the trash. Their files stay until it is emptied.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn trash(&mut self, images: Vec<ImageId>) -> Result<Seq, SessionError> {
        let seq = self.append(Trashed { images })?;
        self.settle();
        Ok(seq)
    }

    /// Takes pictures out of the trash, with their marks.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn restore(&mut self, images: Vec<ImageId>) -> Result<Seq, SessionError> {
        let seq = self.append(Restored { images })?;
        self.settle();
        Ok(seq)
    }

    /// Gives the session another name; its folder stays where it is.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn rename(&mut self, name: &str) -> Result<Seq, SessionError> {
        let seq = self.append(Renamed { name: name.to_owned() })?;
        self.copy_name();
        Ok(seq)
    }

    /// Takes back the latest change to marks, trash or name; gives the entry
    /// that was undone, or `None` when there is none.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn undo(&mut self) -> Result<Option<Seq>, SessionError> {
        let Some(entry) = self.state.undoable() else { return Ok(None) };
        self.append(Undone { entry })?;
        self.settle();
        self.copy_name();
        Ok(Some(entry))
    }

    /// Does again what was undone last; gives its entry, or `None`.
    ///
    /// # Errors
    /// As [`Session::append`].
    pub fn redo(&mut self) -> Result<Option<Seq>, SessionError> {
        let Some(entry) = self.state.redoable() else { return Ok(None) };
        self.append(Redone { entry })?;
        self.settle();
        self.copy_name();
        Ok(Some(entry))
    }

    /// The history decides where a picture is; its file follows. One that could
    /// not be moved is found all the same, and moved at the next start.
    fn settle(&mut self) {
        if let Err(error) = self.settle_all() {
            tracing::warn!(%error, "pictures stay in the folder that they left");
        }
    }

    /// Moves every picture's file to where it belongs.
    pub(super) fn settle_all(&mut self) -> Result<(), SessionError> {
        let read = |path| super::layout::names(path).map_err(|e| (path.to_owned(), e));
        let (images, trash) = (self.layout.images(), self.layout.trash());
        let (shown, trashed) = read(&images)
            .and_then(|shown| Ok((shown, read(&trash)?)))
            .map_err(|(path, source)| SessionError::Read { path, source })?;
        let away = shown.iter().filter_map(|name| super::layout::image_of(name));
        let back = trashed.iter().filter_map(|name| super::layout::image_of(name));
        let is = |id: &ImageId, place| self.state.image(id).is_some_and(|i| i.place == place);
        let file = |path: &std::path::Path| {
            std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
        };
        let moves: Vec<_> = away
            .filter(|id| is(id, Place::Trashed))
            .map(|id| (self.layout.image(&id), self.layout.trashed(&id)))
            .chain(
                back.filter(|id| is(id, Place::Shown))
                    .map(|id| (self.layout.trashed(&id), self.layout.image(&id))),
            )
            // Never over another file: a check will tell.
            .filter(|(from, to)| file(from) && std::fs::symlink_metadata(to).is_err())
            .collect();
        Ok(rename_all(&moves)?)
    }

    /// The name in the head is a copy for whoever lists sessions.
    fn copy_name(&mut self) {
        if self.head.name() != self.name()
            && let Err(error) = self.save_head(self.head.clone())
        {
            tracing::debug!(%error, "the name in session.yaml follows at the next start");
        }
    }
}
