//! A progress bar on standard error, if it would be seen.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;

/// A bar, or nothing where nobody watches.
#[derive(Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Something of unknown length.
    pub fn waiting(out: &Output, what: &str) -> Self {
        Self::new(out, None, "{spinner} {msg} {elapsed}", what)
    }

    /// So many steps.
    pub fn steps(out: &Output, steps: u64) -> Self {
        Self::new(out, Some(steps), "{wide_bar:.cyan/dim} {pos}/{len}  {msg}  {eta} left", "")
    }

    /// So many bytes.
    pub fn bytes(out: &Output, bytes: u64) -> Self {
        let template =
            "{wide_bar:.cyan/dim} {bytes}/{total_bytes}  {bytes_per_sec}  {msg}  {eta} left";
        Self::new(out, Some(bytes), template, "")
    }

    fn new(out: &Output, length: Option<u64>, template: &str, message: &str) -> Self {
        if !out.shows_progress() {
            return Self(None);
        }
        let bar = out.bars().add(match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner(),
        });
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(125));
        Self(Some(bar))
    }

    /// Says what is being done.
    pub fn message(&self, text: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(crate::util::text::sanitise(text));
        }
    }

    /// What follows has a pace of its own.
    pub fn forget_pace(&self) {
        if let Some(bar) = &self.0 {
            bar.reset_eta();
        }
    }

    /// One more step is done.
    pub fn advance(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// So much of it is done.
    pub fn position(&self, position: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(position);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
