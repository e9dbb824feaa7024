//! Which self-attention layers share.
//!
//! Layers are numbered as the published implementation meets them: those of
//! the down blocks, then of the up blocks, then of the middle.

use crate::engine::error::{EngineError, Result};
use crate::recipe::Layers;

/// One flag for each of `count` layers: whether it shares.
///
/// # Errors
/// When a mask has another length, or a level or number of plain layers that
/// this many layers cannot have.
pub fn mask(choice: &Layers, count: usize) -> Result<Vec<bool>> {
    match choice {
        Layers::All => Ok(vec![true; count]),
        Layers::OnlySelfLevel(level) => only_self_level(*level, count),
        Layers::PlainCount(plain) => plain_count(*plain as usize, count),
        Layers::Mask(mask) if mask.len() == count => Ok(mask.chars().map(|c| c == '1').collect()),
        Layers::Mask(mask) => Err(EngineError::Unfit(format!(
            "the layer mask has {} characters; this model has {count} self-attention layers",
            mask.len()
        ))),
    }
}

/// The published rule: up to one half, each `count / int(level · count)`-th
/// layer from the first stays plain; above, the choice for `1 − level` is
/// turned round. Coarse: the number of plain layers is only roughly the level.
fn only_self_level(level: f64, count: usize) -> Result<Vec<bool>> {
    if level == 0.0 || level == 1.0 {
        return Ok(vec![level == 0.0; count]);
    }
    let turned = level > 0.5;
    let plain = (if turned { 1.0 - level } else { level } * count as f64) as usize;
    if plain == 0 {
        return Err(EngineError::Unfit(format!(
            "an only-self level of {level} leaves no layer of {count}; use --plain-layers for an exact number"
        )));
    }
    let every = count / plain;
    Ok((0..count).map(|i| i.is_multiple_of(every) == turned).collect())
}

/// Exactly `plain` layers stay plain, spread evenly.
fn plain_count(plain: usize, count: usize) -> Result<Vec<bool>> {
    if plain > count {
        return Err(EngineError::Unfit(format!(
            "{plain} plain layers are more than the {count} self-attention layers of this model"
        )));
    }
    Ok((0..count).map(|i| (i + 1) * plain / count == i * plain / count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(choice: Layers, count: usize) -> usize {
        mask(&choice, count).unwrap().iter().filter(|shares| !**shares).count()
    }

    #[test]
    fn the_published_levels_of_sdxl() {
        let expected = [(0.05, 4), (0.1, 7), (0.2, 14), (0.25, 18), (0.3, 24), (0.34, 24)];
        let upper = [(0.4, 35), (0.5, 35), (0.6, 35), (0.66, 46), (0.75, 52), (0.9, 63)];
        for (level, layers) in expected.into_iter().chain(upper) {
            assert_eq!(plain(Layers::OnlySelfLevel(level), 70), layers, "level {level}");
        }
        assert_eq!(plain(Layers::OnlySelfLevel(0.0), 70), 0);
        assert_eq!(plain(Layers::OnlySelfLevel(1.0), 70), 70);
    }

    #[test]
    fn a_level_that_divides_by_zero_is_refused() {
        assert!(mask(&Layers::OnlySelfLevel(0.01), 70).is_err());
        assert!(mask(&Layers::OnlySelfLevel(0.99), 70).is_err());
    }

    #[test]
    fn plain_counts_are_exact() {
        for n in 0..=16 {
            assert_eq!(plain(Layers::PlainCount(n), 16), n as usize);
        }
        assert!(mask(&Layers::PlainCount(17), 16).is_err());
    }

    #[test]
    fn a_mask_of_another_length_is_refused() {
        assert_eq!(mask(&Layers::Mask("010".into()), 3).unwrap(), [false, true, false]);
        assert!(mask(&Layers::Mask("01".into()), 3).is_err());
    }
}
