//! An axis of a grid: a field of the recipe, and the values that it takes.

use super::yaml::{self, Value};
use super::{AdaIn, Anchor, Layers, Recipe, Window};

/// Most values of one axis.
const MAX_VALUES: usize = 64;

/// Short names, with the field that each stands for.
const NAMES: [(&str, &str); 22] = [
    ("weight", "style.reference_weight"),
    ("scale", "style.score_scale"),
    ("strength", "style.strength"),
    ("layers", "style.layers"),
    ("start", "style.window.start"),
    ("end", "style.window.end"),
    ("curve", "style.window.curve"),
    ("share-steps", "style.window"),
    ("fade", "style.fades"),
    ("adain", "style.adain"),
    ("dropout", "style.dropout"),
    ("subject-keys", "style.subject_keys"),
    ("swap", "style.swap"),
    ("pool", "style.pool"),
    ("query-guidance", "style.query_guidance"),
    ("prompted-only", "style.prompted_only"),
    ("recolour", "style.recolour"),
    ("style", "style_prompt"),
    ("blend", "anchor.blend"),
    ("guidance", "guidance_scale"),
    ("steps", "steps"),
    ("negative", "negative_prompt"),
];

/// A field and the values that it takes, one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// As it was typed.
    pub name: String,
    /// As they were typed, or as a range stands for them.
    pub values: Vec<String>,
}

fn wrong() -> String {
    "an axis is written like weight=0..2:5 or layers=all,up,style".to_owned()
}

/// `A..B:N` as N numbers from A to B; `None` where it is no range, as `A..B:CURVE` is none.
fn range(text: &str) -> Option<Result<Vec<String>, String>> {
    let (ends, count) = text.split_once(':')?;
    let (from, to) = ends.split_once("..")?;
    let (from, to) = (from.trim().parse::<f64>().ok()?, to.trim().parse::<f64>().ok()?);
    let count: usize = count.trim().parse().ok()?;
    if !(2..=MAX_VALUES).contains(&count) {
        return Some(Err(format!("a range takes 2 to {MAX_VALUES} values, as 0..1:5")));
    }
    Some(Ok(Axis::between(from, to, count).map(|value| value.to_string()).collect()))
}

impl Axis {
    /// Reads `weight=0..2:5` (five values from 0 to 2) or `layers=all,up,style`.
    ///
    /// # Errors
    /// What the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, list) = text.split_once('=').ok_or_else(wrong)?;
        if name.trim().is_empty() {
            return Err(wrong());
        }
        Ok(Self { name: name.trim().to_owned(), values: Self::values(list)? })
    }

    /// So many numbers, two or more, evenly from one to another.
    pub fn between(from: f64, to: f64, count: usize) -> impl Iterator<Item = f64> {
        let value = move |i: usize| from + (to - from) * i as f64 / (count - 1) as f64;
        // As people write them: no 0.30000000000000004.
        (0..count).map(move |i| (value(i) * 1e6).round() / 1e6)
    }

    /// Reads the values alone: `0..2:5` or `all,up,style`.
    ///
    /// # Errors
    /// What the text should look like.
    pub fn values(list: &str) -> Result<Vec<String>, String> {
        let values = match range(list) {
            Some(values) => values?,
            None => list.split(',').map(|value| value.trim().to_owned()).collect(),
        };
        if values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        if values.len() > MAX_VALUES {
            return Err(format!("{} values are more than {MAX_VALUES}", values.len()));
        }
        Ok(values)
    }

    /// The recipe with this axis at one of its values.
    ///
    /// # Errors
    /// When there is no such field, it does not take the value, or the recipe is not
    /// one that can be painted then.
    pub fn apply(&self, recipe: &Recipe, value: &str) -> Result<Recipe, String> {
        let named = |message: String| format!("the axis {} at {value}: {message}", self.name);
        let changed = match self.name.as_str() {
            "share" => share(recipe, value),
            "seed" => seed(recipe, value),
            _ => self.field(recipe, value),
        };
        let changed = changed.map_err(named)?;
        changed.check().map_err(|error| named(error.to_string()))?;
        Ok(changed)
    }

    fn field(&self, recipe: &Recipe, value: &str) -> Result<Recipe, String> {
        let known = NAMES.iter().find(|(name, _)| *name == self.name);
        let path = known.map_or(self.name.as_str(), |(_, path)| path);
        let value = match path {
            "style.swap" | "style.recolour" if value == "off" => Value::Null,
            "style.layers" | "style.swap" => as_value(&Layers::parse(value)?)?,
            "style.window" | "style.recolour" => as_value(&Window::parse(value)?)?,
            "style.adain" => as_value(&adain(value)?)?,
            _ => yaml::from_str(value).map_err(|error| error.message)?,
        };
        let mut document = as_value(recipe)?;
        *place(&mut document, path).ok_or_else(|| self.unknown())? = value;
        yaml::from_value(document).map_err(|error| error.message)
    }

    fn unknown(&self) -> String {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).chain(["share", "seed"]).collect();
        format!(
            "the recipe has no such field; there are {}, or a field as style.adain.values",
            names.join(", ")
        )
    }
}

fn as_value<T: serde::Serialize>(value: &T) -> Result<Value, String> {
    yaml::to_value(value).map_err(|error| error.message)
}

/// A field by the names on its way; the last may be one that is left out where it
/// has its usual value.
fn place<'a>(document: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let mut at = document;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        while let Value::Tagged(tagged) = at {
            at = &mut tagged.value;
        }
        at = match at {
            Value::Sequence(list) => list.get_mut(name.parse::<usize>().ok()?)?,
            Value::Mapping(map) => {
                let empty = if names.peek().is_some() {
                    Value::Mapping(yaml::Mapping::new())
                } else {
                    Value::Null
                };
                map.entry(Value::from(name)).or_insert(empty)
            }
            _ => return None,
        };
    }
    Some(at)
}

/// `on`, `off`, or letters without the commas that part values: `q+k`.
fn adain(value: &str) -> Result<AdaIn, String> {
    match value {
        "off" => Ok(AdaIn { queries: false, keys: false, values: false }),
        "on" => Ok(AdaIn { queries: true, keys: true, values: true }),
        letters => AdaIn::parse(&letters.replace('+', ",")),
    }
}

/// The first reference's share; the others divide the rest as they did.
fn share(recipe: &Recipe, value: &str) -> Result<Recipe, String> {
    let first: f64 = value.parse().map_err(|_| "a share is a number from 0 to 1".to_owned())?;
    let mut recipe = recipe.clone();
    let Anchor::References(references) = &mut recipe.anchor else {
        return Err("shares are for references".into());
    };
    let [lead, rest @ ..] = references.pictures.as_mut_slice() else { return Ok(recipe) };
    if rest.is_empty() {
        return Err("a share needs two references or more".into());
    }
    let whole: f64 = rest.iter().map(|reference| reference.weight).sum();
    let count = rest.len() as f64;
    for reference in rest {
        let part = if whole > 0.0 { reference.weight / whole } else { 1.0 / count };
        reference.weight = (1.0 - first) * part;
    }
    lead.weight = first;
    Ok(recipe)
}

/// The first panel's seed; the others keep their distance.
fn seed(recipe: &Recipe, value: &str) -> Result<Recipe, String> {
    let first: u64 = value.parse().map_err(|_| "a seed is a whole number".to_owned())?;
    let mut recipe = recipe.clone();
    let was = recipe.panels.first().map_or(0, |panel| panel.seed);
    for panel in &mut recipe.panels {
        panel.seed = first.wrapping_add(panel.seed.wrapping_sub(was));
    }
    Ok(recipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Curve, Draft, Fades, LayerGroup};

    fn axis(text: &str) -> Result<Axis, String> {
        Axis::parse(text)
    }

    fn recipe() -> Recipe {
        let subjects = vec!["a fox".into(), "a bear".into()];
        Draft { subjects, seed: 5, ..Draft::default() }.freeze("1")
    }

    fn adain_of(all: bool) -> AdaIn {
        AdaIn { queries: all, keys: all, values: all }
    }

    #[test]
    fn ranges_and_lists_are_read() {
        assert_eq!(axis("weight=0..1:5").unwrap().values, ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(axis("scale=0..0.3:4").unwrap().values[1], "0.1");
        assert_eq!(axis("layers=all, up").unwrap().values, ["all", "up"]);
        assert_eq!(axis("style=oil: thick").unwrap().values, ["oil: thick"]);
        let curves = axis("share-steps=0..0.5:cosine, 0..1:linear").unwrap().values;
        assert_eq!(curves, ["0..0.5:cosine", "0..1:linear"]);
        for bad in ["", "weight", "weight=", "=1", "weight=1,,2", "weight=0..1:1"] {
            assert!(axis(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_are_set_by_short_and_long_names() {
        let at = |text: &str| {
            let axis = axis(text).unwrap();
            axis.apply(&recipe(), &axis.values[0])
        };
        assert_eq!(at("weight=2").unwrap().style.reference_weight, 2.0);
        assert_eq!(at("dropout=0.5").unwrap().style.dropout, 0.5);
        assert_eq!(at("swap=up").unwrap().style.swap, Some(Layers::Group(LayerGroup::Up)));
        assert_eq!(at("swap=off").unwrap().style.swap, None);
        assert_eq!(at("pool=2").unwrap().style.pool, 2);
        assert_eq!(at("query-guidance=1.5").unwrap().style.query_guidance, 1.5);
        assert_eq!(at("start=0.2").unwrap().style.window.start, 0.2);
        assert_eq!(at("layers=up").unwrap().style.layers, Layers::Group(LayerGroup::Up));
        assert!(at("style.adain.values=true").unwrap().style.adain.values);
        let adain = at("adain=q+k").unwrap().style.adain;
        assert!(adain.queries && adain.keys && !adain.values);
        assert_eq!(at("adain=off").unwrap().style.adain, adain_of(false));
        assert_eq!(at("adain=on").unwrap().style.adain, adain_of(true));
        let recoloured = at("recolour=0.5..0.9").unwrap().style.recolour.unwrap();
        assert_eq!((recoloured.start, recoloured.end), (0.5, 0.9));
        assert_eq!(at("recolour=off").unwrap().style.recolour, None);
        assert_eq!(at("share-steps=0..0.6:cosine").unwrap().style.window.curve, Curve::Cosine);
        assert_eq!(at("fade=strength").unwrap().style.fades, Fades::Strength);
        assert_eq!(at("panels.1.subject=an owl").unwrap().panels[1].subject, "an owl");
        assert_eq!(at("seed=9").unwrap().panels[1].seed, 10);
        for (bad, words) in [
            ("weight=-1", "reference weight is -1"),
            ("weight=much", "axis weight at much"),
            ("weight=0..1:x", "axis weight at 0..1:x"),
            ("recolour=0.5..wide", "axis recolour at 0.5..wide"),
            ("adain=q+x", "axis adain at q+x"),
            ("colour=red", "colour"),
            ("share=0.5", "for references"),
            ("panels.7.subject=x", "no such field"),
        ] {
            let error = at(bad).unwrap_err();
            assert!(error.contains(words), "{bad}: {error}");
        }
    }
}
