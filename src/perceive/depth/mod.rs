//! How far everything in a photo is: Depth Anything V2 (arXiv 2406.09414), a
//! DINOv2 backbone and a dense prediction head, as transformers has them.
//!
//! candle-transformers' own reads another layout of weights, takes squares alone
//! and resizes by the nearest pixel where the reference interpolates.

mod backbone;
mod config;
mod head;

use candle_core::{DType, Device, Tensor};
use image::{ImageBuffer, Luma};

use super::{PerceiveError, Result};
use crate::engine::weights::Vars;
use crate::imaging::{DynamicImage, Filter, RgbImage, resize};
use crate::models::NetFolder;
use backbone::Backbone;
use config::Config;
use head::Head;

/// The mean and deviation of each colour that DINOv2 was trained with.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];
/// Most patches of a picture.
const MAX_PATCHES: usize = 1 << 14;

/// Says how far everything in a photo is.
pub struct DepthReader {
    backbone: Backbone,
    head: Head,
    config: Config,
    device: Device,
}

impl DepthReader {
    /// Loads `DepthAnythingForDepthEstimation` from a folder of transformers.
    ///
    /// # Errors
    /// When a file is missing or of another network.
    pub fn load(folder: &NetFolder, device: &Device) -> Result<Self> {
        let value = folder.config()?;
        if value["model_type"] != "depth_anything" {
            let text = "this is no Depth Anything: its model_type says so";
            return Err(PerceiveError::network(folder, text));
        }
        let config = Config::parse(value)?;
        let vars = Vars::new(folder.name(), folder.weights()?, device, DType::F32);
        let backbone = Backbone::load(&vars.at("backbone"), &config)?;
        let head = Head::load(&vars, &config)?;
        Ok(Self { backbone, head, config, device: device.clone() })
    }

    /// The depth of a photo in 16 bits, white where it is near, at its size.
    ///
    /// # Errors
    /// When the network fails, or finds the same depth everywhere.
    pub fn depth(&self, photo: &RgbImage) -> Result<DynamicImage> {
        let near = self.near(photo)?;
        let (width, height) = (photo.width() as usize, photo.height() as usize);
        let near = near.upsample_bilinear2d(height, width, true)?;
        let values = near.flatten_all()?.to_vec1::<f32>()?;
        let bounds = |(low, high): (f32, f32), v: &f32| (low.min(*v), high.max(*v));
        let (low, high) = values.iter().fold((f32::MAX, f32::MIN), bounds);
        if !low.is_finite() || !high.is_finite() || high - low < 1e-6 {
            return Err(PerceiveError::Silent("the photo is the same distance everywhere".into()));
        }
        let whole = |v: &f32| ((v - low) / (high - low) * f32::from(u16::MAX)).round() as u16;
        let grey: Option<ImageBuffer<Luma<u16>, _>> = ImageBuffer::from_raw(
            photo.width(),
            photo.height(),
            values.iter().map(whole).collect(),
        );
        let none = || PerceiveError::Silent("the photo has no pixels".into());
        grey.map(DynamicImage::ImageLuma16).ok_or_else(none)
    }

    /// How near everything is, (1, 1, height, width) at the network's size.
    ///
    /// # Errors
    /// When the photo is out of all proportion, or the network fails.
    pub fn near(&self, photo: &RgbImage) -> Result<Tensor> {
        let (width, height) = self.fitted(photo.dimensions());
        let patch = self.config.patch;
        if width == 0 || height == 0 || width * height / (patch * patch) > MAX_PATCHES {
            let text = "the photo is out of all proportion; crop it first";
            return Err(PerceiveError::Silent(text.into()));
        }
        let fitted = resize(photo, width as u32, height as u32, Filter::Bicubic);
        let mut values = Vec::with_capacity(fitted.as_raw().len());
        for pixel in fitted.pixels() {
            for ((byte, mean), std) in pixel.0.iter().zip(MEAN).zip(STD) {
                values.push((f32::from(*byte) / 255.0 - mean) / std);
            }
        }
        let pixels = Tensor::from_vec(values, (1, height, width, 3), &Device::Cpu)?;
        let pixels = pixels.permute((0, 3, 1, 2))?.contiguous()?.to_device(&self.device)?;
        let grid = (height / patch, width / patch);
        let seen = self.backbone.forward(&pixels, grid)?;
        Ok(self.head.forward(&seen, grid)?)
    }

    /// The size at which a photo is looked at: proportions kept, the side that
    /// changes less at the network's own, both whole patches.
    fn fitted(&self, (width, height): (u32, u32)) -> (usize, usize) {
        let side = self.config.image as f64;
        let (across, down) = (side / f64::from(width.max(1)), side / f64::from(height.max(1)));
        let scale = if (1.0 - across).abs() < (1.0 - down).abs() { across } else { down };
        let patch = self.config.patch as f64;
        let whole = |length: u32| {
            let patches = (f64::from(length) * scale / patch).round_ties_even();
            (patches * patch) as usize
        };
        (whole(width), whole(height))
    }
}
