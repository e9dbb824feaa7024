//! Sharing that differs between steps, layers and references.

use super::{Lender, Lenders, StyleContext, lay_out};
use crate::recipe::{Style, Window};

/// How one reference lends, besides its weight.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Manner {
    /// How its weight goes with the steps.
    pub window: Window,
    /// The layers in which it lends; `None` means wherever the set shares.
    pub layers: Option<Vec<bool>>,
    /// Its own reference weight.
    pub reference_weight: Option<f64>,
    /// Its own score scale.
    pub score_scale: Option<f64>,
}

impl Manner {
    fn lends_in(&self, layer: usize) -> bool {
        self.layers.as_ref().is_none_or(|own| own.get(layer).copied().unwrap_or(false))
    }
}

/// What is shared in a run, for the rows of one half.
#[derive(Clone, Copy)]
pub struct Sharing<'a> {
    /// The set's options.
    pub style: &'a Style,
    /// Where the set shares.
    pub layers: &'a [bool],
    /// Where panels look at what lends alone; nowhere without any.
    pub swaps: &'a [bool],
    /// Whose style each row takes.
    pub lenders: &'a [Lenders],
    /// How the rows in front lend; without any, all as the set says.
    pub manners: &'a [Manner],
    /// Halves of a guidance batch.
    pub halves: usize,
}

impl Sharing<'_> {
    /// The sharing of step `index` of `steps`; `None` when nothing is shared then.
    ///
    /// Where some references do not lend, the others divide the whole among them.
    pub fn at(&self, index: usize, steps: usize) -> Option<StyleContext> {
        let style = self.style.at(index, steps)?;
        let lay_out = |lending: &dyn Fn(&Lender) -> bool| {
            let row = |all: &Lenders| self.divide(all, lending, (index, steps));
            let lenders: Vec<Lenders> = self.lenders.iter().map(row).collect();
            lay_out(&lenders, self.halves, style.prompted_only)
        };
        let mut context = StyleContext::bare(&style, &lay_out(&|_| true));
        context.step = index;
        let mut laid: Vec<((Vec<bool>, bool), usize)> = Vec::new();
        for (layer, shares) in self.layers.iter().enumerate() {
            if !shares {
                context.leave();
                continue;
            }
            let lending: Vec<bool> = self.manners.iter().map(|m| m.lends_in(layer)).collect();
            let swaps = self.swaps.get(layer).copied().unwrap_or(false);
            let way = (lending, swaps);
            match laid.iter().find(|(of, _)| *of == way) {
                Some((_, part)) => context.share_as(*part),
                None => {
                    let lends = |l: &Lender| way.0.get(l.row).copied().unwrap_or(true);
                    let part = context.share(&style, &lay_out(&lends), swaps);
                    laid.push((way, part));
                }
            }
        }
        Some(context)
    }

    /// What a step would be with the lenders' queries, in the half with the prompt alone.
    pub fn leaked(&self, index: usize, steps: usize) -> Option<StyleContext> {
        let mut context = Sharing { halves: 1, ..*self }.at(index, steps)?;
        context.ask_as_lenders();
        Some(context)
    }

    /// Those of a row's lenders that lend in this step, with what is theirs.
    fn divide(
        &self,
        all: &Lenders,
        lending: &dyn Fn(&Lender) -> bool,
        (index, steps): (usize, usize),
    ) -> Lenders {
        if self.manners.is_empty() {
            return all.clone();
        }
        let own = |lender: &Lender| {
            let Some(manner) = self.manners.get(lender.row) else { return *lender };
            Lender {
                weight: lender.weight * manner.window.at(index, steps) as f32,
                reference_weight: manner.reference_weight,
                score_scale: manner.score_scale,
                ..*lender
            }
        };
        let mut kept: Lenders = all.iter().filter(|l| lending(l)).map(own).collect();
        let whole: f32 = all.iter().map(|lender| lender.weight).sum();
        let sum: f32 = kept.iter().map(|lender| lender.weight).sum();
        if sum <= 0.0 {
            return Lenders::new();
        }
        // What is whole stays as it is, to the last bit.
        if sum != whole {
            kept.iter_mut().for_each(|lender| lender.weight /= sum);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::super::behind;
    use super::*;
    use crate::recipe::Curve;

    fn weights(context: &StyleContext, layer: usize, row: usize) -> Vec<(usize, f32)> {
        context.anchors(layer)[row].clone()
    }

    #[test]
    fn those_that_lend_divide_the_whole() {
        let style = Style::default();
        let falling = Window { curve: Curve::Linear, ..Window::default() };
        let first = Manner { window: falling, ..Manner::default() };
        let second = Manner { layers: Some(vec![true, false]), ..Manner::default() };
        let lenders = behind(&[0.5, 0.5], 3);
        let sharing = Sharing {
            style: &style,
            layers: &[true, true],
            swaps: &[],
            lenders: &lenders,
            manners: &[first, second],
            halves: 1,
        };
        let start = sharing.at(0, 4).unwrap();
        assert_eq!(weights(&start, 0, 2), [(0, 0.5), (1, 0.5)]);
        assert_eq!(weights(&start, 1, 2), [(0, 1.0)], "the second lends in the first layer only");
        let later = sharing.at(2, 4).unwrap();
        let [(_, first), (_, second)] = weights(&later, 0, 2)[..] else { panic!() };
        assert!((first - 1.0 / 3.0).abs() < 1e-6 && (second - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn outside_the_window_nothing_is_shared() {
        let window = Window { start: 0.5, ..Window::default() };
        let style = Style { window, ..Style::default() };
        let lenders = behind(&[1.0], 2);
        let layers = &[true; 2];
        let of = |swaps| Sharing {
            style: &style,
            layers,
            swaps,
            lenders: &lenders,
            manners: &[],
            halves: 2,
        };
        assert!(of(&[]).at(1, 4).is_none() && of(&[]).leaked(1, 4).is_none());
        assert!(of(&[]).at(2, 4).unwrap().shares(0));
        // Panels look at themselves too, but where layers swap.
        let context = of(&[false, true]).at(2, 4).unwrap();
        let seen = [0, 1].map(|layer| context.sources(layer)[3].len());
        assert_eq!((seen, context.sources(1)[2][0].row), ([2, 1], 2));
    }
}
