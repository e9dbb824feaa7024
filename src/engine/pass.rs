//! What travels with one forward pass besides the tensors.

use super::layers::Partners;
use super::style::StyleContext;
use candle_core::{Device, Tensor};

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
    /// Does `work` on a thread of the pool that the CPU's kernels share, so that it need not be
    /// waited for in each of them. What is watched, or computed elsewhere, stays on this thread.
    pub fn run<R: Send>(self, device: &Device, work: impl FnOnce(Self) -> R + Send) -> R {
        let style = self.style;
        match self.probe {
            None if device.is_cpu() => rayon::scope(|_| work(Pass { style, probe: None })),
            _ => work(self),
        }
    }

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
