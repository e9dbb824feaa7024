//! A lender's tokens as few: each takes the mean of its cell of the picture, as
//! RB-Modulation shows style without its place (arXiv 2405.17401).
//!
//! As many tokens stay, those of a cell all alike. In a softmax that is one token
//! with the weight of the cell, so that the reference weight means what it did.

use candle_core::{Device, Result, Tensor};

/// Height and width of the feature map of so many tokens, in a network that halves
/// its sides from those of the latents.
///
/// # Errors
/// When there is none.
pub fn grid(latents: (usize, usize), tokens: usize) -> Result<(usize, usize)> {
    let (mut height, mut width) = latents;
    while height * width > tokens.max(1) {
        (height, width) = (height.div_ceil(2), width.div_ceil(2));
    }
    match height * width == tokens {
        true => Ok((height, width)),
        false => candle_core::bail!("pooling: no feature map of {tokens} tokens in {latents:?}"),
    }
}

/// x (1, tokens, channels), each token the mean of its one of `cells` × `cells`.
///
/// # Errors
/// When the shapes do not fit.
pub fn pooled(x: &Tensor, (height, width): (usize, usize), cells: usize) -> Result<Tensor> {
    let (down, across) = (cells.min(height), cells.min(width));
    if (down, across) == (height, width) {
        return Ok(x.clone());
    }
    let tokens = height * width;
    let cell = |t: usize| t / width * down / height * across + t % width * across / width;
    let mut counts = vec![0f32; down * across];
    (0..tokens).for_each(|token| counts[cell(token)] += 1.0);
    let mut shares = vec![0f32; down * across * tokens];
    (0..tokens).for_each(|t| shares[cell(t) * tokens + t] = 1.0 / counts[cell(t)]);
    let shares = Tensor::from_vec(shares, (1, down * across, tokens), &Device::Cpu)?;
    let means = shares.to_device(x.device())?.to_dtype(x.dtype())?.matmul(x)?;
    let places: Vec<u32> = (0..tokens).map(|token| cell(token) as u32).collect();
    means.index_select(&Tensor::new(places, x.device())?, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_found_by_their_tokens() {
        assert_eq!(grid((12, 9), 108).unwrap(), (12, 9));
        assert_eq!(grid((12, 9), 30).unwrap(), (6, 5));
        assert_eq!(grid((12, 9), 9).unwrap(), (3, 3));
        for tokens in [0, 29, 109] {
            assert!(grid((12, 9), tokens).is_err(), "{tokens}");
        }
    }

    #[test]
    fn each_token_is_the_mean_of_its_cell() {
        let of = |cells| {
            let x: Vec<f32> = (0..12).map(|n| n as f32).collect();
            let x = Tensor::from_vec(x, (1, 12, 1), &Device::Cpu).unwrap();
            let y = pooled(&x, (3, 4), cells).unwrap().flatten_all().unwrap();
            y.to_vec1::<f32>().unwrap()
        };
        assert!(of(1).iter().all(|mean| (mean - 5.5).abs() < 1e-5));
        // Two rows and one, two columns and two.
        let (a, b, c, d) = (2.5, 4.5, 8.5, 10.5);
        let expected = [a, a, b, b, a, a, b, b, c, c, d, d];
        assert!(of(2).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{:?}", of(2));
        assert_eq!(of(4), (0..12).map(|n| n as f32).collect::<Vec<_>>());
    }
}
