//! What travels with one forward pass besides the tensors.

use super::layers::Partners;
use super::style::StyleContext;
use candle_core::Tensor;

/// Sees intermediate results by the dotted name of the module that made them.
pub trait Probe {
    /// Called once for each module, in the order of computation.
    fn seen(&self, module: &str, output: &Tensor);
}

/// One forward pass: how rows share style, and who watches.
#[derive(Clone, Copy, Default)]
pub struct Pass<'a> {
    /// Style alignment; `None` is the plain network at no cost.
    pub style: Option<&'a StyleContext>,
    /// An observer of every module's output.
    pub probe: Option<&'a dyn Probe>,
}

impl<'a> Pass<'a> {
    /// Which rows pool their group-norm statistics.
    pub fn partners(&self) -> Partners<'a> {
        self.style.and_then(StyleContext::partners)
    }

    /// Shows an output to the observer, if there is one.
    pub fn seen(&self, module: &str, output: &Tensor) {
        if let Some(probe) = self.probe {
            probe.seen(module, output);
        }
    }

    /// The same for a part without a path of its own.
    pub fn seen_in(&self, module: &str, part: &str, output: &Tensor) {
        if let Some(probe) = self.probe {
            probe.seen(&format!("{module}.{part}"), output);
        }
    }
}
