//! Panoramas: one window is the picture itself, a panorama depends on nothing but
//! itself and what lends its style, and its edges meet where they should.

use crate::goldens::oracle;
use crate::parity::set::{Place, Set};
use crate::program::Home;
use crate::references::{Painter, recipe as referenced, waves};
use candle_core::{DType, Device, Tensor};
use image::RgbImage;
use predella::engine::panorama::{Views, Wide};
use predella::engine::rng;
use predella::engine::sampler::{References, RowText, Sampler};
use predella::engine::schedule::Scheduler;
use predella::recipe::{
    AdaIn, Anchor, Curve, Encoding, Fades, LayerGroup, Layers, Panorama, Recipe, SchedulerChoice,
    Size, Style, Window,
};
use std::ops::ControlFlow;

/// Two panoramas behind an anchor of the windows' size.
fn recipe() -> Recipe {
    let mut recipe =
        Recipe { anchor: Anchor::FirstPanel, ..referenced(&[1.0], Encoding::Noise { seed: 0 }) };
    recipe.panorama = Some(wide());
    recipe
}

fn wide() -> Panorama {
    let size = Size { width: 144, height: 96 };
    Panorama { size, stride: 16, wrap: false, along: false }
}

fn sizes(pictures: &[RgbImage]) -> Vec<(u32, u32)> {
    pictures.iter().map(RgbImage::dimensions).collect()
}

#[test]
fn a_panorama_is_the_same_alone_in_the_set_and_through_any_windows_at_once() {
    for model in ["tiny-sdxl", "tiny-sd15"] {
        let painter = Painter::new(model);
        for anchor in [Anchor::FirstPanel, referenced(&[0.5, 0.5], Encoding::default()).anchor] {
            let whole = Recipe { anchor, ..recipe() };
            let references = match whole.anchor.references().len() {
                0 => vec![],
                _ => vec![waves(1), waves(2)],
            };
            let set = painter.paint(&whole, &references, None);
            let first = if references.is_empty() { (64, 96) } else { (144, 96) };
            assert_eq!(sizes(&set), [first, (144, 96), (144, 96)]);
            for chunk in [1, 3] {
                assert!(set == painter.paint(&whole, &references, Some(chunk)), "{model} {chunk}");
            }
            let mut alone = whole.clone();
            let _ = alone.panels.remove(1);
            assert!(set[2] == painter.paint(&alone, &references, None)[1], "{model}");
        }
    }
}

#[test]
fn the_anchor_is_a_picture_as_without_a_panorama() {
    let painter = Painter::new("tiny-sdxl");
    let with = painter.paint(&recipe(), &[], None);
    let without = painter.paint(&Recipe { panorama: None, ..recipe() }, &[], None);
    assert!(with[0] == without[0] && with[1] != without[1]);
    let plain = painter.paint(&Recipe { style: Style::none(), ..recipe() }, &[], None);
    assert!(sizes(&plain) == [(144, 96); 3] && plain[1] != with[1], "alignment changes it");
}

#[test]
fn one_window_is_the_picture() {
    let painter = Painter::new("tiny-sdxl");
    let size = recipe().size;
    let panorama = Some(Panorama { size, ..wide() });
    let picture = Recipe { panorama: None, ..recipe() };
    assert!(
        painter.paint(&Recipe { panorama, ..recipe() }, &[], None)
            == painter.paint(&picture, &[], None)
    );
}

#[test]
fn equal_styles_along_are_one_style_and_others_pass_over() {
    let painter = Painter::new("tiny-sdxl");
    let along = |along| {
        let anchor = referenced(&[0.5, 0.5], Encoding::default()).anchor;
        let mut recipe = Recipe { anchor, ..recipe() };
        recipe.panels.truncate(1);
        recipe.panorama = Some(Panorama { along, ..wide() });
        recipe
    };
    let paint = |recipe: &Recipe, a: u32, b: u32| {
        // The pipeline keeps the last references by their hashes.
        let mut recipe = recipe.clone();
        if let Anchor::References(references) = &mut recipe.anchor {
            references.pictures[0].hash = a.to_string();
            references.pictures[1].hash = b.to_string();
        }
        painter.paint(&recipe, &[waves(a), waves(b)], None).remove(0)
    };
    let (same, even) = (paint(&along(true), 1, 1), paint(&along(false), 1, 1));
    let most = same.as_raw().iter().zip(even.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(most <= Some(1), "{most:?}");
    // The second style is nothing to the first window.
    let (ones, twos) = (paint(&along(true), 1, 2), paint(&along(true), 1, 3));
    assert!(ones != paint(&along(false), 1, 2) && ones != twos);
}

/// Every option of sharing at once.
fn restrained() -> Style {
    let half = Window { end: 0.8, curve: Curve::Cosine, ..Window::default() };
    Style {
        adain: AdaIn { queries: true, keys: true, values: true },
        window: half,
        fades: Fades::Strength,
        strength: 0.8,
        dropout: 0.3,
        subject_keys: 0.4,
        swap: Some(Layers::Group(LayerGroup::Up)),
        pool: 3,
        recolour: Some(Window { start: 0.5, ..Window::default() }),
        ..Style::default()
    }
}

#[test]
fn every_option_keeps_the_law_along_and_around() {
    let painter = Painter::new("tiny-sdxl");
    let pictures = [waves(1), waves(2)];
    for (wrap, along, prompted_only) in
        [(false, true, false), (true, true, true), (true, false, false)]
    {
        let mut anchor = referenced(&[0.5, 0.5], Encoding::default()).anchor;
        if let Anchor::References(references) = &mut anchor {
            references.pictures[0].window = Window { end: 0.7, ..Window::default() };
            references.pictures[1].score_scale = Some(0.8);
        }
        let style = Style { prompted_only, ..restrained() };
        let panorama = Some(Panorama { wrap, along, ..wide() });
        let mut whole = Recipe { anchor, style, panorama, ..recipe() };
        let _ = whole.panels.pop();
        let set = painter.paint(&whole, &pictures, None);
        assert_eq!(sizes(&set), [(144, 96); 2]);
        for chunk in [1, 3] {
            let again = painter.paint(&whole, &pictures, Some(chunk));
            assert!(set == again, "{wrap} {along} {chunk}");
        }
        let usual = Recipe { style: Style::default(), ..whole.clone() };
        assert!(painter.paint(&usual, &pictures, None) != set, "{wrap} {along}");
        let _ = whole.panels.remove(0);
        assert!(set[1] == painter.paint(&whole, &pictures, None)[0], "{wrap} {along}");
    }
}

#[test]
fn every_option_leaves_the_first_panel_alone_before_panoramas() {
    let painter = Painter::new("tiny-sdxl");
    let style = Style { recolour: None, ..restrained() };
    let set = painter.paint(&Recipe { style, ..recipe() }, &[], None);
    let usual = painter.paint(&recipe(), &[], None);
    assert!(set[0] == usual[0] && set[1] != usual[1] && set[2] != usual[2]);
}

/// With round windows there is no edge: turned noise is a turned panorama.
#[test]
fn a_wrapped_panorama_has_no_edge() {
    let place = Place { device: Device::Cpu, dtype: DType::F32 };
    let set = Set::open(&oracle(), place).unwrap();
    let model = set.model("sd15").unwrap();
    let choice = SchedulerChoice::default();
    let scheduler = Scheduler::new(&model.spec.scheduler(choice).unwrap(), 3).unwrap();
    let layers = vec![false; model.spec.unet.self_attentions()];
    let sampler = Sampler {
        unet: &model.unet,
        scheduler: &scheduler,
        guidance_scale: 3.0,
        style: None,
        layers: &layers,
        swaps: &[],
        control: None,
        references: References::default(),
        watch: None,
    };
    let negative = model.text.encode_negative(None).unwrap();
    let text = RowText::new(model.text.encode("a lake").unwrap(), negative, [0.0; 6]);
    let noise = rng::noise(3, (1, 4, 16, 32)).unwrap();
    let turn = |x: &Tensor, by: usize| {
        let width = x.dim(3).unwrap();
        let parts = [x.narrow(3, by, width - by).unwrap(), x.narrow(3, 0, by).unwrap()];
        Tensor::cat(&parts, 3).unwrap()
    };
    let paint = |noise: &Tensor, wrap: bool| {
        let views = Views::new((16, 32), (16, 16), 8, wrap);
        let wide = Wide { sampler: &sampler, views: &views, batch: 2, along: false };
        let mut go_on = |_: predella::engine::sampler::StepView| ControlFlow::Continue(());
        wide.sample(noise, &text, None, DType::F32, &|| Ok(()), &mut go_on).unwrap().0
    };
    let off = |wrap| {
        let (turned, whole) = (paint(&turn(&noise, 8), wrap), paint(&noise, wrap));
        let difference = (turned - turn(&whole, 8)).unwrap().abs().unwrap();
        difference.max_all().unwrap().to_scalar::<f32>().unwrap()
    };
    assert!(off(true) < 1e-3, "{}", off(true));
    assert!(off(false) > 0.1, "an edge is seen: {}", off(false));
}

#[test]
fn panoramas_come_from_the_command_line_and_are_repainted() {
    let home = Home::new();
    let asked = ["a lake", "a wood", "--seed", "4", "--panorama", "160x64", "--wrap"];
    home.paint(&asked).done();
    let size = |name: &str| image::image_dimensions(home.path().join(name)).unwrap();
    assert_eq!(size("predella-out/01-a-lake.png"), (64, 64));
    assert_eq!(size("predella-out/02-a-wood.png"), (160, 64));
    let recipe = home.run(&["info", "predella-out/02-a-wood.png"]).done().stdout;
    assert!(recipe.contains("panorama:") && recipe.contains("stride: 16"), "{recipe}");
    let model = crate::program::tiny();
    let again = ["paint", "--recipe", "predella-out/02-a-wood.png", "--out", "again", "--model"];
    home.run(&[&again[..], &[model.to_str().unwrap()]].concat()).done();
    let read = |name: &str| std::fs::read(home.path().join(name)).unwrap();
    assert!(read("predella-out/02-a-wood.png") == read("again/02-a-wood.png"));
    let dry = home.paint(&[&asked[..], &["--dry-run"]].concat()).done().stdout;
    assert!(dry.contains("160x64, through 10 windows of 64x64"), "{dry}");
    let more = ["paint", "a hill", "--add-to", "again/02-a-wood.png", "--out", "again", "--model"];
    home.run(&[&more[..], &[model.to_str().unwrap()]].concat()).done();
    assert_eq!(size("again/03-a-hill.png"), (160, 64));
}
