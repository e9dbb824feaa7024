//! The kernels in ordinary candle operations, for every device and float type.

mod activation;
mod attention;
mod conv;
mod norm;

pub use activation::{geglu, gelu_erf, quick_gelu, silu};
pub use attention::{attention, causal_attention};
pub use conv::{conv2d, linear, upsample_nearest};
pub use norm::{adain, group_norm, layer_norm};
