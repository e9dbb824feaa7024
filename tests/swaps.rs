//! Panels that look at what lends alone, or at its means: what both are at their ends.

use crate::modes::{alike, recipe, with_references};
use crate::references::{Painter, waves};
use predella::recipe::{AdaIn, Layers, Recipe, Style};

#[test]
fn swapping_and_pooling_are_what_they_are_at_their_ends() {
    let painter = Painter::new("tiny-sdxl");
    let paint = |style: Style| painter.paint(&recipe(style), &[], None);
    let usual = paint(Style::default());
    let nowhere = Layers::Mask("0".repeat(painter.layers()));
    assert!(paint(Style { swap: Some(nowhere), ..Style::default() }) == usual);
    // Cells of one token are the tokens.
    assert!(alike(&paint(Style { pool: 32, ..Style::default() }), &usual));
    // Without a weight nobody lends, so that there is nothing to look at instead.
    let swap = Some(Layers::All);
    let unweighted = Style { reference_weight: 0.0, ..Style::default() };
    assert!(paint(Style { swap: swap.clone(), ..unweighted.clone() }) == paint(unweighted));
    // The weight is all that there is: how large it is means nothing.
    let swapped =
        |weight| Style { swap: Some(Layers::All), reference_weight: weight, ..Style::default() };
    assert!(alike(&paint(swapped(1.0)), &paint(swapped(4.0))));
    assert!(paint(swapped(1.0)) != usual);
    // Nor is anything left to look at where every token of it is left out.
    let bare = AdaIn { queries: false, keys: false, values: false };
    let dropped = Style { dropout: 1.0, adain: bare, swap, ..Style::default() };
    assert!(alike(&paint(dropped), &paint(Style::none())));
}

/// A panel that is the anchor stays it, with nothing but the anchor to look at.
#[test]
fn a_swapped_panel_in_the_anchors_noise_is_the_anchor() {
    let painter = Painter::new("tiny-sdxl");
    let swap = Some(Layers::All);
    let mut twins = recipe(Style { swap, ..Style::default() });
    twins.panels[2] = twins.panels[0].clone();
    let set = painter.paint(&twins, &[], None);
    assert!(alike(&set[..1], &set[2..]) && set[0] != set[1]);
}

/// With queries of its own there is nothing to move away from.
#[test]
fn a_panel_in_the_anchors_noise_has_the_anchors_queries() {
    let painter = Painter::new("tiny-sdxl");
    let mut twins = recipe(Style { query_guidance: 3.0, ..Style::default() });
    twins.panels[2] = twins.panels[0].clone();
    let set = painter.paint(&twins, &[], None);
    assert!(alike(&set[..1], &set[2..]) && set[0] != set[1]);
    // Where nothing is shared, nobody lends queries either.
    let nowhere = Layers::Mask("0".repeat(painter.layers()));
    let alone =
        |query_guidance| Style { query_guidance, layers: nowhere.clone(), ..Style::default() };
    let paint = |style| painter.paint(&recipe(style), &[], None);
    assert!(alike(&paint(alone(3.0)), &paint(alone(0.0))));
}

#[test]
fn equal_references_are_one_swapped_and_pooled() {
    let painter = Painter::new("tiny-sdxl");
    let swapped = Style { swap: Some(Layers::All), ..Style::default() };
    let guided = Style { query_guidance: 1.0, ..Style::default() };
    for style in [swapped, Style { pool: 2, ..Style::default() }, guided] {
        let set =
            |weights: &[f64]| Recipe { style: style.clone(), ..with_references(weights, |_| {}) };
        let one = painter.paint(&set(&[1.0]), &[waves(1)], None);
        let two = painter.paint(&set(&[0.3, 0.7]), &[waves(1), waves(1)], None);
        assert!(alike(&one, &two), "{style:?}");
        let usual = painter.paint(&with_references(&[1.0], |_| {}), &[waves(1)], None);
        assert!(one != usual, "{style:?}");
    }
}
