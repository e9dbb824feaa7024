//! Linear layer: products of the tokens, as they lie, with panels of transposed weights.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::memory::{Out, build, data};
use super::pack::transpose;
use super::simd::{Isa, LANES, Simd, Work};
use super::tile::{Layout, Product, Start, pieces};

/// Tokens of one task.
const TOKENS: usize = 96;

/// The extents of one layer.
struct Layer<'a> {
    isa: Isa,
    inputs: usize,
    outputs: usize,
    tokens: usize,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    residual: Option<&'a [f32]>,
}

/// See [`crate::engine::kernels::linear`].
///
/// # Errors
/// If the tensors are not of single precision on the CPU, or do not fit each other.
pub(super) fn linear(
    isa: Isa,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    residual: Option<&Tensor>,
) -> Result<Tensor> {
    let (outputs, inputs) = weight.dims2()?;
    let mut shape = x.dims().to_vec();
    if shape.len() < 2 || shape.last() != Some(&inputs) || inputs == 0 {
        candle_core::bail!("linear: x {:?}, weight {:?}", x.dims(), weight.dims())
    }
    let tokens = x.elem_count() / inputs;
    // One token a row: the way must follow from the shape of a row, not of the batch.
    let single = shape[1..shape.len() - 1].iter().product::<usize>() == 1;
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    if let Some(residual) = residual.filter(|residual| residual.dims() != shape) {
        candle_core::bail!("linear: {:?} is added to {shape:?}", residual.dims())
    }
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    let (x, weight) = (data(&x), data(&weight));
    let bias = bias.map(Tensor::contiguous).transpose()?;
    let bias = bias.as_ref().map(data);
    let bias = bias.as_ref().map(|bias| bias.slice()).transpose()?;
    let residual = residual.map(Tensor::contiguous).transpose()?;
    let residual = residual.as_ref().map(data);
    let residual = residual.as_ref().map(|residual| residual.slice()).transpose()?;
    if bias.is_some_and(|bias| bias.len() != outputs) {
        candle_core::bail!("linear: the bias has not {outputs} outputs")
    }
    let (x, weight) = (x.slice()?, weight.slice()?);
    let layer = Layer { isa, inputs, outputs, tokens, x, weight, bias, residual };
    let fill = |out: Out| {
        if single {
            layer.by_dots(out);
        } else {
            layer.by_panels(out);
        }
        Ok(())
    };
    // SAFETY: both ways cover all outputs of all tokens, each once.
    unsafe { build(shape, fill) }
}

impl Layer<'_> {
    /// Many tokens: the weights are laid out in panels once, then read by all.
    fn by_panels(&self, out: Out) {
        let panel = self.isa.panel().min(self.outputs.next_multiple_of(LANES));
        let panels = self.outputs.div_ceil(panel);
        let mut packed: Vec<f32> = Vec::with_capacity(panels * panel * self.inputs);
        let to = Out::of(&mut packed);
        (0..panels).into_par_iter().for_each(|index| {
            let lanes = panel.min(self.outputs - index * panel);
            let rows = &self.weight[index * panel * self.inputs..];
            let to = to.at(index * panel * self.inputs);
            // SAFETY: each panel has room for its columns, and is one task's own.
            unsafe { transpose(self.isa, rows, (self.inputs, lanes, self.inputs), to, panel) };
        });
        let threads = rayon::current_num_threads();
        let wanted = (3 * threads).div_ceil(panels);
        let tokens = TOKENS.min(self.tokens.div_ceil(wanted).next_multiple_of(super::tile::ROWS));
        (0..self.tokens.div_ceil(tokens) * panels).into_par_iter().for_each(|index| {
            let (from, panel_index) = (index / panels * tokens, index % panels);
            // Lanes that no output has stay unwritten, and are never read.
            let packed = to.at(panel_index * panel * self.inputs).cast_const();
            let rows = tokens.min(self.tokens - from);
            self.panel(packed, panel, panel_index * panel, from, rows, out);
        });
    }

    /// The results of one panel for `rows` tokens.
    fn panel(
        &self,
        packed: *const f32,
        panel: usize,
        output: usize,
        token: usize,
        rows: usize,
        out: Out,
    ) {
        let result = token * self.outputs + output;
        for (piece, (from, depth)) in pieces(self.inputs, 1).enumerate() {
            let start = match self.bias {
                _ if piece > 0 => Start::Add,
                Some(bias) => Start::Lane(bias[output..].as_ptr()),
                None => Start::Value(0.0),
            };
            self.isa.run(&Product {
                rows,
                lanes: panel.min(self.outputs - output),
                depth,
                a: packed.wrapping_add(from * panel),
                layout: Layout::Rows(panel),
                b: self.x[token * self.inputs + from..].as_ptr(),
                ldb: self.inputs,
                c: out.at(result),
                ldc: self.outputs,
                alpha: 1.0,
                start,
                onto: match self.residual {
                    Some(residual) if piece == 0 => residual[result..].as_ptr(),
                    _ => std::ptr::null(),
                },
            });
        }
    }

    /// One token a row: reading the weights once is all the work.
    fn by_dots(&self, out: Out) {
        const OUTPUTS: usize = 64;
        let ranges = self.outputs.div_ceil(OUTPUTS);
        (0..ranges).into_par_iter().for_each(|range| {
            let from = range * OUTPUTS;
            let to = (from + OUTPUTS).min(self.outputs);
            self.isa.run(Dots { layer: self, from, to, out });
        });
    }
}

/// Some outputs of all tokens.
struct Dots<'a> {
    layer: &'a Layer<'a>,
    from: usize,
    to: usize,
    out: Out,
}

impl Work for Dots<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let layer = self.layer;
        for output in self.from..self.to {
            let row = &layer.weight[output * layer.inputs..][..layer.inputs];
            let bias = layer.bias.map_or(0.0, |bias| bias[output]);
            for (token, x) in layer.x.chunks_exact(layer.inputs).enumerate() {
                let place = token * layer.outputs + output;
                let start = bias + layer.residual.map_or(0.0, |residual| residual[place]);
                // SAFETY: each output of each token belongs to one turn of this loop.
                unsafe { self.out.at(place).write(dot::<S>(row, x) + start) };
            }
        }
    }
}

/// The sum of the products of two equally long rows.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
unsafe fn dot<S: Simd>(row: &[f32], x: &[f32]) -> f32 {
    let count = row.len().min(x.len());
    let (row, x) = (row.as_ptr(), x.as_ptr());
    let (whole, pairs) = (count / LANES * LANES, count / (2 * LANES) * 2 * LANES);
    // SAFETY: all offsets stay below `count`.
    unsafe {
        let (mut even, mut odd) = (S::splat(0.0), S::splat(0.0));
        for at in (0..pairs).step_by(2 * LANES) {
            even = S::fma(S::load(row.add(at)), S::load(x.add(at)), even);
            let at = at + LANES;
            odd = S::fma(S::load(row.add(at)), S::load(x.add(at)), odd);
        }
        if pairs < whole {
            even = S::fma(S::load(row.add(pairs)), S::load(x.add(pairs)), even);
        }
        if whole < count {
            let rest = count - whole;
            let (row, x) = (row.add(whole), x.add(whole));
            odd = S::fma(S::load_first(row, rest), S::load_first(x, rest), odd);
        }
        S::sum(S::add(even, odd))
    }
}
