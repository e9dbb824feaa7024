//! What a recipe costs in memory and arithmetic, from configurations alone.

use super::control::ControlConfig;
use super::unet::{Level, UNetConfig};
use super::vae::VaeConfig;

/// Cost of one row through the UNet, or of one picture through the decoder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-adds.
    pub macs: u64,
    /// Numbers that are alive at the worst moment.
    pub live: u64,
}

/// One row of latents (height, width) through the UNet, with `text` tokens of
/// context; `keys` is how many times its own tokens each one attends to.
pub fn unet_row(config: &UNetConfig, height: usize, width: usize, text: usize, keys: f64) -> Cost {
    let mut cost = Cost::default();
    let (mut skips, mut peak) = (0u64, 0u64);
    let (mut h, mut w) = (height, width);
    let last = config.levels.len() - 1;
    let mut inputs = config.levels[0].channels;
    for (i, level) in config.levels.iter().enumerate() {
        let area = (h * w) as u64;
        let c = level.channels as u64;
        for layer in 0..level.layers {
            let from = if layer == 0 { inputs } else { level.channels } as u64;
            cost.macs += resnet(area, from, c);
        }
        for layer in 0..=level.layers {
            // The way up carries its own width and a skip of about the same.
            let outer = config.levels[i.saturating_sub(1)].channels as u64;
            let skip = if layer == level.layers { outer } else { c };
            cost.macs += resnet(area, c + skip, c);
        }
        cost.macs += transformers(config, level, area, text as u64, keys);
        skips += area * c * (level.layers as u64 + 1);
        let inner =
            if level.down_transformers + level.up_transformers > 0 { 13 * c } else { 6 * c };
        peak = peak.max(area * inner.max(8 * c));
        inputs = level.channels;
        if i < last {
            cost.macs += area / 4 * 9 * c * c;
            (h, w) = (h.div_ceil(2), w.div_ceil(2));
        } else {
            cost.macs += 2 * resnet(area, c, c);
            cost.macs += attention_block(area, c, text as u64, config.context_dim as u64, keys)
                * config.mid_transformers as u64;
        }
    }
    cost.live = skips + peak;
    cost
}

/// One row through a control net: the way down and the middle, a convolution for
/// each output. Its map is embedded once a run, which is not counted.
pub fn control_row(config: &ControlConfig, height: usize, width: usize, text: usize) -> Cost {
    let unet = &config.unet;
    let mut cost = Cost::default();
    let (mut h, mut w) = (height, width);
    let last = unet.levels.len() - 1;
    let mut inputs = unet.levels[0].channels as u64;
    for (i, level) in unet.levels.iter().enumerate() {
        let (area, c) = ((h * w) as u64, level.channels as u64);
        let attention = |blocks: usize| {
            attention_block(area, c, text as u64, unet.context_dim as u64, 1.0) * blocks as u64
        };
        for layer in 0..level.layers {
            cost.macs += resnet(area, if layer == 0 { inputs } else { c }, c) + area * c * c;
            cost.macs += attention(level.down_transformers);
        }
        // Skip connections, and as many residuals beside them.
        cost.live += 2 * area * c * (level.layers as u64 + 1);
        inputs = c;
        if i < last {
            cost.macs += area / 4 * 10 * c * c;
            (h, w) = (h.div_ceil(2), w.div_ceil(2));
        } else {
            cost.macs += 2 * resnet(area, c, c) + attention(unet.mid_transformers);
        }
    }
    cost
}

fn resnet(area: u64, inputs: u64, outputs: u64) -> u64 {
    let shortcut = if inputs == outputs { 0 } else { inputs * outputs };
    area * (9 * inputs * outputs + 9 * outputs * outputs + shortcut)
}

fn transformers(config: &UNetConfig, level: &Level, area: u64, text: u64, keys: f64) -> u64 {
    let blocks =
        level.layers * level.down_transformers + (level.layers + 1) * level.up_transformers;
    let block = attention_block(area, level.channels as u64, text, config.context_dim as u64, keys);
    block * blocks as u64
}

fn attention_block(area: u64, c: u64, text: u64, context: u64, keys: f64) -> u64 {
    let projections = area * c * c * 6 + 2 * text * c * context;
    let scores = 2 * (area as f64 * area as f64 * keys) as u64 * c + 2 * area * text * c;
    let feed_forward = area * c * c * 12;
    projections + scores + feed_forward
}

/// One picture's latents (height, width) through the VAE's decoder.
pub fn decode(config: &VaeConfig, height: usize, width: usize) -> Cost {
    let mut area = (height * width) as u64;
    let widths: Vec<u64> = config.block_out_channels.iter().rev().map(|c| *c as u64).collect();
    let mut macs = 2 * resnet(area, widths[0], widths[0]) + 2 * area * area * widths[0];
    let mut live = 0;
    let mut inputs = widths[0];
    for (i, c) in widths.iter().enumerate() {
        macs += resnet(area, inputs, *c) + config.layers_per_block as u64 * resnet(area, *c, *c);
        if i + 1 < widths.len() {
            area *= 4;
            macs += area * 9 * c * c;
        }
        live = live.max(area * c.max(&inputs) * 4);
        inputs = *c;
    }
    Cost { macs, live }
}
