//! What holds the style to where it is wanted: each option changes panels, none
//! the law of the anchor, and each ends in what it should.

use crate::program::Home;
use crate::references::{Painter, recipe as referenced, waves};
use image::RgbImage;
use predella::engine::read_picture;
use predella::recipe::{
    AdaIn, Anchor, Blend, Curve, Encoding, Fades, LayerGroup, Layers, Recipe, References, Style,
    Window, yaml,
};

/// Three panels, the first of which lends its style.
pub fn recipe(style: Style) -> Recipe {
    Recipe { anchor: Anchor::FirstPanel, style, ..referenced(&[1.0], Encoding::Noise { seed: 0 }) }
}

/// The same with references in place of the first panel.
pub fn with_references(weights: &[f64], change: impl Fn(&mut References)) -> Recipe {
    // Added noise differs from picture to picture; a way back does not.
    let way = Encoding::Inversion { guidance_scale: 1.0, offset: 0 };
    let mut recipe = referenced(weights, way);
    if let Anchor::References(references) = &mut recipe.anchor {
        change(references);
        // The pipeline keeps trajectories by hashes.
        for (i, reference) in references.pictures.iter_mut().enumerate() {
            reference.hash = i.to_string();
        }
    }
    recipe
}

/// Every option, each alone, and all together.
fn options() -> Vec<(&'static str, Style)> {
    let usual = Style::default;
    let fading = Window { curve: Curve::Cosine, ..Window::default() };
    let late = Window { start: 0.5, ..Window::default() };
    let fades = |fades| Style { window: fading, fades, ..usual() };
    let group = |group| Style { layers: Layers::Group(group), ..usual() };
    vec![
        ("late", Style { window: late, ..usual() }),
        ("weight", fades(Fades::Weight)),
        ("scale", fades(Fades::Scale)),
        ("strength fades", fades(Fades::Strength)),
        ("up", group(LayerGroup::Up)),
        ("style", group(LayerGroup::Style)),
        ("layout", group(LayerGroup::Layout)),
        ("prompted", Style { prompted_only: true, ..usual() }),
        ("strength", Style { strength: 0.5, ..usual() }),
        ("dropout", Style { dropout: 0.5, ..usual() }),
        ("subject", Style { subject_keys: 0.0, ..usual() }),
        ("swap", Style { swap: Some(Layers::Group(LayerGroup::Up)), ..usual() }),
        ("mean", Style { pool: 1, ..usual() }),
        ("pool", Style { pool: 2, ..usual() }),
        ("queries", Style { query_guidance: 2.0, ..usual() }),
        ("recolour", Style { recolour: Some(late), ..usual() }),
        (
            "all",
            Style {
                window: fading,
                prompted_only: true,
                strength: 0.7,
                dropout: 0.3,
                subject_keys: 0.5,
                query_guidance: 1.0,
                swap: Some(Layers::Group(LayerGroup::Style)),
                pool: 3,
                recolour: Some(fading),
                ..group(LayerGroup::Up)
            },
        ),
    ]
}

#[test]
fn each_option_changes_panels_and_never_the_anchor_or_the_law() {
    for model in ["tiny-sdxl", "tiny-sd15"] {
        let painter = Painter::new(model);
        let usual = painter.paint(&recipe(Style::default()), &[], None);
        for (name, style) in options() {
            let whole = recipe(style);
            let set = painter.paint(&whole, &[], None);
            assert!(set[0] == usual[0], "{model} {name}: the anchor");
            assert!(set[1] != usual[1] && set[2] != usual[2], "{model} {name} changes nothing");
            assert!(set == painter.paint(&whole, &[], Some(1)), "{model} {name}: alone");
            let text = yaml::to_string(&whole).unwrap();
            let again = yaml::from_str::<Recipe>(&text).unwrap();
            assert!(again == whole, "{name}: {text}");
        }
    }
}

#[test]
fn a_panel_added_later_is_what_it_would_have_been_with_every_option() {
    let painter = Painter::new("tiny-sdxl");
    let pictures = [waves(1), waves(2)];
    for (name, style) in options() {
        let whole = Recipe { style, ..with_references(&[0.3, 0.7], |_| {}) };
        let set = painter.paint(&whole, &pictures, None);
        let mut later = whole.clone();
        later.panels.drain(..2);
        assert!(set[2] == painter.paint(&later, &pictures, None)[0], "{name}");
    }
}

#[test]
fn options_at_their_ends_are_what_they_should_be() {
    let painter = Painter::new("tiny-sdxl");
    let paint = |style: Style| painter.paint(&recipe(style), &[], None);
    let plain = paint(Style::none());
    let usual = Style::default;
    // Nothing of the shared attention, no step, no token: each picture is on its own.
    assert!(paint(Style { strength: 0.0, ..usual() }) == plain);
    let never = Window { start: 0.99, ..Window::default() };
    assert!(paint(Style { window: never, ..usual() }) == plain);
    let bare = AdaIn { queries: false, keys: false, values: false };
    let dropped = Style { dropout: 1.0, adain: bare, ..usual() };
    assert!(alike(&paint(dropped), &plain), "nothing is left to look at");
    // Whole windows and factors of one are no options.
    assert!(paint(Style { subject_keys: 1.0, strength: 1.0, ..usual() }) == paint(usual()));
    // Another seed is another chance.
    let chance = |seed| Style { dropout: 0.5, dropout_seed: seed, ..usual() };
    assert!(paint(chance(1)) != paint(chance(2)) && paint(chance(1)) == paint(chance(1)));
}

/// Equal but for rounding.
pub fn alike(a: &[RgbImage], b: &[RgbImage]) -> bool {
    let pairs = || a.iter().zip(b).flat_map(|(a, b)| a.as_raw().iter().zip(b.as_raw()));
    let off = pairs().filter(|(a, b)| a != b).count();
    pairs().all(|(a, b)| a.abs_diff(*b) <= 1) && off * 100 < pairs().count()
}

/// Two pictures that are one, in any way of blending them.
#[test]
fn equal_references_are_one_in_every_blend() {
    let painter = Painter::new("tiny-sdxl");
    let one = painter.paint(&with_references(&[1.0], |_| {}), &[waves(1)], None);
    for blend in [Blend::Attention, Blend::Linear, Blend::Slerp] {
        for weights in [[0.5, 0.5], [0.2, 0.8], [1.0, 0.0]] {
            let two = with_references(&weights, |references| {
                references.blend = blend;
                // Blended latents have one text; a second caption would be another one.
                if blend != Blend::Attention {
                    references.pictures[0].caption.clear();
                    references.pictures[1].caption.clear();
                }
            });
            let two = painter.paint(&two, &[waves(1), waves(1)], None);
            if blend == Blend::Attention || weights[1] == 0.0 {
                let mut one_text = with_references(&[1.0], |_| {});
                if let (Anchor::References(all), true) =
                    (&mut one_text.anchor, blend != Blend::Attention)
                {
                    all.pictures[0].caption.clear();
                    all.pictures[0].hash = "alone".into();
                }
                let expected = match blend {
                    Blend::Attention => one.clone(),
                    _ => painter.paint(&one_text, &[waves(1)], None),
                };
                assert!(alike(&expected, &two), "{blend:?} {weights:?}");
            } else {
                let same = with_references(&[0.7, 0.3], |references| {
                    references.blend = blend;
                    references.pictures.iter_mut().for_each(|r| r.caption.clear());
                });
                let same = painter.paint(&same, &[waves(1), waves(1)], None);
                assert!(alike(&same, &two), "{blend:?} {weights:?}");
            }
        }
    }
}

#[test]
fn blends_differ_and_keep_the_law() {
    let painter = Painter::new("tiny-sdxl");
    let pictures = [waves(1), waves(2)];
    let paint = |blend, chunk| {
        let recipe = with_references(&[0.4, 0.6], |references| references.blend = blend);
        painter.paint(&recipe, &pictures, chunk)
    };
    let sets = [Blend::Attention, Blend::Linear, Blend::Slerp].map(|blend| {
        let set = paint(blend, None);
        assert!(set == paint(blend, Some(1)), "{blend:?}");
        set
    });
    assert!(sets[0] != sets[1] && sets[1] != sets[2] && sets[0] != sets[2]);
}

/// A reference that lends nowhere is as good as not there.
#[test]
fn references_lend_by_steps_layers_and_presets() {
    let painter = Painter::new("tiny-sdxl");
    let pictures = [waves(1), waves(2)];
    let first = painter.paint(&with_references(&[1.0, 0.0], |_| {}), &pictures, None);
    let never = Window { start: 0.99, ..Window::default() };
    let gone = with_references(&[0.5, 0.5], |r| r.pictures[1].window = never);
    assert!(alike(&first, &painter.paint(&gone, &pictures, None)));
    let count = painter.layers();
    let nowhere = Layers::Mask("0".repeat(count));
    let gone = with_references(&[0.5, 0.5], |r| r.pictures[1].layers = Some(nowhere.clone()));
    assert!(alike(&first, &painter.paint(&gone, &pictures, None)));
    // A preset for all is the set's own option.
    let set = with_references(&[1.0], |_| {});
    let style = Style { reference_weight: 1.0, score_scale: 0.5, ..set.style.clone() };
    let whole = painter.paint(&Recipe { style, ..set }, &pictures[..1], None);
    let own = with_references(&[1.0], |r| {
        (r.pictures[0].reference_weight, r.pictures[0].score_scale) = (Some(1.0), Some(0.5));
    });
    assert!(whole == painter.paint(&own, &pictures[..1], None));
}

#[test]
fn a_grid_is_one_sheet_with_its_legend_and_the_same_noise() {
    let home = Home::new();
    let model = crate::program::tiny();
    let grid = |more: &[&str]| {
        let usual = ["grid", "--model", model.to_str().unwrap(), "--steps", "2", "--size", "64"];
        home.run(&[&usual[..], &["--seed", "3"], more].concat())
    };
    let row = ["a fox", "a bear", "--axis", "weight=0..2:3", "--out", "row"];
    let dry = grid(&[&row[..], &["--dry-run"]].concat()).done().stdout;
    assert!(dry.contains("weight=1: sharing in") && dry.contains("6 pictures"), "{dry}");
    assert!(home.names("row").is_empty());
    grid(&row).done();
    let names = home.names("row");
    assert_eq!(names.len(), 8, "{names:?}");
    let size = |name: &str| image::image_dimensions(home.path().join(name)).unwrap();
    assert_eq!(size("row/01-06-grid.png"), (2 * 64 + 3 * 8, 3 * 64 + 4 * 8));
    let legend = std::fs::read_to_string(home.path().join("row/01-06-grid.yaml")).unwrap();
    let words = ["sheet: 01-06-grid.png", "04-a-bear.png", "- a fox", "weight"];
    assert!(words.iter().all(|word| legend.contains(word)), "{legend}");
    // Each picture is what painting it alone would be.
    home.paint(&["a fox", "a bear", "--seed", "3", "--reference-weight", "2", "--out", "one"])
        .done();
    let read = |name: &str| read_picture(&home.path().join(name)).unwrap().0;
    assert!(read("row/06-a-bear.png") == read("one/02-a-bear.png"));
    assert!(read("row/04-a-bear.png") != read("one/02-a-bear.png"));
    waves(1).save(home.path().join("r.png")).unwrap();
    let cross = ["a fox", "-r", "r.png", "--axis", "layers=all,up", "--axis", "end=0.5,1"];
    let json = grid(&[&cross[..], &["--out", "cross", "--json"]].concat()).done().json();
    assert_eq!(json["grid"]["columns"], serde_json::json!(["end=0.5", "end=1"]));
    assert_eq!(json["grid"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(size("cross/01-04-grid.png"), (2 * 64 + 3 * 8, 2 * 64 + 3 * 8));
}

#[test]
fn options_come_from_the_command_line_and_are_repainted() {
    let home = Home::new();
    waves(1).save(home.path().join("a.png")).unwrap();
    waves(2).save(home.path().join("b.png")).unwrap();
    let asked = "--layers up --share-steps 0..0.5:cosine --fade strength --prompted-only \
                 --dropout 0.25 --dropout-seed 4 --subject-keys 0.3 --recolour 0.5..1 --query-guidance 1.5 \
                 --swap last-up --pool 2 \
                 --preset famous --preset normal --reference-steps 0..1:linear";
    let named = ["a fox", "--seed", "4", "-r", "a.png", "-r", "b.png", "--caption", "waves"];
    let asked: Vec<&str> = named.into_iter().chain(asked.split_whitespace()).collect();
    home.paint(&asked).done();
    let recipe = home.run(&["info", "predella-out/01-a-fox.png"]).done().stdout;
    for words in [
        "layers: !group up",
        "curve: cosine",
        "fades: strength",
        "prompted_only: true",
        "dropout: 0.25",
        "subject_keys: 0.3",
        "query_guidance: 1.5",
        "swap: !group last_up",
        "pool: 2",
        "recolour:",
        "score_scale: 0.5",
        "curve: linear",
    ] {
        assert!(recipe.contains(words), "{words}: {recipe}");
    }
    let model = crate::program::tiny();
    let again = ["paint", "--recipe", "predella-out/01-a-fox.png", "--out", "again", "--model"];
    home.run(&[&again[..], &[model.to_str().unwrap()]].concat()).done();
    let read = |name: &str| std::fs::read(home.path().join(name)).unwrap();
    assert!(read("predella-out/01-a-fox.png") == read("again/01-a-fox.png"));
    let slerp = ["a fox", "-r", "a.png=1", "-r", "b.png=3", "--blend", "slerp", "--out", "slerp"];
    home.paint(&slerp).done();
    assert_eq!(home.names("slerp"), ["01-a-fox.png"]);
}
