use super::super::Watcher;
use super::*;
use crate::engine::pass::Watch;
use crate::engine::style::{
    Lent, Lookout, Row, StyleContext, Watched, behind, guidance_rows, lay_out,
};
use crate::recipe::Style;
use std::sync::Arc;

/// Tokens of a row, channels, heads.
const TOKENS: usize = 6;
const WIDTH: usize = 4;
const HEADS: usize = 2;

fn seen(context: &StyleContext, references: usize, before: [Tensor; 3]) -> Seen {
    let after = context.normalise(0, before.clone()).unwrap();
    let watcher = Watcher::new(references, |step| step == context.step());
    let (number, module, heads) = (0, "down.attn1", HEADS);
    let layer =
        SharedLayer { number, module, heads, before: &before, after: &after, style: context };
    watcher.shared(&layer);
    let seen = watcher.take().unwrap().remove(0);
    assert!(watcher.take().unwrap().is_empty(), "what was taken is gone");
    seen
}

fn context(style: &Style, rows: &[Row]) -> StyleContext {
    StyleContext::new(style, rows, vec![true])
}

/// Without AdaIN, so that keys stay as they are given.
fn plain() -> Style {
    let off = Style::none().adain;
    Style { adain: off, ..Style::default() }
}

/// Rows of one token each, all alike within a row.
fn flat(rows: &[f32]) -> Tensor {
    let values: Vec<f32> = rows.iter().flat_map(|x| vec![*x; TOKENS * WIDTH]).collect();
    Tensor::from_vec(values, (rows.len(), TOKENS, WIDTH), &Device::Cpu).unwrap()
}

/// An anchor, and a panel that is it stretched and shifted.
fn moved(stretch: f32, shift: f32) -> Tensor {
    let one: Vec<f32> = (0..TOKENS * WIDTH).map(|i| ((i * 7) % 5) as f32 - 2.0).collect();
    let two: Vec<f32> = one.iter().map(|x| x * stretch + shift).collect();
    Tensor::from_vec([one, two].concat(), (2, TOKENS, WIDTH), &Device::Cpu).unwrap()
}

fn near(found: f32, wanted: f64) {
    assert!((f64::from(found) - wanted).abs() < 1e-4, "{found} for {wanted}");
}

fn lent(dropout: f64, subject_keys: f64, lookout: &Lookout) -> Lent {
    let masks = Arc::new(lookout.masks());
    let (pool, size) = (0, (2, 3));
    Lent { dropout, seed: 3, step: 0, subject_keys, masks, per_half: 2, pool, size }
}

#[test]
fn equal_keys_share_attention_by_their_weight_and_strength() {
    for (weight, strength, share) in [(1.0, 1.0, 0.5), (3.0, 1.0, 0.75), (3.0, 0.4, 0.3)] {
        let style = Style { reference_weight: weight, strength, ..plain() };
        let found =
            seen(&context(&style, &guidance_rows(2, 1)), 1, [0; 3].map(|_| moved(1.0, 0.0)));
        near(found.shares[0], share);
        assert_eq!((found.step, found.tokens, found.panels), (0, TOKENS, 1));
    }
}

#[test]
fn tokens_that_are_left_out_get_nothing() {
    let lookout = Lookout::default();
    let of = |dropout| {
        let mut context = context(&plain(), &guidance_rows(2, 2));
        context.lend(Some(lent(dropout, 1.0, &lookout)), None);
        seen(&context, 1, [0; 3].map(|_| flat(&[1.0; 4]))).shares[0]
    };
    near(of(0.0), 0.5);
    near(of(1.0), 0.0);
    // All keys are equal, so the share tells how many of the tokens are left.
    let share = f64::from(of(0.5));
    let left = share / (1.0 - share) * TOKENS as f64;
    assert!((left - left.round()).abs() < 1e-3 && (1.0..6.0).contains(&left.round()), "{left}");
}

#[test]
fn keys_of_the_subject_count_as_they_are_weakened() {
    // Two of the anchor's six tokens look at its word.
    let lookout = Lookout::new(vec![Watched { row: 0, lender: 0, words: vec![1] }]);
    let mut q = vec![0f32; TOKENS * WIDTH];
    q[..2 * WIDTH].fill(9.0);
    let q = Tensor::from_vec(q, (1, TOKENS, WIDTH), &Device::Cpu).unwrap();
    let words = Tensor::new(&[[[0f32; WIDTH], [1.0; WIDTH]]], &Device::Cpu).unwrap();
    lookout.see(&q, &words, HEADS).unwrap();
    let mut context = context(&plain(), &guidance_rows(2, 1));
    context.lend(Some(lent(0.0, 0.5, &lookout)), None);
    let found = seen(&context, 1, [0; 3].map(|_| flat(&[1.0; 2])));
    // Logits: two channels a head, so 2/√2, and half of it for the subject's tokens.
    let (all, half) = (2f64.sqrt().exp(), (2f64.sqrt() / 2.0).exp());
    let lent = 4.0 * all + 2.0 * half;
    near(found.shares[0], lent / (6.0 * all + lent));
}

#[test]
fn each_reference_has_its_place_in_the_half_with_the_prompt() {
    let q = flat(&[1.0; 6]);
    // The second of two lends alone, and only where the prompt is.
    let lenders = behind(&[0.5, 0.5], 3);
    let mut rows = lay_out(&lenders, 2, true);
    rows[5].anchors.remove(0);
    rows[5].anchors[0].weight = 1.0;
    let found = seen(&context(&plain(), &rows), 2, [0; 3].map(|_| q.clone()));
    assert_eq!((found.shares.len(), found.panels), (2, 1));
    near(found.shares[0], 0.0);
    near(found.shares[1], 0.5);
    let full = Style { full_share: true, ..plain() };
    let found = seen(&context(&full, &guidance_rows(3, 2)), 1, [0; 3].map(|_| q.clone()));
    near(found.shares[0], 1.0 / 3.0);
    let none = Style { share_attention: false, ..Style::default() };
    let found = seen(&context(&none, &guidance_rows(3, 2)), 1, [0; 3].map(|_| q.clone()));
    near(found.shares[0], 0.0);
}

#[test]
fn more_references_than_channels_of_a_head_are_told_apart() {
    let rows = lay_out(&behind(&[0.1, 0.2, 0.7], 4), 1, false);
    let found = seen(&context(&plain(), &rows), 3, [0; 3].map(|_| flat(&[1.0; 4])));
    for (share, weight) in found.shares.iter().zip([0.1, 0.2, 0.7]) {
        near(*share, weight / 2.0);
    }
}

/// Rows of so many tokens, all different.
fn noise(seed: u64, rows: usize, tokens: usize) -> Tensor {
    crate::engine::rng::noise(seed, (rows, tokens, WIDTH)).unwrap()
}

#[test]
fn every_fourth_token_of_a_large_layer_says_what_all_would() {
    let lookout = Lookout::default();
    for (strength, dropout) in [(1.0, 0.0), (0.5, 0.3)] {
        let style = Style { strength, reference_weight: 3.0, ..plain() };
        let mut context = context(&style, &guidance_rows(2, 1));
        context.lend((dropout > 0.0).then(|| lent(dropout, 1.0, &lookout)), None);
        let [q, k, v] = [1, 2, 3].map(|seed| noise(seed, 2, 2 * LARGE));
        let thin = seen(&context, 1, [q.clone(), k.clone(), v.clone()]).shares[0];
        // All of the tokens, by hand: the attention of values that are one.
        let marks = Tensor::cat(&[v.ones_like().unwrap().narrow(0, 0, 1).unwrap()], 0).unwrap();
        let marks = Tensor::cat(&[&marks, &marks.zeros_like().unwrap()], 0).unwrap();
        let all = context.attend(0, [&q, &k, &marks], [&q, &k, &marks], HEADS).unwrap();
        let all = all.narrow(0, 1, 1).unwrap().mean_all().unwrap().to_scalar::<f32>().unwrap();
        assert!((0.1..0.9).contains(&all) && (thin - all).abs() < 0.01, "{thin} for {all}");
    }
}

#[test]
fn adain_takes_the_distance_away_where_it_is_on() {
    let given = [moved(2.0, 4.0), moved(0.5, 0.0), moved(3.0, 0.0)];
    let found = seen(&context(&Style::default(), &guidance_rows(2, 1)), 1, given);
    for (place, factor) in [2.0, 2.0, 3.0].into_iter().enumerate() {
        near(found.before[place].spread, factor);
    }
    assert!(found.before[0].mean > 1.0, "{found:?}");
    for place in 0..2 {
        near(found.behind[place].spread, 1.0);
        near(found.behind[place].mean, 0.0);
    }
    assert_eq!(found.behind[2], found.before[2], "values are left alone");
}
