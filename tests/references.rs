//! Reference pictures lend their style, and a panel depends on nothing else.

use crate::goldens::oracle;
use crate::program::Home;
use image::{Rgb, RgbImage};
use predella::engine::explain::{Seen, Watcher};
use predella::engine::invert::Shelf;
use predella::engine::pass::Watch;
use predella::engine::{
    DeviceChoice, Event, Inputs, Limits, LoadOptions, Pipeline, Plan, Precision, read_picture,
};
use predella::models::ModelFolder;
use predella::recipe::{
    Anchor, Encoding, ModelRef, Panel, RECIPE_VERSION, Recipe, Reference, References,
    SchedulerChoice, Size, Style,
};
use std::sync::atomic::AtomicBool;

const OPTIONS: LoadOptions = LoadOptions { device: DeviceChoice::Cpu, precision: Precision::F32 };
const SIZE: Size = Size { width: 64, height: 96 };

/// A picture of coloured waves, another one for each number.
pub fn waves(number: u32) -> RgbImage {
    RgbImage::from_fn(SIZE.width, SIZE.height, |x, y| {
        let wave = |by: u32| ((x * by + y * number * 3) % 256) as u8;
        Rgb([wave(4), wave(7 + number), wave(2)])
    })
}

/// Three panels that take the style of references with these weights.
pub fn recipe(weights: &[f64], encoding: Encoding) -> Recipe {
    let picture = |weight: &f64| Reference::new("waves.png", "", "waves", *weight);
    let panel = |(subject, seed): (&str, u64)| Panel { subject: subject.into(), seed };
    Recipe {
        version: RECIPE_VERSION,
        engine: "test".into(),
        model: ModelRef { name: "tiny".into(), hash: None },
        anchor: Anchor::References(References {
            encoding,
            ..References::new(weights.iter().map(picture).collect())
        }),
        panels: [("a toy train", 1), ("a toy boat", 2), ("a toy plane", 3)].map(panel).into(),
        style_prompt: String::new(),
        negative_prompt: None,
        size: SIZE,
        steps: 4,
        guidance_scale: 5.0,
        scheduler: SchedulerChoice::default(),
        style: Style { reference_weight: 2.0, ..Style::default() },
        control: None,
        panorama: None,
    }
}

/// A tiny model, ready.
pub struct Painter {
    folder: ModelFolder,
    pipeline: Pipeline,
}

impl Painter {
    pub fn new(name: &str) -> Self {
        let folder = ModelFolder::open(&oracle().join(name)).unwrap();
        let pipeline = Pipeline::load(&folder, &OPTIONS).unwrap();
        Self { folder, pipeline }
    }

    /// Self-attention layers of the model.
    pub fn layers(&self) -> usize {
        self.pipeline.unet().config().self_attentions()
    }

    pub fn folder(&self) -> &ModelFolder {
        &self.folder
    }

    pub fn paint(
        &self,
        recipe: &Recipe,
        references: &[RgbImage],
        chunk: Option<usize>,
    ) -> Vec<RgbImage> {
        self.watched(recipe, references, chunk, None)
    }

    /// What alignment does in every layer and step.
    pub fn watch(
        &self,
        recipe: &Recipe,
        references: &[RgbImage],
        chunk: Option<usize>,
    ) -> Vec<Seen> {
        let watcher = Watcher::new(references.len(), |_| true);
        self.watched(recipe, references, chunk, Some(&watcher));
        watcher.take().unwrap()
    }

    fn watched(
        &self,
        recipe: &Recipe,
        references: &[RgbImage],
        chunk: Option<usize>,
        watch: Option<&dyn Watch>,
    ) -> Vec<RgbImage> {
        let limits = Limits { chunk, ..Limits::default() };
        let plan = Plan::new(&self.folder, recipe, &OPTIONS, &limits).unwrap();
        let inputs = Inputs { references: references.to_vec(), ..Inputs::default() };
        let mut pictures = Vec::new();
        let mut collect = |event| {
            if let Event::Panel { picture, .. } = event {
                pictures.push(picture);
            }
        };
        let stop = AtomicBool::new(false);
        self.pipeline.paint_watched(recipe, &plan, &inputs, &stop, watch, &mut collect).unwrap();
        pictures
    }
}

fn encodings() -> [Encoding; 3] {
    [
        Encoding::default(),
        Encoding::Inversion { guidance_scale: 1.0, offset: 2 },
        Encoding::Noise { seed: 5 },
    ]
}

#[test]
fn a_panel_is_the_same_alone_in_a_chunk_and_added_later() {
    for model in ["tiny-sdxl", "tiny-sd15"] {
        let painter = Painter::new(model);
        for encoding in encodings() {
            let whole = recipe(&[0.25, 0.75], encoding);
            let references = [waves(1), waves(2)];
            let set = painter.paint(&whole, &references, None);
            assert_eq!(set.len(), 3);
            assert!(set == painter.paint(&whole, &references, Some(1)), "{model} {encoding:?}");
            let mut later = whole.clone();
            later.panels.drain(..2);
            assert!(set[2] == painter.paint(&later, &references, None)[0], "{model} {encoding:?}");
        }
    }
}

#[test]
fn a_reference_changes_panels_and_each_one_differently() {
    let painter = Painter::new("tiny-sdxl");
    let one = recipe(&[1.0], Encoding::default());
    let first = painter.paint(&one, &[waves(1)], None);
    let mut plain = one.clone();
    plain.style = Style::none();
    assert!(first != painter.paint(&plain, &[waves(1)], None));
    // The pipeline keeps the last references: another hash is another picture.
    let mut other = one.clone();
    if let Anchor::References(references) = &mut other.anchor {
        references.pictures[0].hash = "2".into();
    }
    assert!(first != painter.paint(&other, &[waves(2)], None));
    assert!(first == painter.paint(&one, &[waves(1)], None));
}

/// Dividing the weight of one picture among copies of it divides nothing.
#[test]
fn equal_references_are_one_whatever_their_weights() {
    let painter = Painter::new("tiny-sdxl");
    for encoding in [Encoding::default(), Encoding::Inversion { guidance_scale: 2.0, offset: 1 }] {
        let one = painter.paint(&recipe(&[1.0], encoding), &[waves(1)], None);
        for weights in [[0.5, 0.5], [0.1, 0.9], [0.0, 1.0]] {
            let both = recipe(&weights, encoding);
            let two = painter.paint(&both, &[waves(1), waves(1)], None);
            for (a, b) in one.iter().zip(&two) {
                let pairs = || a.as_raw().iter().zip(b.as_raw());
                let most = pairs().map(|(a, b)| a.abs_diff(*b)).max().unwrap();
                let off = pairs().filter(|(a, b)| a != b).count() as f64;
                assert!(most <= 1 && off < 0.01 * a.as_raw().len() as f64, "{weights:?}: {most}");
            }
        }
    }
}

#[test]
fn a_saved_style_paints_as_its_picture_does() {
    let home = Home::new();
    home.paint(&["a castle", "--style", "ink", "--seed", "2", "--out", "first"]).done();
    let picture = "first/01-a-castle.png";
    home.run(&["style", "save", "mine", picture]).done();
    let taken = home.run(&["style", "save", "mine", picture]);
    assert!(taken.code == Some(2) && taken.stderr.contains("already"), "{}", taken.all());
    let listed = home.run(&["style", "ls"]).done().stdout;
    assert!(listed.starts_with("mine") && listed.contains("a castle, ink"), "{listed}");
    let pixels = |name: &str| read_picture(&home.path().join(name)).unwrap().0;
    home.paint(&["a fox", "--seed", "3", "--use", "mine", "--out", "saved"]).done();
    let named = ["a fox", "--seed", "3", "--style", "ink", "-r", picture, "--out", "named"];
    home.paint(&[&named[..], &["--caption", "a castle, ink"]].concat()).done();
    assert!(pixels("saved/01-a-fox.png") == pixels("named/01-a-fox.png"));
    home.run(&["style", "rm", "mine"]).done();
    let gone = home.paint(&["a fox", "--use", "mine"]);
    assert!(gone.code == Some(2) && gone.stderr.contains("no style mine"), "{}", gone.all());
}

#[test]
fn references_come_from_files_and_are_repainted() {
    let home = Home::new();
    waves(1).save(home.path().join("a.png")).unwrap();
    waves(2).save(home.path().join("b=1.png")).unwrap();
    let named = ["a fox", "an owl", "--seed", "4", "-r", "a.png=3", "-r", "b=1.png=1"];
    let look = ["--caption", "waves", "--fit", "pad"];
    home.paint(&[&named[..], &look].concat()).done();
    let recipe = home.run(&["info", "predella-out/02-an-owl.png"]).done().stdout;
    for words in
        ["picture: a.png", "caption: waves", "weight: 0.75", "picture: b=1.png", "!inversion"]
    {
        assert!(recipe.contains(words), "{words}: {recipe}");
    }
    let model = crate::program::tiny();
    let again = ["paint", "--recipe", "predella-out/02-an-owl.png", "--out", "again", "--model"];
    home.run(&[&again[..], &[model.to_str().unwrap()]].concat()).done();
    let read = |name: &str| std::fs::read(home.path().join(name)).unwrap();
    assert!(read("predella-out/02-an-owl.png") == read("again/02-an-owl.png"));
    // A grey picture of 16 bits, and one of another shape.
    let grey = image::ImageBuffer::<image::Luma<u16>, _>::from_fn(9, 200, |x, y| {
        image::Luma([(x * 700 + y * 300) as u16])
    });
    grey.save(home.path().join("grey.png")).unwrap();
    let noise = ["a fox", "-r", "grey.png", "--encode", "noise", "--scheduler", "euler"];
    home.paint(&[&noise[..], &["--out", "grey"]].concat()).done();
    assert_eq!(home.names("grey"), ["01-a-fox.png"]);
}

/// An inversion is laid down, and taken from there by the next program: the same
/// pictures, without inverting.
#[test]
fn inversions_are_kept_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let painted = |shelf: bool| {
        let mut painter = Painter::new("tiny-sdxl");
        if shelf {
            let hash = painter.folder.hash().unwrap();
            painter.pipeline.keep_inversions(Shelf::new(folder.path().join("inversions"), &hash));
        }
        let recipe = recipe(&[0.25, 0.75], Encoding::default());
        painter.paint(&recipe, &[waves(1), waves(2)], None)
    };
    let without = painted(false);
    assert!(without == painted(true) && without == painted(true));
    assert_eq!(crate::program::names(&folder.path().join("inversions")).len(), 1);
}
