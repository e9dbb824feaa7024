//! One attention layer under each style, AdaIN and norm sharing alone.

use super::unet::style;
use crate::parity::report::{Checker, LAYER};
use crate::parity::set::{Fallible, Golden};
use candle_core::Tensor;
use predella::engine::layers::{GroupNorm, LayerNorm};
use predella::engine::pass::Pass;
use predella::engine::style::{Row, StyleContext, adain::adain, guidance_rows, norm};
use predella::engine::unet::Attention;
use predella::engine::weights::Vars;
use std::collections::HashMap;

/// The file's own weights under a prefix.
fn vars(golden: &Golden, prefix: &str) -> Vars {
    let named = golden.tensors.iter();
    let own: HashMap<String, Tensor> =
        named.filter_map(|(n, t)| Some((n.strip_prefix(prefix)?.to_owned(), t.clone()))).collect();
    Vars::new(&golden.name, own, &golden.place.device, golden.place.dtype)
}

/// (rows, tokens, heads · width) to (rows, heads, tokens, width).
fn split_heads(x: &Tensor, heads: usize) -> Fallible<Tensor> {
    let (rows, tokens, channels) = x.dims3()?;
    Ok(x.reshape((rows, tokens, heads, channels / heads))?.transpose(1, 2)?.contiguous()?)
}

pub fn attention(golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let heads = golden.number("heads")? as usize;
    let (x, context) = (&golden.input("in.hidden_states")?, &golden.input("in.context")?);
    let (rows, _, channels) = x.dims3()?;
    let layer = Attention::load(&vars(golden, "in.self."), channels, channels, heads, Some(0))?;
    let cross =
        Attention::load(&vars(golden, "in.cross."), channels, context.dim(2)?, heads, None)?;
    let nothing = x.zeros_like()?;
    let plain = layer.forward(x, None, &nothing, Pass::default())?;
    checker.check("out.plain", &plain, LAYER)?;
    let crossed = cross.forward(x, Some(context), &nothing, Pass::default())?;
    checker.check("out.cross", &crossed, LAYER)?;
    let halves = guidance_rows(rows / 2, 2);
    for (name, options) in golden.params["variants"].as_object().ok_or("no variants")? {
        let style = StyleContext::new(&style(options)?, &halves, vec![true]);
        let pass = Pass { style: Some(&style), ..Pass::default() };
        checker.check(&format!("out.{name}"), &layer.forward(x, None, &nothing, pass)?, LAYER)?;
    }
    pieces(golden, checker, heads)
}

/// Queries, AdaIN of them, and AdaIN of nearly flat features, where its
/// epsilon and its place show.
fn pieces(golden: &Golden, checker: &mut Checker, heads: usize) -> Fallible<()> {
    let x = &golden.input("in.hidden_states")?;
    let rows = x.dim(0)?;
    let of = |row: Row| row.anchors.iter().map(|lender| (lender.row, lender.weight)).collect();
    let anchors: Vec<Vec<(usize, f32)>> = guidance_rows(rows / 2, 2).into_iter().map(of).collect();
    let q = predella::engine::kernels::linear(x, &golden.input("in.self.to_q.weight")?, None)?;
    let q_adain = adain(&q, &anchors)?;
    checker.check("q", &split_heads(&q, heads)?, LAYER)?;
    checker.check("q_adain", &split_heads(&q_adain, heads)?, LAYER)?;
    let scale = 0.8;
    let own: Vec<u32> = (0..rows).map(|i| (i / (rows / 2) * (rows / 2)) as u32).collect();
    let anchor = (q.index_select(&Tensor::new(own, &golden.place.device)?, 0)? * scale)?;
    // The anchor's second copy of itself is not scaled.
    let anchor_rows: Vec<Tensor> = (0..rows)
        .map(|i| if i % (rows / 2) == 0 { q.narrow(0, i, 1) } else { anchor.narrow(0, i, 1) })
        .collect::<Result<_, _>>()?;
    let appended = Tensor::cat(&[&q, &Tensor::cat(&anchor_rows, 0)?], 1)?;
    checker.check("k_cat", &split_heads(&appended, heads)?, LAYER)?;
    let flat = golden.input("in.flat")?;
    let (b, h, n, d) = flat.dims4()?;
    let tokens = flat.transpose(1, 2)?.contiguous()?.reshape((b, n, h * d))?;
    checker.check("flat_adain", &split_heads(&adain(&tokens, &anchors)?, h)?, LAYER)
}

pub fn norms(golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let (image, tokens) = (golden.input("in.image")?, golden.input("in.tokens")?);
    let (groups, eps) = (golden.number("groups")? as usize, golden.number("eps")?);
    let (rows, channels) = (image.dim(0)?, image.dim(1)?);
    let group = GroupNorm::load(&vars(golden, "in.group."), channels, groups, eps)?;
    let layer = LayerNorm::load(&vars(golden, "in.layer."), tokens.dim(2)?, eps)?;
    let partners = norm::partners(&guidance_rows(rows / 2, 2));
    // Where the input is tiny, epsilon shows.
    for (kind, factor) in [("", 1.0), ("small_", 0.003)] {
        let (image, tokens) = ((&image * factor)?, (&tokens * factor)?);
        checker.check(&format!("out.group_{kind}plain"), &group.forward(&image, None)?, LAYER)?;
        checker.check(
            &format!("out.group_{kind}shared"),
            &group.forward(&image, Some(&partners))?,
            LAYER,
        )?;
        // Sharing a layer norm changes nothing, which this shows.
        let normed = layer.forward(&tokens)?;
        checker.check(&format!("out.layer_{kind}plain"), &normed, LAYER)?;
        checker.check(&format!("out.layer_{kind}shared"), &normed, LAYER)?;
    }
    Ok(())
}
