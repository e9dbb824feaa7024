//! Mending a session. Whatever is cut is kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::{Depth, is_file};
use super::event::{Created, Lost, PanelDone, Renamed};
use super::findings::Finding;
use super::head::Head;
use super::history::History;
use super::ids::{ImageId, Seq};
use super::layout::Layout;
use super::open::{claim, find, read_head};
use super::stamp::Stamp;
use super::state::State;
use super::store::sha256;
use super::{Entry, Session, SessionError, VERSION};
use crate::imaging::{self, DecodeLimits};
use crate::util::clock::{Clock, WallClock};
use crate::util::fs::{read_regular, rename, write_atomic};

/// What a repair did.
#[derive(Debug, Default)]
pub struct Repaired {
    /// What it mended.
    pub mended: Vec<Finding>,
    /// Where it put what it cut.
    pub kept: Vec<PathBuf>,
}

impl Session {
    /// Mends what can be mended, and opens the session for writing:
    ///
    /// - parts of the history that cannot be used go to a `.cut-` file;
    /// - a head that cannot be used goes there too and is made anew;
    /// - whole pictures without an entry are entered;
    /// - changed pictures go to the trash folder under another name, and they
    ///   and missing ones are listed as lost.
    ///
    /// # Errors
    /// When another program writes to the session, it is of a later version, or
    /// the disk refuses.
    pub fn repair(path: &Path) -> Result<(Self, Repaired), SessionError> {
        Self::repair_with(path, Arc::new(WallClock))
    }

    /// [`Session::repair`] with another clock.
    ///
    /// # Errors
    /// As [`Session::repair`].
    pub fn repair_with(
        path: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Repaired), SessionError> {
        let layout = find(path)?;
        let lock = claim(&layout)?;
        let at = Stamp::new(clock.now());
        let mut repaired = Repaired::default();
        mend_history(&layout, at, &mut repaired)?;
        mend_head(&layout, at, &mut repaired)?;
        let mut session = Self::begin(layout, Ok(lock), clock)?;
        if let Some(why) = session.why_read_only() {
            return Err(why.clone().into());
        }
        if session.state.name().is_empty() {
            let name = session.head.name().to_owned();
            session.append(Renamed { name })?;
        }
        session.mend_pictures(&mut repaired)?;
        Ok((session, repaired))
    }

    fn mend_pictures(&mut self, repaired: &mut Repaired) -> Result<(), SessionError> {
        let report = self.check(Depth::Full)?;
        let mut lost = Vec::new();
        for finding in report.findings {
            match &finding {
                Finding::Missing(id) => lost.push(id.clone()),
                Finding::Altered(id) => {
                    repaired.kept.extend(self.set_aside(id)?);
                    lost.push(id.clone());
                }
                Finding::Found(id) => self.find_again(id)?,
                Finding::Orphan(path) => match self.adopt(path)? {
                    true => {}
                    false => continue,
                },
                _ => continue,
            }
            repaired.mended.push(finding);
        }
        // So many names fit into one entry with room to spare.
        for images in lost.chunks(10_000) {
            self.append(Lost { images: images.to_vec() })?;
        }
        Ok(())
    }

    /// Moves a changed picture out of the way.
    fn set_aside(&self, id: &ImageId) -> Result<Option<PathBuf>, SessionError> {
        let Some(path) = self.image_path(id) else { return Ok(None) };
        let to = (1..)
            .map(|n| self.layout.trash().join(format!("{id}.altered-{n}.png")))
            .find(|to| std::fs::symlink_metadata(to).is_err());
        if let Some(to) = &to {
            rename(&path, to)?;
        }
        Ok(to)
    }

    /// Enters a lost picture again.
    fn find_again(&mut self, id: &ImageId) -> Result<(), SessionError> {
        let Some(image) = self.state.image(id) else { return Ok(()) };
        let event = PanelDone {
            run: image.run,
            panel: image.panel,
            image: image.id.clone(),
            sha256: image.sha256.clone(),
            bytes: image.bytes,
            seconds: image.seconds,
        };
        self.append(event).map(drop)
    }

    /// Enters a picture that was stored just before a crash; `false` when it is
    /// none of ours, or not whole.
    fn adopt(&mut self, path: &Path) -> Result<bool, SessionError> {
        let limits = DecodeLimits::default();
        let Some(image) = self.adoptable(path) else { return Ok(false) };
        let Some((run, panel)) = image.origin() else { return Ok(false) };
        let Ok(png) = read_regular(path, limits.bytes) else { return Ok(false) };
        let sha256 = sha256(&png);
        if !image.as_str().ends_with(sha256.get(..8).unwrap_or("-"))
            || imaging::decode_bytes(&png, &limits).is_err()
        {
            return Ok(false);
        }
        let bytes = png.len() as u64;
        let event = PanelDone { run, panel, image, sha256, bytes, seconds: None }.into();
        if self.state.admit(&event).is_err() {
            return Ok(false);
        }
        self.append(event)?;
        Ok(true)
    }
}

/// Takes out of the history what cannot be used or does not fit.
fn mend_history(layout: &Layout, at: Stamp, repaired: &mut Repaired) -> Result<(), SessionError> {
    let path = layout.history();
    if std::fs::symlink_metadata(&path).is_err() {
        let head = read_head(layout).unwrap_or_else(|(head, _)| *head);
        let (name, program) = (head.name().to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let event = Created { version: VERSION, name, program }.into();
        let first = Entry { seq: Seq(1), at, event }.to_document()?;
        write_atomic(&path, first.as_bytes())?;
        repaired.mended.push(Finding::NoHistory);
        return Ok(());
    }
    let history = History::read(&path)?;
    let state = State::fold(&history.entries);
    if history.faults.is_empty() && state.misfits().is_empty() {
        return Ok(());
    }
    let misfits: Vec<_> = state.misfits().iter().map(|(seq, _)| *seq).collect();
    let (good, cut) = History::sort(&path, &misfits)?;
    // Kept before it is cut.
    repaired.kept.push(layout.keep("cut", at, &cut)?);
    write_atomic(&path, &good)?;
    repaired.mended.extend(history.faults.into_iter().map(Finding::History));
    repaired.mended.extend(Finding::of_state(&state).into_iter().filter(Finding::is_damage));
    Ok(())
}

/// Makes a head anew where there is none that can be used.
fn mend_head(layout: &Layout, at: Stamp, repaired: &mut Repaired) -> Result<(), SessionError> {
    let Err((fallback, why)) = read_head(layout) else { return Ok(()) };
    let path = layout.head();
    if is_file(&path) {
        let to = layout.keep("head", at, b"")?;
        rename(&path, &to)?;
        repaired.kept.push(to);
    }
    let history = History::read(&layout.history())?;
    let state = State::fold(&history.entries);
    let name = if state.name().is_empty() { fallback.name() } else { state.name() };
    let created = history.entries.first().map_or(at, |entry| entry.at);
    write_atomic(&path, Head::new(name, created).to_yaml()?.as_bytes())?;
    repaired.mended.push(Finding::Head(why));
    Ok(())
}
