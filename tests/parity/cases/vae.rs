//! Encoding and decoding, block by block.

use super::unet::Hooks;
use crate::parity::report::{Checker, FORWARD, Tolerance};
use crate::parity::set::{Fallible, Golden, Set};
use candle_core::{DType, Device, Tensor};
use predella::engine::pass::Pass;
use predella::engine::pixels;

pub fn run(set: &Set, golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let vae = &set.model(golden.str("model")?)?.vae;
    let hooks = Hooks::default();
    let pass = Pass { probe: Some(&hooks), ..Pass::default() };
    let picture = picture_of(golden)?;
    checker.compare("in.image", &picture, golden.tensor("in.image")?, Tolerance::Relative(1e-6))?;
    let posterior = vae.posterior(&picture, pass)?;
    checker.check("mean", &posterior.mean, FORWARD)?;
    checker.check("logvar", &posterior.logvar, FORWARD)?;
    checker.check("latent", &vae.encode(&picture, Pass::default())?, FORWARD)?;
    let decoded = vae.decode(golden.tensor("in.latents")?, pass)?;
    checker.check("image", &decoded, FORWARD)?;
    checker.check("image_u8", &bytes(&decoded)?, Tolerance::Bytes)?;
    hooks.check(golden, checker)
}

pub fn picture_of(golden: &Golden) -> Fallible<Tensor> {
    let stored = golden.tensor("in.image_u8")?;
    let (height, width, _) = stored.dims3()?;
    let raw = stored.flatten_all()?.to_vec1::<u8>()?;
    let image =
        image::RgbImage::from_raw(width as u32, height as u32, raw).ok_or("not a picture")?;
    Ok(pixels::from_image(&image, &golden.place.device)?)
}

/// Decoded pictures as bytes (rows, height, width, 3).
pub fn bytes(decoded: &Tensor) -> Fallible<Tensor> {
    let (rows, _, height, width) = decoded.dims4()?;
    let bytes = pixels::to_bytes(decoded)?;
    Ok(Tensor::from_vec(bytes, (rows, height, width, 3), &Device::Cpu)?.to_dtype(DType::U8)?)
}
