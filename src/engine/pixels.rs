//! Between tensors and pictures.

use super::error::{EngineError, Result};
use candle_core::{DType, Device, Tensor};
use image::RgbImage;

/// A decoded picture (1, 3, height, width), roughly −1 to 1, in eight bits.
///
/// # Errors
/// When the tensor has another shape.
pub fn to_image(picture: &Tensor) -> Result<RgbImage> {
    let (_, _, height, width) = picture.dims4()?;
    let bytes = to_bytes(picture)?;
    u32::try_from(width)
        .ok()
        .zip(u32::try_from(height).ok())
        .and_then(|(w, h)| RgbImage::from_raw(w, h, bytes))
        .ok_or_else(|| {
            EngineError::Unfit(format!("{width} x {height} is no picture of three colours"))
        })
}

/// Pictures (rows, 3, height, width) as bytes, row by row, colours innermost.
/// Halves are rounded to even, as the reference rounds.
///
/// # Errors
/// When a tensor operation fails.
pub fn to_bytes(pictures: &Tensor) -> Result<Vec<u8>> {
    let values = pictures.to_dtype(DType::F32)?.permute((0, 2, 3, 1))?.flatten_all()?;
    let byte = |v: f32| ((v * 0.5 + 0.5).clamp(0.0, 1.0) * 255.0).round_ties_even() as u8;
    Ok(values.to_vec1::<f32>()?.into_iter().map(byte).collect())
}

/// A picture as (1, 3, height, width) in −1 to 1.
///
/// # Errors
/// When the tensor cannot be made.
pub fn from_image(picture: &RgbImage, device: &Device) -> Result<Tensor> {
    let shape = (1, picture.height() as usize, picture.width() as usize, 3);
    let values: Vec<f32> =
        picture.as_raw().iter().map(|b| f32::from(*b) / 255.0 * 2.0 - 1.0).collect();
    let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?.permute((0, 3, 1, 2))?;
    Ok(tensor.contiguous()?.to_device(device)?)
}
