//! Quick looks at latents without decoding them.
//!
//! A latent cell is nearly a small patch of one colour, and the colour is
//! nearly an affine map of the cell's channels. The map is fitted to the VAE
//! at hand, so every model has previews and no table of published factors is
//! needed.

use super::Vae;
use crate::engine::pass::Pass;
use crate::engine::rng;
use candle_core::{DType, Result, Tensor};
use image::RgbImage;

/// Latent cells along each side of the sample that the map is fitted to.
const SIDE: usize = 16;
/// Seed of that sample.
const SEED: u64 = 0x9E37;

/// An affine map from a latent cell to a colour.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentColours {
    /// For red, green and blue: a factor for each channel, then an offset.
    rows: [Vec<f64>; 3],
}

impl LatentColours {
    /// Fits the map by least squares to the decoding of one noise sample.
    ///
    /// # Errors
    /// When decoding fails.
    pub fn fit(vae: &Vae, device: &candle_core::Device) -> Result<Self> {
        let channels = vae.config().latent_channels;
        let latents = rng::noise(SEED, (1, channels, SIDE, SIDE))?;
        let decoded = vae.decode(&latents.to_device(device)?, Pass::default())?;
        let colours = decoded.avg_pool2d(vae.config().factor())?.to_dtype(DType::F64)?;
        let cells = columns(&latents.to_dtype(DType::F64)?)?;
        let colours = columns(&colours.to_device(&candle_core::Device::Cpu)?)?;
        let fit = |colour: usize| least_squares(&cells, &colours, colour, channels + 1);
        Ok(Self { rows: [fit(0), fit(1), fit(2)] })
    }

    /// One picture of a pixel a cell for latents (1, channels, height, width).
    ///
    /// # Errors
    /// When the latents have another number of channels.
    pub fn picture(&self, latents: &Tensor) -> Result<RgbImage> {
        let (_, channels, height, width) = latents.dims4()?;
        if channels + 1 != self.rows[0].len() {
            candle_core::bail!("a preview of {channels} channels by a map of another VAE");
        }
        let latents = latents.to_device(&candle_core::Device::Cpu)?.to_dtype(DType::F64)?;
        let cells = columns(&latents)?;
        let colour = |cell: &[f64]| self.rows.each_ref().map(|row| byte(dot(row, cell)));
        let bytes = cells.iter().flat_map(|cell| colour(cell)).collect();
        let (width, height) = (width as u32, height as u32);
        Ok(RgbImage::from_raw(width, height, bytes).unwrap_or_default())
    }
}

/// The channels of each cell, with a 1 behind them for the offset.
fn columns(map: &Tensor) -> Result<Vec<Vec<f64>>> {
    let rows = map.squeeze(0)?.flatten_from(1)?.t()?.contiguous()?.to_vec2::<f64>()?;
    Ok(rows
        .into_iter()
        .map(|mut row| {
            row.push(1.0);
            row
        })
        .collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn byte(value: f64) -> u8 {
    ((value * 0.5 + 0.5).clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Solves the normal equations `AᵀA w = Aᵀb` by elimination with pivots. A
/// direction that the sample does not show gets the factor 0.
fn least_squares(cells: &[Vec<f64>], colours: &[Vec<f64>], colour: usize, n: usize) -> Vec<f64> {
    let mut system = vec![vec![0.0; n + 1]; n];
    for (cell, value) in cells.iter().zip(colours) {
        for i in 0..n {
            for j in 0..n {
                system[i][j] += cell[i] * cell[j];
            }
            system[i][n] += cell[i] * value[colour];
        }
    }
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|a, b| system[*a][column].abs().total_cmp(&system[*b][column].abs()));
        system.swap(column, pivot.unwrap_or(column));
        let lead = system[column].clone();
        if lead[column].abs() < 1e-12 {
            continue;
        }
        for row in (0..n).filter(|row| *row != column) {
            let factor = system[row][column] / lead[column];
            system[row].iter_mut().zip(&lead).for_each(|(x, l)| *x -= factor * l);
        }
    }
    (0..n)
        .map(|i| if system[i][i].abs() < 1e-12 { 0.0 } else { system[i][n] / system[i][i] })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_affine_map_is_found_again() {
        let cells: Vec<Vec<f64>> =
            (0..40).map(|i| vec![f64::from(i % 7) - 3.0, f64::from(i % 5) - 2.0, 1.0]).collect();
        let colours: Vec<Vec<f64>> =
            cells.iter().map(|c| vec![0.5 * c[0] - 0.25 * c[1] + 0.1]).collect();
        let found = least_squares(&cells, &colours, 0, 3);
        for (a, b) in found.iter().zip([0.5, -0.25, 0.1]) {
            assert!((a - b).abs() < 1e-9, "{found:?}");
        }
    }
}
