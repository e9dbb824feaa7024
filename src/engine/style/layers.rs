//! Which self-attention layers share.
//!
//! Layers are numbered as the published implementation meets them: those of
//! the down blocks, then of the up blocks, then of the middle.

use crate::engine::error::{EngineError, Result};
use crate::engine::unet::{Level, UNetConfig};
use crate::recipe::{LayerGroup, Layers, Style};

/// One flag for each self-attention layer of a model: whether it shares.
///
/// # Errors
/// When a mask has another length, or a level, number of plain layers or group that
/// this model cannot have.
pub fn mask(choice: &Layers, model: &UNetConfig) -> Result<Vec<bool>> {
    match choice {
        Layers::Group(group) => of_group(*group, model),
        choice => by_number(choice, model.self_attentions()),
    }
}

/// One flag for each self-attention layer: whether panels look at what lends alone.
///
/// # Errors
/// As [`mask`].
pub fn swaps(style: &Style, model: &UNetConfig) -> Result<Vec<bool>> {
    style.swap.as_ref().map_or(Ok(Vec::new()), |choice| mask(choice, model))
}

/// Where a layer stands: the way, the block on it, the transformer in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    way: LayerGroup,
    block: usize,
    transformer: usize,
}

/// Every layer's place, in their order.
fn places(model: &UNetConfig) -> Vec<Place> {
    let levels = model.levels.len();
    let places = |way, block: usize, transformers: usize, layers: usize| {
        let place =
            move |transformer| std::iter::repeat_n(Place { way, block, transformer }, layers);
        (0..transformers).flat_map(place)
    };
    let down = |(block, level): (usize, &Level)| {
        places(LayerGroup::Down, block, level.layers, level.down_transformers)
    };
    let up = |(level, of): (usize, &Level)| {
        places(LayerGroup::Up, levels - 1 - level, of.layers + 1, of.up_transformers)
    };
    let mut all: Vec<Place> = model.levels.iter().enumerate().flat_map(down).collect();
    all.extend(model.levels.iter().enumerate().rev().flat_map(up));
    all.extend(places(LayerGroup::Mid, 0, 1, model.mid_transformers));
    all
}

/// The name of each layer's transformer and the layer's number, in the order in which
/// the network computes: down, middle, up.
pub fn in_order(model: &UNetConfig) -> Vec<(String, usize)> {
    let named = |(number, place): (usize, &Place)| {
        let Place { way, block, transformer } = place;
        let name = match way {
            LayerGroup::Mid => format!("mid_block.attentions.{transformer}"),
            way => format!("{}_blocks.{block}.attentions.{transformer}", way.name()),
        };
        (*way == LayerGroup::Up, *way == LayerGroup::Mid, name, number)
    };
    let mut all: Vec<_> = places(model).iter().enumerate().map(named).collect();
    // The middle comes before the way up, and is numbered behind it.
    all.sort_by_key(|(up, mid, _, number)| (*up, *mid, *number));
    all.into_iter().map(|(_, _, name, number)| (name, number)).collect()
}

/// The layers of a group.
fn of_group(group: LayerGroup, model: &UNetConfig) -> Result<Vec<bool>> {
    let places = places(model);
    let on = |way| places.iter().filter(move |place| place.way == way);
    let one = |place: Option<Place>, transformer: usize| {
        let chosen = place.map(|place| Place { transformer, ..place });
        places.iter().map(|place| Some(*place) == chosen).collect()
    };
    let mask: Vec<bool> = match group {
        LayerGroup::Down | LayerGroup::Mid | LayerGroup::Up => {
            places.iter().map(|place| place.way == group).collect()
        }
        LayerGroup::LastUp => {
            let (down, up) = (on(LayerGroup::Down).count(), on(LayerGroup::Up).count());
            let last = up.div_ceil(3);
            (0..places.len()).map(|i| (down + up - last..down + up).contains(&i)).collect()
        }
        LayerGroup::Style => {
            let first = on(LayerGroup::Up).next().copied();
            let mut block = on(LayerGroup::Up).filter(|p| Some(p.block) == first.map(|f| f.block));
            let transformers = block.next_back().map_or(0, |last| last.transformer + 1);
            one(first, transformers / 2)
        }
        LayerGroup::Layout => {
            let last = on(LayerGroup::Down).next_back().copied();
            one(last, last.map_or(0, |last| last.transformer))
        }
    };
    match mask.contains(&true) {
        true => Ok(mask),
        false => {
            let name = group.name();
            Err(EngineError::Unfit(format!("this model has no self-attention in the group {name}")))
        }
    }
}

fn by_number(choice: &Layers, count: usize) -> Result<Vec<bool>> {
    match choice {
        Layers::All | Layers::Group(_) => Ok(vec![true; count]),
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
        by_number(&choice, count).unwrap().iter().filter(|shares| !**shares).count()
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
        assert!(by_number(&Layers::OnlySelfLevel(0.01), 70).is_err());
        assert!(by_number(&Layers::OnlySelfLevel(0.99), 70).is_err());
    }

    #[test]
    fn plain_counts_are_exact() {
        for n in 0..=16 {
            assert_eq!(plain(Layers::PlainCount(n), 16), n as usize);
        }
        assert!(by_number(&Layers::PlainCount(17), 16).is_err());
    }

    #[test]
    fn a_mask_of_another_length_is_refused() {
        assert_eq!(by_number(&Layers::Mask("010".into()), 3).unwrap(), [false, true, false]);
        assert!(by_number(&Layers::Mask("01".into()), 3).is_err());
    }

    fn chosen(group: LayerGroup, model: &UNetConfig) -> Vec<usize> {
        let mask = mask(&Layers::Group(group), model).unwrap();
        (0..mask.len()).filter(|i| mask[*i]).collect()
    }

    #[test]
    fn groups_are_the_published_blocks_of_sdxl() {
        let model = crate::engine::ModelSpec::sdxl_base().unwrap().unet;
        assert_eq!(places(&model).len(), model.self_attentions());
        // 24 down (4 and 20), 36 up (30 and 6), 10 in the middle.
        assert_eq!(chosen(LayerGroup::Down, &model), (0..24).collect::<Vec<_>>());
        assert_eq!(chosen(LayerGroup::Up, &model), (24..60).collect::<Vec<_>>());
        assert_eq!(chosen(LayerGroup::Mid, &model), (60..70).collect::<Vec<_>>());
        assert_eq!(chosen(LayerGroup::LastUp, &model), (48..60).collect::<Vec<_>>());
        assert_eq!(chosen(LayerGroup::Style, &model), (34..44).collect::<Vec<_>>());
        assert_eq!(chosen(LayerGroup::Layout, &model), (14..24).collect::<Vec<_>>());
    }

    #[test]
    fn other_shapes_have_the_same_groups() {
        // SD 1.5: attention in the first three levels, one layer a transformer.
        let mut sd15 = crate::engine::ModelSpec::sdxl_base().unwrap().unet;
        let level = |transformers| Level {
            layers: 2,
            down_transformers: transformers,
            up_transformers: transformers,
            ..sd15.levels[0].clone()
        };
        sd15.levels = vec![level(1), level(1), level(1), level(0)];
        sd15.mid_transformers = 1;
        assert_eq!(sd15.self_attentions(), 16);
        // Down 0 to 5, up 6 to 14: up_blocks.1.attentions.1 and down_blocks.2.attentions.1.
        assert_eq!(chosen(LayerGroup::Style, &sd15), [7]);
        assert_eq!(chosen(LayerGroup::Layout, &sd15), [5]);
        assert_eq!(chosen(LayerGroup::LastUp, &sd15), [12, 13, 14]);
        assert_eq!(chosen(LayerGroup::Mid, &sd15), [15]);
        sd15.mid_transformers = 0;
        assert!(mask(&Layers::Group(LayerGroup::Mid), &sd15).is_err());
    }
}
