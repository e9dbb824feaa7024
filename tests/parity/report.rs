//! Comparing what we compute with what the reference computed.

use super::set::{Fallible, Golden};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeSet;

/// How close is close enough (relative L2 unless it says otherwise).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// Every value equal.
    Exact,
    /// `|a − b| / |b|` at most this.
    Relative(f64),
    /// Bytes at most 1 apart, and 99.8 % of them equal.
    Bytes,
}

/// One layer, an embedding, a text encoder.
pub const LAYER: Tolerance = Tolerance::Relative(1e-5);
/// One forward pass of a UNet or VAE.
pub const FORWARD: Tolerance = Tolerance::Relative(5e-5);
/// A whole denoising loop.
pub const LOOP: Tolerance = Tolerance::Relative(2e-4);

/// One comparison.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    pub relative: f64,
    pub max_abs: f64,
    pub tolerance: Tolerance,
    pub ok: bool,
}

/// Collects the comparisons of one golden file and notes what was not compared.
pub struct Checker<'a> {
    golden: &'a Golden<'a>,
    seen: BTreeSet<String>,
    pub lines: Vec<Line>,
}

impl<'a> Checker<'a> {
    pub fn new(golden: &'a Golden<'a>) -> Self {
        Self { golden, seen: BTreeSet::new(), lines: Vec::new() }
    }

    /// Compares with the tensor of this name.
    pub fn check(&mut self, name: &str, ours: &Tensor, tolerance: Tolerance) -> Fallible<()> {
        let theirs = self.golden.tensor(name)?;
        self.seen.insert(name.to_owned());
        self.compare(name, ours, theirs, tolerance)
    }

    /// Compares with a tensor that is already at hand, under a name of its own.
    pub fn compare(
        &mut self,
        name: &str,
        ours: &Tensor,
        theirs: &Tensor,
        tolerance: Tolerance,
    ) -> Fallible<()> {
        let name = format!("{}/{name}", self.golden.name);
        if ours.dims() != theirs.dims() {
            return Err(
                format!("{name}: shape {:?} is not {:?}", ours.dims(), theirs.dims()).into()
            );
        }
        let (a, b) = (numbers(ours)?, numbers(theirs)?);
        let tolerance = self.golden.place.bound(&name, tolerance);
        self.lines.push(measure(name, &a, &b, tolerance));
        Ok(())
    }

    /// Outputs of the file that nothing was compared with.
    pub fn missed(&self) -> Vec<String> {
        let outputs = self.golden.tensors.keys().filter(|name| !name.starts_with("in."));
        outputs.filter(|name| !self.seen.contains(*name)).cloned().collect()
    }

    /// Marks a tensor as covered in another way.
    pub fn covered(&mut self, name: &str) {
        self.seen.insert(name.to_owned());
    }
}

fn numbers(tensor: &Tensor) -> Fallible<Vec<f64>> {
    let tensor = tensor.to_device(&Device::Cpu)?;
    Ok(tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
}

fn measure(name: String, ours: &[f64], theirs: &[f64], tolerance: Tolerance) -> Line {
    let pairs = || ours.iter().zip(theirs);
    let error: f64 = pairs().map(|(a, b)| (a - b).powi(2)).sum();
    let norm: f64 = theirs.iter().map(|b| b * b).sum();
    let relative = if error == 0.0 { 0.0 } else { (error / norm.max(f64::MIN_POSITIVE)).sqrt() };
    // A NaN must not hide behind `max`, which drops it.
    let max_abs = pairs()
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m });
    let equal = pairs().filter(|(a, b)| a == b).count() as f64;
    let ok = match tolerance {
        Tolerance::Exact => ours == theirs,
        Tolerance::Relative(bound) => relative <= bound,
        Tolerance::Bytes => max_abs <= 1.0 && equal >= 0.998 * theirs.len() as f64,
    };
    Line { name, relative, max_abs, tolerance, ok }
}
