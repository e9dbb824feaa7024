//! The diffusion engine on candle.

pub mod kernels;
