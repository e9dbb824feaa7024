//! Pictures as a network wants them, by its own `preprocessor_config.json`, with
//! the arithmetic of transformers' processors on Pillow.

use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::imaging::{Filter, RgbImage, resize};
use crate::models::NetFolder;
use candle_core::{Device, Result as TensorResult, Tensor};
use image::{Rgb, imageops};
use serde::Deserialize;
use serde_json::{Value, json};

/// The file that says so.
const FILE: &str = "preprocessor_config.json";
/// Largest side that a configuration may ask for.
const MAX_SIDE: u32 = 4096;

/// How a picture is brought to a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepare {
    resize: Option<(Target, Filter)>,
    crop: Option<(u32, u32)>,
    scale: f32,
    mean: [f32; 3],
    std: [f32; 3],
}

/// What a picture is resized to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Width and height, whatever the proportions.
    Exactly(u32, u32),
    /// This long on the shorter side.
    Shorter(u32),
}

/// The file's fields; what is not said is as transformers has it.
#[derive(Deserialize)]
struct Fields {
    do_resize: Option<bool>,
    size: Option<Value>,
    resample: Option<u32>,
    do_center_crop: Option<bool>,
    crop_size: Option<Value>,
    do_rescale: Option<bool>,
    rescale_factor: Option<f64>,
    do_normalize: Option<bool>,
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
}

impl Prepare {
    /// Reads a folder's file and checks it against the size that the network
    /// takes; without one, pictures are squeezed to it and scaled to -1..1.
    ///
    /// # Errors
    /// When it asks for something that is not known here, or makes another size.
    pub fn of(folder: &NetFolder, side: usize) -> Result<Self> {
        let Some(value) = folder.json(FILE)? else { return Ok(Self::plain(side)) };
        let crops = crops(&value);
        let file = ConfigFile::new(FILE, value);
        let prepare = Self::parse(&file, crops)?;
        let (width, height) = prepare.picture(&RgbImage::new(8, 8)).dimensions();
        if (width as usize, height as usize) == (side, side) {
            return Ok(prepare);
        }
        let made = format!("it makes {width} x {height} where {side} x {side} is taken");
        Err(file.fault(made))
    }

    fn parse(file: &ConfigFile, crops: bool) -> Result<Self> {
        let fields: Fields = file.parse()?;
        let filter = match fields.resample {
            Some(1) => Filter::Lanczos,
            Some(2) => Filter::Bilinear,
            // CLIP's default is bicubic, and so is that of every file that says none.
            Some(3) | None => Filter::Bicubic,
            Some(other) => return Err(file.fault(format!("resample = {other} is not supported"))),
        };
        let fault = |name: &str| file.fault(format!("{name} is no size"));
        let wanted = match &fields.size {
            Some(size) => target(size, crops).ok_or_else(|| fault("size"))?,
            None => Target::Shorter(224),
        };
        let crop = fields.do_center_crop.unwrap_or(crops).then(|| match &fields.crop_size {
            Some(size) => target(size, false).and_then(Target::exact),
            None => Some((224, 224)),
        });
        let rescales = fields.do_rescale.unwrap_or(true);
        let scale = if rescales { fields.rescale_factor.unwrap_or(1.0 / 255.0) } else { 1.0 };
        let (mean, std) = match fields.do_normalize.unwrap_or(true) {
            true => (fields.image_mean.unwrap_or([0.5; 3]), fields.image_std.unwrap_or([0.5; 3])),
            false => ([0.0; 3], [1.0; 3]),
        };
        if std.iter().any(|s| !s.is_normal()) || mean.iter().any(|m| !m.is_finite()) {
            return Err(file.fault("image_mean or image_std has a number that cannot be used"));
        }
        let crop = crop.map(|crop| crop.ok_or_else(|| fault("crop_size"))).transpose()?;
        let resize = fields.do_resize.unwrap_or(true).then_some((wanted, filter));
        Ok(Self { resize, crop, scale: scale as f32, mean, std })
    }

    fn plain(side: usize) -> Self {
        let side = side as u32;
        Self {
            resize: Some((Target::Exactly(side, side), Filter::Bicubic)),
            crop: None,
            scale: 1.0 / 255.0,
            mean: [0.5; 3],
            std: [0.5; 3],
        }
    }

    /// The picture's bytes in the network's size.
    fn picture(&self, picture: &RgbImage) -> RgbImage {
        let mut fitted = match self.resize {
            Some((target, filter)) => {
                let (width, height) = target.of(picture.dimensions());
                resize(picture, width, height, filter)
            }
            None => picture.clone(),
        };
        if let Some((width, height)) = self.crop {
            fitted = crop(&fitted, width, height);
        }
        fitted
    }

    /// The picture as (1, 3, height, width).
    ///
    /// # Errors
    /// When the tensor cannot be made.
    pub fn tensor(&self, picture: &RgbImage, device: &Device) -> TensorResult<Tensor> {
        let fitted = self.picture(picture);
        let shape = (1, fitted.height() as usize, fitted.width() as usize, 3);
        let mut values = Vec::with_capacity(fitted.as_raw().len());
        for Rgb(pixel) in fitted.pixels() {
            for ((byte, mean), std) in pixel.iter().zip(self.mean).zip(self.std) {
                values.push((f32::from(*byte) * self.scale - mean) / std);
            }
        }
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?.permute((0, 3, 1, 2))?;
        tensor.contiguous()?.to_device(device)
    }
}

impl Target {
    /// Width and height for a picture of this size.
    fn of(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Self::Exactly(width, height) => (width, height),
            Self::Shorter(side) => {
                let long = |long: u32, short: u32| {
                    let scaled = u64::from(side) * u64::from(long) / u64::from(short.max(1));
                    u32::try_from(scaled).unwrap_or(u32::MAX).clamp(side, MAX_SIDE * 4)
                };
                match width <= height {
                    true => (side, long(height, width)),
                    false => (long(width, height), side),
                }
            }
        }
    }

    fn exact(self) -> Option<(u32, u32)> {
        match self {
            Self::Exactly(width, height) => Some((width, height)),
            Self::Shorter(side) => Some((side, side)),
        }
    }
}

/// A size as files write it: a number, or an object. A number is the shorter
/// side for a processor that crops, and the whole square for one that does not.
fn target(size: &Value, crops: bool) -> Option<Target> {
    let side = |value: &Value| {
        let side = u32::try_from(value.as_u64()?).ok()?;
        (1..=MAX_SIDE).contains(&side).then_some(side)
    };
    if let Some(number) = side(size) {
        return Some(if crops { Target::Shorter(number) } else { Target::Exactly(number, number) });
    }
    match size.get("shortest_edge") {
        Some(edge) => side(edge).map(Target::Shorter),
        None => Some(Target::Exactly(side(size.get("width")?)?, side(size.get("height")?)?)),
    }
}

/// The middle of a picture, over black where the picture is smaller.
fn crop(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (w, h) = picture.dimensions();
    if w >= width && h >= height {
        return imageops::crop_imm(picture, (w - width) / 2, (h - height) / 2, width, height)
            .to_image();
    }
    let mut padded = RgbImage::new(width, height);
    let place = |bound: u32, side: u32| (i64::from(bound) - i64::from(side)).div_euclid(2);
    imageops::overlay(&mut padded, picture, place(width, w), place(height, h));
    padded
}

/// Whether a processor is CLIP's: it keeps proportions and crops.
fn crops(file: &Value) -> bool {
    let named = |field: &str| file[field].as_str().is_some_and(|name| name.starts_with("CLIP"));
    named("image_processor_type")
        || named("feature_extractor_type")
        || file.get("do_center_crop") == Some(&json!(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Result<Prepare> {
        let crops = crops(&value);
        Prepare::parse(&ConfigFile::new("preprocessor_config.json", value), crops)
    }

    #[test]
    fn a_number_means_what_its_processor_means() {
        let clip = json!({ "feature_extractor_type": "CLIPFeatureExtractor", "size": 224,
            "crop_size": 224, "do_center_crop": true, "resample": 3 });
        let clip = read(clip).unwrap();
        assert_eq!(clip.resize, Some((Target::Shorter(224), Filter::Bicubic)));
        assert_eq!(clip.crop, Some((224, 224)));
        let vit = json!({ "feature_extractor_type": "ViTFeatureExtractor", "size": 224,
            "resample": 2, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.2, 0.2, 0.2] });
        let vit = read(vit).unwrap();
        assert_eq!(vit.resize, Some((Target::Exactly(224, 224), Filter::Bilinear)));
        assert_eq!(vit.crop, None);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for bad in [
            json!({ "resample": 5 }),
            json!({ "size": 0 }),
            json!({ "size": { "longest_edge": 224 } }),
            json!({ "image_std": [0.0, 1.0, 1.0] }),
            json!({ "do_center_crop": true, "crop_size": 1_000_000 }),
            json!({ "image_mean": [0.5] }),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_shorter_side_rules_and_the_middle_is_taken() {
        assert_eq!(Target::Shorter(4).of((10, 6)), (6, 4));
        assert_eq!(Target::Shorter(4).of((6, 10)), (4, 6));
        assert_eq!(Target::Shorter(4).of((6, 6)), (4, 4));
        let ramp = RgbImage::from_fn(6, 4, |x, _| Rgb([x as u8; 3]));
        let middle = crop(&ramp, 4, 4);
        assert_eq!(middle.get_pixel(0, 0).0, [1; 3]);
        let padded = crop(&ramp, 6, 8);
        assert_eq!((padded.get_pixel(3, 1).0, padded.get_pixel(3, 2).0), ([0; 3], [3; 3]));
    }
}
