//! Attention that holds one tile of logits: a few queries by a block of keys.
//!
//! Blocks are joined as they come, with a running maximum and sum for each query, so that neither
//! the number of keys nor of sources costs memory.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::super::KeySource;
use super::memory::{Out, build, data, with_scratch};
use super::pack::transpose;
use super::simd::{Isa, LANES};
use super::softmax::{Scale, Weigh};
use super::tile::{Layout, Product, ROWS, Start};

/// Queries of one tile.
const QUERIES: usize = 8 * ROWS;
/// Keys of one tile.
const KEYS: usize = 1024;

/// What all tasks of one attention share.
struct Job<'a> {
    isa: Isa,
    heads: usize,
    /// Channels of one head.
    depth: usize,
    /// Query tokens of a row.
    queries: usize,
    /// Key tokens of a row.
    keys: usize,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    /// A token sees no later one.
    causal: bool,
    out: Out,
}

/// See [`crate::engine::kernels::attention`]. With `causal`, every row has itself as its only
/// source and no token sees a later one.
///
/// # Errors
/// If the tensors are not of single precision on the CPU.
pub(super) fn attention(
    isa: Isa,
    (q, k, v): (&Tensor, &Tensor, &Tensor),
    heads: usize,
    sources: &[Vec<KeySource>],
    causal: bool,
) -> Result<Tensor> {
    let (rows, queries, width) = q.dims3()?;
    let (_, keys, _) = k.dims3()?;
    let (q, k, v) = (q.contiguous()?, k.contiguous()?, v.contiguous()?);
    let (q, k, v) = (data(&q), data(&k), data(&v));
    let (q, k, v) = (q.slice()?, k.slice()?, v.slice()?);
    let depth = width / heads;
    let fill = |out: Out| {
        let job = Job { isa, heads, depth, queries, keys, q, k, v, causal, out };
        let wanted = (3 * rayon::current_num_threads()).div_ceil(rows * heads);
        let span = queries.div_ceil(wanted).next_multiple_of(QUERIES);
        let spans = queries.div_ceil(span);
        (0..rows * heads * spans).into_par_iter().for_each(|index| {
            let (head, from) = (index / spans, index % spans * span);
            let (row, head) = (head / heads, head % heads);
            job.head(row, head, &sources[row], from..(from + span).min(queries));
        });
        Ok(())
    };
    // SAFETY: the tasks cover all heads and queries of all rows, each once.
    unsafe { build((rows, queries, width), fill) }
}

impl Job<'_> {
    fn width(&self) -> usize {
        self.heads * self.depth
    }

    /// Floats of the transposed keys of one source: panels of `[depth][panel]`.
    fn packed(&self) -> usize {
        self.keys.next_multiple_of(self.isa.panel()) * self.depth
    }

    /// One head of one row for a range of queries.
    fn head(
        &self,
        row: usize,
        head: usize,
        sources: &[KeySource],
        queries: std::ops::Range<usize>,
    ) {
        let packed = self.packed();
        let stride = KEYS.min(self.keys.next_multiple_of(LANES));
        let logits = QUERIES * stride;
        with_scratch(packed * sources.len() + logits + 2 * QUERIES, |scratch| {
            let (keys, rest) = scratch.split_at_mut(packed * sources.len());
            for (source, keys) in sources.iter().zip(keys.chunks_exact_mut(packed.max(1))) {
                self.pack(source.row, head, keys);
            }
            let (logits, state) = rest.split_at_mut(logits);
            for from in queries.clone().step_by(QUERIES) {
                let count = QUERIES.min(queries.end - from);
                let tile = Tile { job: self, row, head, from, count, stride };
                tile.run(sources, keys, logits, state);
            }
        });
    }

    /// Transposes one head of the keys of one row into panels.
    fn pack(&self, row: usize, head: usize, to: &mut [f32]) {
        let panel = self.isa.panel();
        let start = row * self.keys * self.width() + head * self.depth;
        for (index, to) in to.chunks_exact_mut(panel * self.depth).enumerate() {
            let from = index * panel;
            let count = panel.min(self.keys - from);
            let rows = &self.k[start + from * self.width()..];
            let extents = (self.width(), count, self.depth);
            // SAFETY: a panel has room for `depth` columns of its width.
            unsafe { transpose(self.isa, rows, extents, to.as_mut_ptr(), panel) };
        }
    }
}

/// Some queries of one head of one row.
struct Tile<'a> {
    job: &'a Job<'a>,
    row: usize,
    head: usize,
    from: usize,
    count: usize,
    /// Floats from one row of logits to the next.
    stride: usize,
}

impl Tile<'_> {
    /// Goes over all blocks of all sources.
    fn run(&self, sources: &[KeySource], keys: &[f32], logits: &mut [f32], state: &mut [f32]) {
        let packed = self.job.packed();
        let (peaks, sums) = state.split_at_mut(QUERIES);
        peaks.fill(f32::NEG_INFINITY);
        sums.fill(0.0);
        let mut first = true;
        for (index, source) in sources.iter().enumerate() {
            for from in (0..self.seen()).step_by(KEYS) {
                let count = KEYS.min(self.seen() - from);
                let keys = &keys[index * packed + from * self.job.depth..];
                self.logits(source, keys, count, logits);
                for query in 0..self.count {
                    self.weigh(query, from, count, logits, (&mut peaks[query], &mut sums[query]));
                }
                self.values(source.row, from, count, logits, first);
                first = false;
            }
        }
        for (query, sum) in sums.iter().enumerate().take(self.count) {
            let row = self.result(query);
            self.job.isa.run(Scale { row, count: self.job.depth, factor: 1.0 / sum });
        }
    }

    /// Keys that any query of the tile sees.
    fn seen(&self) -> usize {
        if self.job.causal { self.job.keys.min(self.from + self.count) } else { self.job.keys }
    }

    /// The result of one query of the tile.
    fn result(&self, query: usize) -> *mut f32 {
        let job = self.job;
        let token = self.row * job.queries + self.from + query;
        job.out.at(token * job.width() + self.head * job.depth)
    }

    /// The logits of the queries with `count` keys, given in panels.
    fn logits(&self, source: &KeySource, keys: &[f32], count: usize, logits: &mut [f32]) {
        let job = self.job;
        let panel = job.isa.panel();
        let token = self.row * job.queries + self.from;
        let q = &job.q[token * job.width() + self.head * job.depth..];
        for from in (0..count).step_by(panel) {
            job.isa.run(&Product {
                rows: self.count,
                lanes: panel.min(count - from),
                depth: job.depth,
                a: keys[from * job.depth..].as_ptr(),
                layout: Layout::Rows(panel),
                b: q.as_ptr(),
                ldb: job.width(),
                c: logits[from..].as_mut_ptr(),
                ldc: self.stride,
                alpha: source.scale / (job.depth as f32).sqrt(),
                start: Start::Value(source.shift),
                onto: std::ptr::null(),
            });
        }
    }

    /// Turns one query's logits into weights, and what it gathered before into their measure.
    fn weigh(
        &self,
        query: usize,
        from: usize,
        count: usize,
        logits: &mut [f32],
        (peak, sum): (&mut f32, &mut f32),
    ) {
        let seen = match self.job.causal {
            true => (self.from + query + 1).saturating_sub(from).min(count),
            false => count,
        };
        let row = &mut logits[query * self.stride..][..count];
        row[seen..].fill(0.0);
        let (new_peak, new_sum) = self.job.isa.run(Weigh { row: &mut row[..seen], peak: *peak });
        let faded = if *sum == 0.0 { 0.0 } else { (*peak - new_peak).exp() };
        if *sum != 0.0 && faded != 1.0 {
            let row = self.result(query);
            self.job.isa.run(Scale { row, count: self.job.depth, factor: faded });
        }
        *sum = *sum * faded + new_sum;
        *peak = new_peak;
    }

    /// Adds the weighted values of `count` keys.
    fn values(&self, row: usize, from: usize, count: usize, weights: &[f32], first: bool) {
        let job = self.job;
        let start = (row * job.keys + from) * job.width() + self.head * job.depth;
        let panel = job.isa.panel();
        for channel in (0..job.depth).step_by(panel) {
            job.isa.run(&Product {
                rows: self.count,
                lanes: panel.min(job.depth - channel),
                depth: count,
                a: job.v[start + channel..].as_ptr(),
                layout: Layout::Rows(job.width()),
                b: weights.as_ptr(),
                ldb: self.stride,
                c: self.result(0).wrapping_add(channel),
                ldc: job.width(),
                alpha: 1.0,
                start: if first { Start::Value(0.0) } else { Start::Add },
                onto: std::ptr::null(),
            });
        }
    }
}
