//! Control maps and resizes, byte for byte.

use crate::parity::report::{Checker, LAYER, Tolerance};
use crate::parity::set::{Fallible, Golden};
use candle_core::{Device, Tensor};
use image::{GrayImage, RgbImage};
use predella::engine::control::map_tensor;
use predella::imaging::control::{canny, canny_grey};
use predella::imaging::{Filter, grey, resize};
use predella::recipe::Thresholds;

/// A stored picture's width, height and bytes.
fn bytes(golden: &Golden, name: &str) -> Fallible<(u32, u32, Vec<u8>)> {
    let stored = golden.tensor(name)?;
    let (height, width) = (stored.dim(0)? as u32, stored.dim(1)? as u32);
    Ok((width, height, stored.flatten_all()?.to_vec1::<u8>()?))
}

fn colour(golden: &Golden, name: &str) -> Fallible<RgbImage> {
    let (width, height, raw) = bytes(golden, name)?;
    Ok(RgbImage::from_raw(width, height, raw).ok_or("not a picture")?)
}

fn one_channel(golden: &Golden, name: &str) -> Fallible<GrayImage> {
    let (width, height, raw) = bytes(golden, name)?;
    Ok(GrayImage::from_raw(width, height, raw).ok_or("not a grey picture")?)
}

fn map(image: &GrayImage) -> Fallible<Tensor> {
    let shape = (image.height() as usize, image.width() as usize);
    Ok(Tensor::from_vec(image.as_raw().clone(), shape, &Device::Cpu)?)
}

fn picture(image: &RgbImage) -> Fallible<Tensor> {
    let shape = (image.height() as usize, image.width() as usize, 3);
    Ok(Tensor::from_vec(image.as_raw().clone(), shape, &Device::Cpu)?)
}

/// Thresholds from the end of a name: `canny_100_200`.
fn thresholds(name: &str) -> Fallible<Thresholds> {
    let mut ends = name.rsplit('_');
    let mut next = || Fallible::Ok(ends.next().ok_or("no thresholds")?.parse::<f64>()?);
    let (high, low) = (next()?, next()?);
    Ok(Thresholds { low, high })
}

pub fn run(golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let a = colour(golden, "a.in")?;
    let c = colour(golden, "c.in")?;
    let green =
        GrayImage::from_fn(c.width(), c.height(), |x, y| image::Luma([c.get_pixel(x, y).0[1]]));
    checker.check("a.gray", &map(&grey(&a))?, Tolerance::Exact)?;
    checker.check("c.green", &map(&green)?, Tolerance::Exact)?;
    for name in ["a.in", "b.in", "c.in"] {
        checker.covered(name);
    }
    edges(golden, checker)?;
    for (name, filter) in [("lanczos", Filter::Lanczos), ("bicubic", Filter::Bicubic)] {
        for way in ["", "_down"] {
            let name = format!("resize.{name}{way}_u8");
            let (width, height, _) = bytes(golden, &name)?;
            checker.check(
                &name,
                &picture(&resize(&a, width, height, filter))?,
                Tolerance::Exact,
            )?;
        }
    }
    let tensor =
        |image: &RgbImage| map_tensor(image, None, &golden.place.device, candle_core::DType::F32);
    let side = |name: &str| Fallible::Ok(golden.number(name)? as u32);
    let sized = resize(&a, side("width")?, side("height")?, Filter::Lanczos);
    checker.check("control.preprocessed", &tensor(&sized)?, LAYER)?;
    let (_, _, height, width) = golden.tensor("control.exact")?.dims4()?;
    let corner = image::imageops::crop_imm(&a, 0, 0, width as u32, height as u32).to_image();
    checker.check("control.exact", &tensor(&corner)?, LAYER)
}

/// Every `<picture>.<channel_>canny_<low>_<high>`.
fn edges(golden: &Golden, checker: &mut Checker) -> Fallible<()> {
    let mut names: Vec<_> = golden.tensors.keys().filter(|n| n.contains("canny_")).collect();
    names.sort_unstable();
    for name in names {
        let (from, rest) = name.split_once('.').ok_or("no picture")?;
        let thresholds = thresholds(name)?;
        let found = match (from, rest.split_once("canny_").map_or("", |(channel, _)| channel)) {
            ("b", "") => canny_grey(&one_channel(golden, "b.in")?, thresholds),
            (_, "") => canny(&colour(golden, &format!("{from}.in"))?, thresholds),
            (_, channel) => {
                let grey = format!("{from}.{}", channel.trim_end_matches('_'));
                canny_grey(&one_channel(golden, &grey)?, thresholds)
            }
        };
        checker.check(name, &map(&found)?, Tolerance::Exact)?;
    }
    Ok(())
}
