//! Against transformers, on networks in the layout of CLIP ViT-B/32 and DINO
//! ViT-B/8 and with their published way of writing sizes.

use candle_core::{Device, Tensor};
use predella::imaging::{DecodeLimits, RgbImage, decode_file};
use predella::metrics::{ClipJudge, StyleJudge, Unit};
use predella::models::NetFolder;

use super::judges;

/// Cosines are compared, so what may differ is their rounding.
const CLOSE: f64 = 1e-5;

fn golden(name: &str) -> Tensor {
    let file = candle_core::safetensors::load(judges().join("golden.safetensors"), &Device::Cpu);
    file.unwrap().remove(name).unwrap()
}

/// The rows of a golden, each as a direction.
fn rows(name: &str) -> Vec<Unit> {
    golden(name).to_vec2::<f32>().unwrap().into_iter().map(Unit::new).collect()
}

fn pictures() -> Vec<RgbImage> {
    let read = |i: u32| decode_file(&judges().join(format!("{i}.png")), &DecodeLimits::default());
    (0..3).map(|i| read(i).unwrap()).collect()
}

fn clip() -> ClipJudge {
    let folder = NetFolder::open(&judges().join("tiny-clip")).unwrap();
    ClipJudge::load(&folder, &Device::Cpu).unwrap()
}

fn style() -> StyleJudge {
    let folder = NetFolder::open(&judges().join("tiny-vit")).unwrap();
    StyleJudge::load(&folder, &Device::Cpu).unwrap()
}

/// All point the same way as the golden of the same place, and not as another.
fn assert_same(ours: &[Unit], golden: &[Unit]) {
    assert_eq!(ours.len(), golden.len());
    for (i, ours) in ours.iter().enumerate() {
        for (j, theirs) in golden.iter().enumerate() {
            let apart = 1.0 - ours.cosine(theirs);
            assert_eq!(apart < CLOSE, i == j, "{i} {j}: {apart:e}");
        }
    }
}

#[test]
fn clip_sees_pictures_as_transformers_does() {
    let judge = clip();
    let ours: Vec<Unit> = pictures().iter().map(|p| judge.picture(p).unwrap()).collect();
    assert_same(&ours, &rows("clip.pictures"));
}

#[test]
fn clip_reads_texts_as_transformers_does() {
    let texts = std::fs::read_to_string(judges().join("texts.json")).unwrap();
    let texts: Vec<String> = serde_json::from_str(&texts).unwrap();
    let judge = clip();
    let ours: Vec<Unit> = texts.iter().map(|text| judge.text(text).unwrap()).collect();
    assert_same(&ours, &rows("clip.texts"));
}

#[test]
fn a_vit_sees_pictures_as_transformers_does() {
    let judge = style();
    let ours: Vec<Unit> = pictures().iter().map(|p| judge.picture(p).unwrap()).collect();
    assert_same(&ours, &rows("vit.pictures"));
}

/// Resizing, cropping and scaling to the last bit but rounding.
#[test]
fn pictures_are_prepared_as_transformers_does() {
    for (name, prepare) in [("clip.pixels", clip().prepare()), ("vit.pixels", style().prepare())] {
        for (i, picture) in pictures().iter().enumerate() {
            let ours = prepare.tensor(picture, &Device::Cpu).unwrap();
            let theirs = golden(name).narrow(0, i, 1).unwrap();
            let off = (ours - theirs).unwrap().abs().unwrap().flatten_all().unwrap();
            let off = off.max(0).unwrap().to_scalar::<f32>().unwrap();
            assert!(off < 1e-6, "{name} {i}: {off}");
        }
    }
}

#[test]
fn another_network_is_refused_by_name() {
    let folder = |name: &str| NetFolder::open(&judges().join(name)).unwrap();
    let error = ClipJudge::load(&folder("tiny-vit"), &Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("no CLIPModel"), "{error}");
    let error = StyleJudge::load(&folder("tiny-clip"), &Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("no ViTModel"), "{error}");
}
