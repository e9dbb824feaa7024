//! Control maps on the command line.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::error::CliError;
use crate::engine::control::find_net;
use crate::engine::read_map;
use crate::models::ModelFolder;
use crate::recipe::{Control, ControlKind, ControlMap, Recipe, Thresholds};

/// Pictures that steer the composition.
#[derive(Debug, Args)]
#[command(next_help_heading = "Control maps")]
pub struct Steer {
    /// Follow the edges, depth or corners of a picture, or a map as it is: canny:IMG, depth:IMG,
    /// corners:IMG or raw:IMG.
    ///
    /// A strength may follow, as canny:house.png:0.8, and a panel, as canny:house.png@2. Without
    /// a panel every picture follows the map but the first one of an aligned set, which lends its
    /// style; with one only that picture does, the first one too. Give it once for each map.
    #[arg(long = "control", value_name = "KIND:IMG[:SCALE][@PANEL]", value_parser = named)]
    pub maps: Vec<Named>,
    /// Control net: a folder in the diffusers layout [default: the model's own].
    #[arg(long, value_name = "DIR", requires = "maps")]
    pub control_model: Option<PathBuf>,
    /// Share of the steps that pass before the maps are followed, 0 to 1 [default: 0].
    #[arg(long, value_name = "X", requires = "maps", allow_negative_numbers = true)]
    pub control_start: Option<f64>,
    /// Share of the steps after which they are let go, 0 to 1 [default: 1].
    #[arg(long, value_name = "X", requires = "maps", allow_negative_numbers = true)]
    pub control_end: Option<f64>,
    #[command(flatten)]
    pub making: Making,
    /// Let the net read the negative prompt in both halves, as the published implementation does.
    #[arg(long, requires = "maps")]
    pub control_negative_text: bool,
}

/// How a map is made from a picture.
#[derive(Debug, Args)]
pub struct Making {
    /// Smallest gradient of an edge that hangs on another [default: 100].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub low: Option<f64>,
    /// Smallest gradient of an edge that stands alone, up to 2040 [default: 200].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub high: Option<f64>,
    /// The depth picture is dark where it is near.
    #[arg(long)]
    pub invert: bool,
}

/// A map as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    kind: ControlKind,
    path: String,
    scale: Option<f64>,
    /// From 1.
    panel: Option<usize>,
}

/// The panel is what follows the last `@` and the strength what follows the last
/// `:`, if those are numbers: a name may hold such characters too.
fn named(text: &str) -> Result<Named, String> {
    let wrong = || "a map is written like canny:house.png, depth:room.png:0.8 or raw:map.png@2";
    let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
    let kind = ControlKind::from_name(kind).ok_or_else(|| {
        let kinds = ControlKind::ALL.map(ControlKind::name).join(", ");
        format!("{kind:?} is no kind of map; there are {kinds}")
    })?;
    let tail = |rest: &str, mark: char| -> Option<(String, f64)> {
        let (path, number) = rest.rsplit_once(mark)?;
        Some((path.to_owned(), number.parse().ok()?))
    };
    let (rest, panel) = match rest.rsplit_once('@').map(|(path, n)| (path, n.parse())) {
        Some((path, Ok(panel))) => (path, Some(panel)),
        _ => (rest, None),
    };
    let (path, scale) = match tail(rest, ':') {
        Some((path, scale)) => (path, Some(scale)),
        None => (rest.to_owned(), None),
    };
    match path.is_empty() || panel == Some(0) {
        true => Err(wrong().into()),
        false => Ok(Named { kind, path, scale, panel }),
    }
}

impl Making {
    /// Fills in what was asked for and a map of this kind has.
    pub fn apply(&self, map: &mut ControlMap) {
        if let Some(thresholds) = &mut map.thresholds {
            let usual = Thresholds::default();
            thresholds.low = self.low.unwrap_or(usual.low);
            // One that is raised alone takes the other along.
            thresholds.high = self.high.unwrap_or(usual.high.max(thresholds.low));
            thresholds.low = self.low.unwrap_or(thresholds.low.min(thresholds.high));
        }
        map.invert = self.invert && map.kind == ControlKind::Depth;
    }

    /// Options that no map among these kinds has.
    ///
    /// # Errors
    /// The first of them.
    pub fn check(&self, kinds: &[ControlKind]) -> Result<(), CliError> {
        let lacks = |kind| !kinds.contains(&kind);
        if (self.low.is_some() || self.high.is_some()) && lacks(ControlKind::Canny) {
            return Err(CliError::usage("--low and --high are for canny maps"));
        }
        if self.invert && lacks(ControlKind::Depth) {
            return Err(CliError::usage("--invert is for depth maps"));
        }
        Ok(())
    }
}

/// Lets the recipe follow the maps that were named, if any were.
///
/// # Errors
/// When a picture or the net cannot be used.
pub fn steer(args: &Steer, model: &ModelFolder, recipe: &mut Recipe) -> Result<(), CliError> {
    let kinds: Vec<ControlKind> = args.maps.iter().map(|named| named.kind).collect();
    args.making.check(&kinds)?;
    if args.maps.is_empty() {
        return Ok(());
    }
    let map = |named: &Named| {
        let mut map = ControlMap::new(named.kind, &named.path, "");
        map.scale = named.scale.unwrap_or(map.scale);
        map.start = args.control_start.unwrap_or(map.start);
        map.end = args.control_end.unwrap_or(map.end);
        map.panel = named.panel.map(|number| number - 1);
        args.making.apply(&mut map);
        map
    };
    let net = args.control_model.as_ref().map(|path| path.display().to_string());
    let maps = args.maps.iter().map(map).collect();
    let negative_text = args.control_negative_text;
    let mut control = Control { net, hash: None, negative_text, maps };
    recipe.control = Some(control.clone());
    // Ranges first: what a person typed wrong is cheaper to say than to compute with.
    recipe.check()?;
    for map in &mut control.maps {
        map.hash = read_map(Path::new(&map.picture), map, Some(recipe.map_size(map)))?.1;
    }
    control.hash = Some(find_net(&control, model)?.hash()?);
    recipe.control = Some(control);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_from_its_ends() {
        let parse = |text: &str| named(text).map(|n| (n.path, n.scale, n.panel));
        let path = |text: &str| text.to_owned();
        assert_eq!(parse("canny:a.png"), Ok((path("a.png"), None, None)));
        assert_eq!(parse("depth:a.png:0.5@3"), Ok((path("a.png"), Some(0.5), Some(3))));
        assert_eq!(parse("raw:C:\\a@b.png"), Ok((path("C:\\a@b.png"), None, None)));
        assert_eq!(parse("raw:a:b.png:2"), Ok((path("a:b.png"), Some(2.0), None)));
        for bad in ["a.png", "canny:", "pose:a.png", "canny:a.png@0", "canny:@2", "depth::0.5"] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_threshold_that_is_raised_alone_takes_the_other_along() {
        let thresholds = |low, high| {
            let mut map = ControlMap::new(ControlKind::Canny, "a.png", "");
            Making { low, high, invert: false }.apply(&mut map);
            map.thresholds.map(|t| (t.low, t.high))
        };
        assert_eq!(thresholds(None, None), Some((100.0, 200.0)));
        assert_eq!(thresholds(Some(300.0), None), Some((300.0, 300.0)));
        assert_eq!(thresholds(None, Some(50.0)), Some((50.0, 50.0)));
        assert_eq!(thresholds(Some(5.0), Some(50.0)), Some((5.0, 50.0)));
    }
}
