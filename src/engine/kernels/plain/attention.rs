//! Attention in tiles of queries, so that no whole score matrix is ever held.

use candle_core::{D, DType, Device, IndexOp, Result, Tensor};

use super::super::KeySource;

/// Queries in one tile.
const QUERIES: usize = 1024;
/// Logits held at once over all rows of a chunk; far below the 2^31 elements past which candle's
/// CUDA kernels fail, and 512 MiB in single precision.
const LOGITS: usize = 1 << 27;

/// See [`crate::engine::kernels::attention`].
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
) -> Result<Tensor> {
    let mut outputs = Vec::new();
    let mut order = vec![0u32; sources.len()];
    let mut done = 0u32;
    for rows in chunks(q, k, heads, sources)? {
        outputs.push(alike(q, k, v, heads, sources, &rows)?);
        for row in rows {
            order[row] = done;
            done += 1;
        }
    }
    let joined = Tensor::cat(&outputs, 0)?;
    if order.iter().enumerate().all(|(place, &row)| place == row as usize) {
        return Ok(joined);
    }
    joined.index_select(&Tensor::new(order, q.device())?, 0)
}

/// Rows with equally many sources, in chunks whose logits fit [`LOGITS`].
fn chunks(
    q: &Tensor,
    k: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
) -> Result<Vec<Vec<usize>>> {
    let (queries, keys) = (q.dim(1)?.min(QUERIES), k.dim(1)?);
    let mut lengths: Vec<usize> = sources.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let mut chunks = Vec::new();
    for length in lengths {
        let rows: Vec<usize> =
            (0..sources.len()).filter(|&row| sources[row].len() == length).collect();
        let fit = (LOGITS / (heads * queries * keys * length).max(1)).max(1);
        chunks.extend(rows.chunks(fit).map(<[usize]>::to_vec));
    }
    Ok(chunks)
}

/// One source place of a chunk, over all its rows.
struct Segment {
    /// `(g, heads, d, m)`.
    keys: Tensor,
    /// `(g, heads, m, d)`.
    values: Tensor,
    /// `(g, 1, 1, 1)`; `None` where every row's is neutral.
    scale_shift: Option<(Tensor, Tensor)>,
}

/// Attention of rows that have equally many sources.
fn alike(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
    rows: &[usize],
) -> Result<Tensor> {
    let (_, tokens, width) = q.dims3()?;
    let root = 1.0 / ((width / heads) as f64).sqrt();
    let queries = split_heads(&select(q, rows)?, heads)?;
    let places = sources[rows[0]].len();
    let segments = (0..places)
        .map(|place| {
            let picked: Vec<KeySource> = rows.iter().map(|&row| sources[row][place]).collect();
            Segment::new(k, v, heads, &picked)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut tiles = Vec::new();
    for start in (0..tokens).step_by(QUERIES) {
        let count = QUERIES.min(tokens - start);
        let tile = (queries.narrow(2, start, count)?.contiguous()? * root)?;
        tiles.push(over_segments(&tile, &segments)?);
    }
    merge_heads(&Tensor::cat(&tiles, 2)?)
}

impl Segment {
    fn new(k: &Tensor, v: &Tensor, heads: usize, picked: &[KeySource]) -> Result<Self> {
        let rows: Vec<usize> = picked.iter().map(|source| source.row).collect();
        let keys = split_heads(&select(k, &rows)?, heads)?.t()?.contiguous()?;
        let values = split_heads(&select(v, &rows)?, heads)?;
        let scale_shift = if picked.iter().all(KeySource::is_neutral) {
            None
        } else {
            let column = |values: Vec<f32>, device: &Device| {
                Tensor::from_vec(values, (picked.len(), 1, 1, 1), device)
            };
            let scale = picked.iter().map(|source| source.scale).collect();
            let shift = picked.iter().map(|source| source.shift).collect();
            Some((column(scale, k.device())?, column(shift, k.device())?))
        };
        Ok(Self { keys, values, scale_shift })
    }

    /// Logits of a tile `(g, heads, t, d)` in single precision, `(g, heads, t, m)`.
    fn logits(&self, tile: &Tensor) -> Result<Tensor> {
        let logits = tile.matmul(&self.keys)?.to_dtype(DType::F32)?;
        match &self.scale_shift {
            Some((scale, shift)) => logits.broadcast_mul(scale)?.broadcast_add(shift),
            None => Ok(logits),
        }
    }
}

/// One softmax over the logits of all segments, then the mean of their values.
fn over_segments(tile: &Tensor, segments: &[Segment]) -> Result<Tensor> {
    let logits = segments.iter().map(|segment| segment.logits(tile)).collect::<Result<Vec<_>>>()?;
    let shares = candle_nn::ops::softmax_last_dim(&Tensor::cat(&logits, D::Minus1)?)?;
    drop(logits);
    let shares = shares.to_dtype(tile.dtype())?;
    let mut sum: Option<Tensor> = None;
    let mut start = 0;
    for segment in segments {
        let keys = segment.values.dim(2)?;
        let part = shares.narrow(3, start, keys)?.contiguous()?.matmul(&segment.values)?;
        sum = Some(match sum {
            Some(sum) => (sum + part)?,
            None => part,
        });
        start += keys;
    }
    sum.ok_or_else(|| candle_core::Error::msg("attention: a row without sources"))
}

/// See [`crate::engine::kernels::causal_attention`].
///
/// # Errors
/// If shapes, types or devices do not fit.
pub fn causal_attention(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<Tensor> {
    let (_, tokens, width) = q.dims3()?;
    let root = 1.0 / ((width / heads) as f64).sqrt();
    let mask: Vec<f32> = (0..tokens * tokens)
        .map(|cell| if cell % tokens > cell / tokens { f32::NEG_INFINITY } else { 0.0 })
        .collect();
    let mask = Tensor::from_vec(mask, (1, 1, tokens, tokens), q.device())?;
    let keys = split_heads(k, heads)?.t()?.contiguous()?;
    let logits = (split_heads(q, heads)? * root)?.matmul(&keys)?.to_dtype(DType::F32)?;
    let shares = candle_nn::ops::softmax_last_dim(&logits.broadcast_add(&mask)?)?;
    merge_heads(&shares.to_dtype(q.dtype())?.matmul(&split_heads(v, heads)?)?)
}

/// The named rows of `x`, without a copy where they are all of them in order.
fn select(x: &Tensor, rows: &[usize]) -> Result<Tensor> {
    let in_order = rows.iter().enumerate().all(|(place, &row)| place == row);
    if in_order && rows.len() == x.dim(0)? {
        return Ok(x.clone());
    }
    if let [row] = rows {
        return x.i(*row..*row + 1);
    }
    let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
    x.contiguous()?.index_select(&Tensor::new(rows, x.device())?, 0)
}

/// `(b, n, heads * d)` to `(b, heads, n, d)`.
fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (rows, tokens, width) = x.dims3()?;
    x.reshape((rows, tokens, heads, width / heads))?.transpose(1, 2)?.contiguous()
}

/// `(b, heads, n, d)` to `(b, n, heads * d)`.
fn merge_heads(x: &Tensor) -> Result<Tensor> {
    let (rows, heads, tokens, width) = x.dims4()?;
    x.transpose(1, 2)?.reshape((rows, tokens, heads * width))
}
