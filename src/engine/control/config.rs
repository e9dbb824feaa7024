//! A control net's configuration in the diffusers format.

use crate::engine::config::ConfigFile;
use crate::engine::error::Result;
use crate::engine::unet::UNetConfig;
use crate::recipe::ControlKind;
use serde::Deserialize;
use serde_json::json;

/// Widths of the conditioning embedding that are believed.
const MAX_WIDTHS: usize = 8;

/// A control net's shape.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlConfig {
    /// The half of a UNet that it copies.
    pub unet: UNetConfig,
    /// Channels of a map.
    pub channels: usize,
    /// Widths of the map's embedding; each but the first halves its sides.
    pub widths: Vec<usize>,
    /// The kinds of maps that it tells apart, and the channel that says which
    /// one a map is by its place among them. `None` for a net that was trained
    /// for one kind and does not say for which.
    pub kinds: Option<Kinds>,
}

/// Several kinds of maps in one net.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds {
    /// The kinds in the order of the channel's values 0, 1 …
    pub names: Vec<String>,
    /// The channel.
    pub channel: usize,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default = "three")]
    conditioning_channels: usize,
    #[serde(default = "widths")]
    conditioning_embedding_out_channels: Vec<usize>,
    #[serde(default)]
    control_kinds: Option<Vec<String>>,
    #[serde(default)]
    control_kind_channel: Option<usize>,
}

fn three() -> usize {
    3
}

fn widths() -> Vec<usize> {
    vec![16, 32, 96, 256]
}

impl ControlConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// When a field is missing, out of range, or asks for something that this
    /// engine does not have.
    pub fn parse(file: &ConfigFile) -> Result<Self> {
        file.accept("_class_name", &[json!("ControlNetModel")])?;
        file.accept("controlnet_conditioning_channel_order", &[json!("rgb")])?;
        file.accept("global_pool_conditions", &[json!(false)])?;
        let unet = UNetConfig::parse(file)?;
        let raw: Raw = file.parse()?;
        let widths = raw.conditioning_embedding_out_channels;
        if !(2..=MAX_WIDTHS).contains(&widths.len()) || widths.iter().any(|w| !is_width(*w)) {
            return Err(file.fault("conditioning_embedding_out_channels cannot be believed"));
        }
        if raw.conditioning_channels != 3 {
            let n = raw.conditioning_channels;
            return Err(file.fault(format!("maps of {n} channels are not supported")));
        }
        let kinds = match (raw.control_kinds, raw.control_kind_channel) {
            (None, None) => None,
            (Some(names), Some(channel)) if channel < 3 && !names.is_empty() => {
                Some(Kinds { names, channel })
            }
            _ => return Err(file.fault("control_kinds and control_kind_channel do not fit")),
        };
        Ok(Self { unet, channels: raw.conditioning_channels, widths, kinds })
    }

    /// How many pixels of a map become one cell of the latents.
    pub fn factor(&self) -> usize {
        1 << (self.widths.len() - 1)
    }

    /// Why a net of this shape cannot steer a UNet; `None` when it can.
    pub fn misfit(&self, unet: &UNetConfig, factor: usize) -> Option<String> {
        let shape = |c: &UNetConfig| {
            let levels: Vec<_> = c.levels.iter().map(|l| (l.channels, l.layers)).collect();
            (c.in_channels, c.context_dim, c.text_time.clone(), levels)
        };
        let text = if shape(&self.unet) != shape(unet) {
            "it was made for models of another family"
        } else if self.factor() != factor {
            "its maps are of another size than the model's pictures"
        } else {
            return None;
        };
        Some(text.to_owned())
    }

    /// The value of the kind's channel; `None` for a net without one.
    ///
    /// # Errors
    /// The kinds that the net knows, when this is none of them.
    pub fn kind_value(&self, kind: ControlKind) -> std::result::Result<Option<f32>, String> {
        let Some(kinds) = &self.kinds else { return Ok(None) };
        match kinds.names.iter().position(|name| name == kind.name()) {
            Some(place) => Ok(Some(place as f32)),
            None => Err(kinds.names.join(" and ")),
        }
    }
}

fn is_width(width: usize) -> bool {
    (1..=4096).contains(&width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn parse(change: impl Fn(&mut Value)) -> Result<ControlConfig> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/tiny-sdxl-controlnet");
        let text = std::fs::read_to_string(format!("{path}/config.json")).unwrap();
        let mut value = serde_json::from_str(&text).unwrap();
        change(&mut value);
        ControlConfig::parse(&ConfigFile::new("config.json", value))
    }

    #[test]
    fn a_net_that_tells_kinds_apart_names_them() {
        let one = parse(|_| ()).unwrap();
        assert_eq!((one.factor(), one.kind_value(ControlKind::Corners)), (8, Ok(None)));
        let many = parse(|v| {
            v["control_kinds"] = json!(["canny", "depth"]);
            v["control_kind_channel"] = json!(2);
        });
        let many = many.unwrap();
        assert_eq!(many.kind_value(ControlKind::Depth), Ok(Some(1.0)));
        assert_eq!(many.kind_value(ControlKind::Raw), Err("canny and depth".into()));
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        let cases: [(&str, Value); 6] = [
            ("_class_name", json!("UNet2DConditionModel")),
            ("controlnet_conditioning_channel_order", json!("bgr")),
            ("conditioning_channels", json!(4)),
            ("conditioning_embedding_out_channels", json!([])),
            ("conditioning_embedding_out_channels", json!([8, 0])),
            ("control_kinds", json!(["canny"])),
        ];
        for (field, value) in cases {
            assert!(parse(|v| v[field] = value.clone()).is_err(), "{field} = {value}");
        }
    }

    #[test]
    fn another_familys_net_does_not_fit() {
        let net = parse(|_| ()).unwrap();
        assert_eq!(net.misfit(&net.unet, 8), None);
        assert!(net.misfit(&net.unet, 4).unwrap().contains("size"));
        let other = UNetConfig { context_dim: 1, ..net.unet.clone() };
        assert!(net.misfit(&other, 8).unwrap().contains("family"));
    }
}
