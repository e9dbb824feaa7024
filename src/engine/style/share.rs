//! Shared attention (StyleAligned section 3.2, eq. 4; `shared_score_scale` and
//! `shared_score_shift` of the published code).

use super::Row;
use crate::engine::kernels::KeySource;
use crate::recipe::Style;

/// What each row attends to in a shared layer.
///
/// A panel attends to its own tokens and to those of its anchors, whose logits
/// are `λ · q·k / √d + ln (r w)` for a weight w. The anchor attends to itself alone. With
/// `full_share` every row attends to every row of its guidance half. Where a layer
/// `swaps`, a panel with anchors does not attend to its own tokens.
pub fn sources(style: &Style, rows: &[Row], swaps: bool) -> Vec<Vec<KeySource>> {
    let of = |(i, row)| {
        let mut sources = of_row(style, rows, i, row);
        // One's own tokens come first.
        if swaps && !style.full_share && sources.len() > 1 {
            sources.remove(0);
        }
        sources
    };
    rows.iter().enumerate().map(of).collect()
}

fn of_row(style: &Style, rows: &[Row], i: usize, row: &Row) -> Vec<KeySource> {
    let prompted = || rows.last().is_some_and(|last| last.half == row.half);
    if style.full_share && (!style.prompted_only || prompted()) {
        let same_half = rows.iter().enumerate().filter(|(_, r)| r.half == row.half);
        return same_half.map(|(j, _)| KeySource::own(j)).collect();
    }
    let mut sources = vec![KeySource::own(i)];
    for lender in row.anchors.iter().filter(|_| style.share_attention && !style.full_share) {
        // Several anchors divide the weight that one would have.
        let whole = lender.reference_weight.unwrap_or(style.reference_weight);
        let mass = whole * f64::from(lender.weight);
        if mass > 0.0 {
            let scale = lender.score_scale.unwrap_or(style.score_scale) as f32;
            sources.push(KeySource { row: lender.row, scale, shift: mass.ln() as f32 });
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::super::guidance_rows;
    use super::*;

    #[test]
    fn panels_see_themselves_then_the_anchor() {
        let style = Style { reference_weight: 2.0, score_scale: 0.5, ..Style::default() };
        let sources = sources(&style, &guidance_rows(2, 2), false);
        assert_eq!(sources[0], [KeySource::own(0)]);
        let anchor = KeySource { row: 2, scale: 0.5, shift: std::f32::consts::LN_2 };
        assert_eq!(sources[3], [KeySource::own(3), anchor]);
    }

    #[test]
    fn swapped_panels_see_the_anchor_alone_and_the_anchor_itself() {
        let rows = guidance_rows(2, 2);
        let swapped = sources(&Style::default(), &rows, true);
        let anchor = KeySource { row: 2, scale: 1.0, shift: 0.0 };
        assert_eq!((&swapped[2][..], &swapped[3][..]), (&[KeySource::own(2)][..], &[anchor][..]));
        // Who has nothing to look at instead looks at itself.
        let none = Style { reference_weight: 0.0, ..Style::default() };
        assert_eq!(sources(&none, &rows, true), sources(&none, &rows, false));
    }

    #[test]
    fn no_weight_means_no_sharing() {
        let style = Style { reference_weight: 0.0, ..Style::default() };
        assert!(sources(&style, &guidance_rows(3, 1), true).iter().all(|s| s.len() == 1));
    }

    #[test]
    fn full_sharing_stays_in_its_half() {
        let style = Style { full_share: true, ..Style::default() };
        let sources = sources(&style, &guidance_rows(2, 2), true);
        let rows: Vec<_> = sources[3].iter().map(|s| s.row).collect();
        assert_eq!(rows, [2, 3]);
    }
}
