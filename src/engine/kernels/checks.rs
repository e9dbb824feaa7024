//! Arguments that do not fit each other, refused before any arithmetic.

use super::{KeySource, StatAnchors};
use candle_core::{Result, Tensor};

/// Refuses attention arguments that do not fit each other.
pub(super) fn check_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: usize,
    sources: &[Vec<KeySource>],
) -> Result<()> {
    let (rows, _, width) = q.dims3()?;
    let (key_rows, _, key_width) = k.dims3()?;
    if k.dims() != v.dims() || width != key_width || heads == 0 || width % heads != 0 {
        candle_core::bail!(
            "attention: q {:?}, k {:?}, v {:?} do not fit {heads} heads",
            q.dims(),
            k.dims(),
            v.dims()
        )
    }
    if sources.len() != rows || sources.iter().any(Vec::is_empty) {
        candle_core::bail!("attention: {rows} query rows need as many non-empty source lists")
    }
    match sources.iter().flatten().find(|source| source.row >= key_rows) {
        Some(source) => candle_core::bail!("attention: no key row {} of {key_rows}", source.row),
        None => Ok(()),
    }
}

/// Refuses self-attention arguments that do not fit each other.
pub(super) fn check_causal(q: &Tensor, k: &Tensor, v: &Tensor, heads: usize) -> Result<()> {
    let (_, _, width) = q.dims3()?;
    if q.dims() != k.dims() || k.dims() != v.dims() || heads == 0 || width % heads != 0 {
        candle_core::bail!(
            "causal_attention: q {:?}, k {:?}, v {:?} do not fit {heads} heads",
            q.dims(),
            k.dims(),
            v.dims()
        )
    }
    Ok(())
}

/// Refuses group norm arguments that do not fit each other.
pub(super) fn check_group_norm(
    x: &Tensor,
    groups: usize,
    partners: Option<&[Option<usize>]>,
) -> Result<()> {
    let (rows, channels, _, _) = x.dims4()?;
    if groups == 0 || channels % groups != 0 {
        candle_core::bail!("group_norm: {channels} channels in {groups} groups")
    }
    let Some(partners) = partners else { return Ok(()) };
    if partners.len() != rows || partners.iter().flatten().any(|&row| row >= rows) {
        candle_core::bail!("group_norm: partners {partners:?} do not fit {rows} rows")
    }
    Ok(())
}

/// Refuses AdaIN arguments that do not fit each other.
pub(super) fn check_adain(x: &Tensor, anchors: &[StatAnchors]) -> Result<()> {
    let (rows, tokens, _) = x.dims3()?;
    if tokens < 2 {
        candle_core::bail!("adain: a deviation needs two tokens, there is {tokens}")
    }
    if anchors.len() != rows || anchors.iter().flatten().any(|&(row, _)| row >= rows) {
        candle_core::bail!("adain: anchors {anchors:?} do not fit {rows} rows")
    }
    Ok(())
}
