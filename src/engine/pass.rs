//! What travels with one forward pass besides the tensors.

use super::layers::Partners;
use super::style::StyleContext;
use candle_core::{Device, Tensor};

/// Sees intermediate results by the dotted name of the module that made them.
pub trait Probe {
    /// Called once for each module, in the order of computation.
    fn seen(&self, module: &str, output: &Tensor);
}

/// Sees how style is shared; the network computes as it does unwatched.
pub trait Watch: Sync {
    /// Called for each self-attention layer that shares style, before it attends.
    fn shared(&self, layer: &SharedLayer);
}

/// A self-attention layer that shares style.
pub struct SharedLayer<'a> {
    /// Its number, as [`style::layers`](super::style::layers) counts.
    pub number: usize,
    /// Its dotted name.
    pub module: &'a str,
    /// Heads.
    pub heads: usize,
    /// Queries, keys and values (rows, tokens, channels) as projected.
    pub before: &'a [Tensor; 3],
    /// The same behind AdaIN.
    pub after: &'a [Tensor; 3],
    /// Who attends to whom.
    pub style: &'a StyleContext,
}

/// One forward pass: how rows share style, and who watches.
#[derive(Clone, Copy, Default)]
pub struct Pass<'a> {
    /// Style alignment; `None` is the plain network at no cost.
    pub style: Option<&'a StyleContext>,
    /// An observer of every module's output.
    pub probe: Option<&'a dyn Probe>,
    /// An observer of what is shared.
    pub watch: Option<&'a dyn Watch>,
}

impl<'a> Pass<'a> {
    /// Does `work` on a thread of the pool that the CPU's kernels share, so that it need not be
    /// waited for in each of them. What is probed, or computed elsewhere, stays on this thread.
    pub fn run<R: Send>(self, device: &Device, work: impl FnOnce(Self) -> R + Send) -> R {
        let (style, watch) = (self.style, self.watch);
        match self.probe {
            None if device.is_cpu() => rayon::scope(|_| work(Pass { style, probe: None, watch })),
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
