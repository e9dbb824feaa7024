//! The anchor never depends on the panels, and a panel depends only on itself
//! and the anchor: alone, in a chunk or in the whole set it is the same picture.

use crate::goldens::oracle;
use image::RgbImage;
use predella::engine::{DeviceChoice, Event, Inputs, Limits, LoadOptions, Pipeline, Plan};
use predella::models::ModelFolder;
use predella::recipe::{
    Anchor, ModelRef, Panel, RECIPE_VERSION, Recipe, SchedulerChoice, Size, Style,
};
use std::sync::atomic::AtomicBool;

const OPTIONS: LoadOptions =
    LoadOptions { device: DeviceChoice::Cpu, precision: predella::engine::Precision::F32 };

fn models() -> Vec<ModelFolder> {
    let tiny = |name: &str| ModelFolder::open(&oracle().join(name)).unwrap();
    vec![tiny("tiny-sdxl"), tiny("tiny-sd15"), ModelFolder::embedded().unwrap()]
}

fn recipe(style: Style) -> Recipe {
    let subjects = ["a toy train", "a toy boat", "a toy plane", "a toy bicycle"];
    let panels = subjects.iter().zip(40..).map(|(s, seed)| Panel { subject: (*s).into(), seed });
    Recipe {
        version: RECIPE_VERSION,
        engine: "test".into(),
        model: ModelRef { name: "tiny".into(), hash: None },
        anchor: Anchor::FirstPanel,
        panels: panels.collect(),
        style_prompt: "macro photo".into(),
        negative_prompt: None,
        size: Size { width: 64, height: 96 },
        steps: 3,
        guidance_scale: 5.0,
        scheduler: SchedulerChoice::default(),
        style,
        control: None,
        panorama: None,
    }
}

fn paint(folder: &ModelFolder, recipe: &Recipe, chunk: Option<usize>) -> Vec<RgbImage> {
    let plan = Plan::new(folder, recipe, &OPTIONS, &Limits { chunk, ..Limits::default() }).unwrap();
    let pipeline = Pipeline::load(folder, &OPTIONS).unwrap();
    let mut pictures = Vec::new();
    let mut collect = |event| {
        if let Event::Panel { index, picture } = event {
            assert_eq!(index, pictures.len(), "panels come in order");
            pictures.push(picture);
        }
    };
    pipeline
        .paint(recipe, &plan, &Inputs::default(), &AtomicBool::new(false), &mut collect)
        .unwrap();
    pictures
}

/// Styles that chunking must not change.
fn styles() -> [Style; 3] {
    let weighted = Style {
        reference_weight: 2.0,
        score_scale: 0.8,
        share_group_norm: true,
        ..Style::default()
    };
    [Style::default(), weighted, Style::none()]
}

#[test]
fn a_panel_is_the_same_alone_in_a_chunk_and_in_the_set() {
    for folder in models() {
        for style in styles() {
            let whole = recipe(style);
            let set = paint(&folder, &whole, None);
            assert_eq!(set.len(), 4);
            for chunk in [1, 2, 3] {
                assert!(
                    set == paint(&folder, &whole, Some(chunk)),
                    "{} in chunks of {chunk}",
                    folder.name()
                );
            }
            let mut alone = whole.clone();
            alone.panels = vec![whole.panels[0].clone(), whole.panels[2].clone()];
            assert!(set[2] == paint(&folder, &alone, None)[1], "{} alone", folder.name());
        }
    }
}

#[test]
fn permuting_panels_permutes_pictures() {
    for folder in models() {
        let first = recipe(Style::default());
        let mut second = first.clone();
        second.panels.swap(1, 3);
        let (a, b) = (paint(&folder, &first, None), paint(&folder, &second, None));
        assert!(a[0] == b[0] && a[1] == b[3] && a[2] == b[2] && a[3] == b[1], "{}", folder.name());
        assert!(a[1] != a[3], "different panels are different pictures");
    }
}

#[test]
fn threads_and_repetition_change_nothing() {
    for folder in models() {
        let recipe = recipe(Style::default());
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| paint(&folder, &recipe, None))
        };
        let one = with(1);
        assert!(one == with(1), "{} twice", folder.name());
        assert!(one == with(3), "{} on three threads", folder.name());
    }
}

#[test]
fn alignment_changes_panels_but_never_the_anchor() {
    for folder in models() {
        let aligned = paint(&folder, &recipe(Style::default()), None);
        let plain = paint(&folder, &recipe(Style::none()), None);
        assert!(aligned[0] == plain[0], "{}: the anchor", folder.name());
        assert!((1..4).all(|i| aligned[i] != plain[i]), "{}: the panels", folder.name());
    }
}

#[test]
fn a_stop_ends_the_run_within_a_step() {
    let folder = &models()[0];
    let recipe = recipe(Style::default());
    let plan = Plan::new(folder, &recipe, &OPTIONS, &Limits::default()).unwrap();
    let pipeline = Pipeline::load(folder, &OPTIONS).unwrap();
    let stop = AtomicBool::new(false);
    let mut steps = 0;
    let result = pipeline.paint(&recipe, &plan, &Inputs::default(), &stop, &mut |event| {
        if let Event::Step { .. } = event {
            steps += 1;
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert!(matches!(result, Err(predella::engine::EngineError::Stopped)));
    assert_eq!(steps, 1);
}
