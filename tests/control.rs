//! Control maps: strength zero is none, and a map for one panel is nothing to
//! the others.

use crate::goldens::oracle;
use image::{Rgb, RgbImage};
use predella::engine::{
    DeviceChoice, Event, Inputs, Limits, LoadOptions, Pipeline, Plan, Precision,
};
use predella::imaging;
use predella::models::{ModelFolder, sha256};
use predella::recipe::{
    Anchor, Control, ControlKind, ControlMap, ModelRef, Panel, Panorama, RECIPE_VERSION, Recipe,
    SchedulerChoice, Size, Style,
};
use std::path::Path;
use std::sync::atomic::AtomicBool;

const OPTIONS: LoadOptions = LoadOptions { device: DeviceChoice::Cpu, precision: Precision::F32 };
const SIZE: Size = Size { width: 64, height: 96 };

/// A model with its control net, and a folder with a picture to follow.
struct Studio {
    folder: ModelFolder,
    net: String,
    pipeline: Pipeline,
    dir: tempfile::TempDir,
}

impl Studio {
    fn new(name: &str) -> Self {
        let folder = ModelFolder::open(&oracle().join(name)).unwrap();
        let net = oracle().join(format!("{name}-controlnet")).display().to_string();
        let dir = tempfile::tempdir().unwrap();
        for (file, width) in [("square.png", 64), ("wide.png", 144)] {
            let square = RgbImage::from_fn(width, 96, |x, y| {
                let inside = (16..48).contains(&x) && (20..70).contains(&y);
                Rgb(if inside { [240, 200, 90] } else { [20, 40, 70] })
            });
            imaging::save(&dir.path().join(file), &square, None).unwrap();
        }
        let pipeline = Pipeline::load(&folder, &OPTIONS).unwrap();
        Self { folder, net, pipeline, dir }
    }

    fn map(&self) -> ControlMap {
        self.map_of("square.png")
    }

    fn map_of(&self, file: &str) -> ControlMap {
        let hash = sha256(&imaging::read_file(&self.dir.path().join(file), 1 << 20).unwrap());
        ControlMap::new(ControlKind::Canny, file, &hash)
    }

    fn control(&self, maps: Vec<ControlMap>) -> Option<Control> {
        Some(Control { net: Some(self.net.clone()), hash: None, negative_text: false, maps })
    }

    fn paint(&self, recipe: &Recipe, chunk: Option<usize>) -> Vec<RgbImage> {
        let limits = Limits { chunk, ..Limits::default() };
        self.paint_by(recipe, &Plan::new(&self.folder, recipe, &OPTIONS, &limits).unwrap())
    }

    fn paint_by(&self, recipe: &Recipe, plan: &Plan) -> Vec<RgbImage> {
        let inputs = Inputs::load(recipe, self.dir.path()).unwrap();
        let mut pictures = Vec::new();
        let mut collect = |event| {
            if let Event::Panel { picture, .. } = event {
                pictures.push(picture);
            }
        };
        self.pipeline.paint(recipe, plan, &inputs, &AtomicBool::new(false), &mut collect).unwrap();
        pictures
    }
}

fn recipe(control: Option<Control>) -> Recipe {
    let panel = |(subject, seed): (&str, u64)| Panel { subject: subject.into(), seed };
    Recipe {
        version: RECIPE_VERSION,
        engine: "test".into(),
        model: ModelRef { name: "tiny".into(), hash: None },
        anchor: Anchor::FirstPanel,
        panels: [("a toy train", 1), ("a toy boat", 2), ("a toy plane", 3)].map(panel).into(),
        style_prompt: "macro photo".into(),
        negative_prompt: None,
        size: SIZE,
        steps: 3,
        guidance_scale: 5.0,
        scheduler: SchedulerChoice::default(),
        style: Style::default(),
        control,
        panorama: None,
    }
}

/// Which panels differ.
fn changed(a: &[RgbImage], b: &[RgbImage]) -> Vec<bool> {
    a.iter().zip(b).map(|(a, b)| a != b).collect()
}

#[test]
fn a_map_steers_whom_it_is_for_and_nobody_else() {
    for name in ["tiny-sdxl", "tiny-sd15"] {
        let studio = Studio::new(name);
        let without = studio.paint(&recipe(None), None);
        let with = |maps| studio.paint(&recipe(studio.control(maps)), None);
        let one = |panel| ControlMap { panel, ..studio.map() };
        let steered = [
            (vec![one(Some(2))], [false, false, true]),
            (vec![one(Some(1))], [false, true, false]),
            // The anchor keeps its composition unless it is named.
            (vec![one(None)], [false, true, true]),
            (vec![ControlMap { scale: 0.0, ..one(None) }], [false; 3]),
            (vec![ControlMap { start: 0.9, ..one(None) }], [false; 3]),
        ];
        for (maps, expected) in steered {
            let shown = format!("{name}: {maps:?}");
            assert_eq!(changed(&with(maps), &without), expected, "{shown}");
        }
        // Who follows the anchor's style follows it when it changes, too.
        assert_eq!(changed(&with(vec![one(Some(0))]), &without), [true; 3], "{name}");
    }
}

#[test]
fn a_steered_panel_is_the_same_in_chunks_and_in_the_set() {
    let studio = Studio::new("tiny-sdxl");
    let own = ControlMap { panel: Some(2), scale: 0.5, ..studio.map() };
    let recipe = recipe(studio.control(vec![studio.map(), own]));
    let set = studio.paint(&recipe, None);
    assert!(set == studio.paint(&recipe, Some(1)));
    assert!(set == studio.paint(&recipe, Some(2)));
}

#[test]
fn without_alignment_every_panel_follows_the_map() {
    let studio = Studio::new("tiny-sdxl");
    let plain = |control| studio.paint(&Recipe { style: Style::none(), ..recipe(control) }, None);
    let with = plain(studio.control(vec![studio.map()]));
    assert_eq!(changed(&with, &plain(None)), [true; 3]);
}

/// The same behind an anchor, as panoramas of two and a half windows.
fn wide(control: Option<Control>) -> Recipe {
    let size = Size { width: 144, height: 96 };
    let panorama = Panorama { size, stride: 16, wrap: false, along: false };
    Recipe { panorama: Some(panorama), ..recipe(control) }
}

#[test]
fn a_map_steers_panoramas_by_the_same_law() {
    for name in ["tiny-sdxl", "tiny-sd15"] {
        let studio = Studio::new(name);
        let without = studio.paint(&wide(None), None);
        let one = |panel| ControlMap { panel, ..studio.map_of("wide.png") };
        let steered = [
            (vec![one(None)], [false, true, true]),
            (vec![one(Some(2))], [false, false, true]),
            (vec![ControlMap { scale: 0.0, ..one(None) }], [false; 3]),
            (vec![ControlMap { start: 0.9, ..one(None) }], [false; 3]),
        ];
        for (maps, expected) in steered {
            let shown = format!("{name}: {maps:?}");
            let with = studio.paint(&wide(studio.control(maps)), None);
            assert_eq!(changed(&with, &without), expected, "{shown}");
        }
    }
}

#[test]
fn a_steered_panorama_is_the_same_through_any_windows_and_in_any_memory() {
    let studio = Studio::new("tiny-sdxl");
    let mut recipe = wide(studio.control(vec![studio.map_of("wide.png")]));
    for wrap in [false, true] {
        recipe.panorama.as_mut().unwrap().wrap = wrap;
        let set = studio.paint(&recipe, None);
        assert_eq!(set.iter().map(RgbImage::width).collect::<Vec<_>>(), [64, 144, 144]);
        for chunk in [1, 2, 4] {
            assert!(set == studio.paint(&recipe, Some(chunk)), "{wrap} {chunk}");
        }
        let within = |bytes| {
            let limits = Limits { memory: Some(bytes), ..Limits::default() };
            Plan::new(&studio.folder, &recipe, &OPTIONS, &limits).ok()
        };
        // The least that one window fits into.
        let mut sizes = std::iter::successors(Some(1u64 << 20), |bytes| Some(bytes * 21 / 20));
        let plan = sizes.find_map(within).unwrap();
        assert!(plan.batch < plan.views.as_ref().unwrap().count(), "{}", plan.batch);
        assert!(set == studio.paint_by(&recipe, &plan), "{wrap}");
    }
}

#[test]
fn one_steered_window_is_the_steered_picture() {
    let studio = Studio::new("tiny-sdxl");
    let picture = recipe(studio.control(vec![studio.map()]));
    let panorama = Some(Panorama { size: SIZE, ..wide(None).panorama.unwrap() });
    let through = Recipe { panorama, ..picture.clone() };
    assert!(studio.paint(&through, None) == studio.paint(&picture, None));
}

#[test]
fn a_map_is_brought_to_the_size_of_whom_it_steers() {
    let studio = Studio::new("tiny-sdxl");
    let read = |map| Inputs::load(&wide(studio.control(vec![map])), studio.dir.path()).unwrap();
    let (all, lender) = (studio.map_of("wide.png"), Some(0));
    let found = read(all.clone());
    assert!(found.maps[0].dimensions() == (144, 96) && found.notes.is_empty(), "{:?}", found.notes);
    // The one that lends has a window's size: what is wider is cut off, and said.
    let cut = read(ControlMap { panel: lender, ..all });
    assert_eq!(cut.maps[0].dimensions(), (64, 96));
    assert!(cut.notes[0].contains("wide.png is 144x96"), "{:?}", cut.notes);
    assert!(read(studio.map()).notes[0].contains("square.png is 64x96"));
}

#[test]
fn what_the_recipe_does_not_mean_is_refused() {
    let studio = Studio::new("tiny-sdxl");
    let load = |maps| Inputs::load(&recipe(studio.control(maps)), studio.dir.path());
    assert!(load(vec![studio.map()]).is_ok());
    let refused = |map: ControlMap| load(vec![map]).unwrap_err().to_string();
    assert!(refused(ControlMap { hash: "00".into(), ..studio.map() }).contains("has changed"));
    let gone = ControlMap { picture: "gone.png".into(), ..studio.map() };
    assert!(refused(gone).contains("gone.png"));
    let plan = |net: &Path, hash: Option<&str>| {
        let mut recipe = recipe(studio.control(vec![studio.map()]));
        let control = recipe.control.as_mut().unwrap();
        control.net = Some(net.display().to_string());
        control.hash = hash.map(str::to_owned);
        Plan::new(&studio.folder, &recipe, &OPTIONS, &Limits::default())
    };
    let text = |net: &str, hash| plan(&oracle().join(net), hash).unwrap_err().to_string();
    assert!(text("tiny-sdxl-controlnet", Some("00")).contains("another hash"));
    assert!(text("tiny-sd15-controlnet", None).contains("another family"));
    assert!(text("nothing", None).contains("nothing"));
    let mut own = recipe(studio.control(vec![studio.map()]));
    own.control.as_mut().unwrap().net = None;
    let error = Plan::new(&studio.folder, &own, &OPTIONS, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("--control-model"), "{error}");
}
