//! The network's shape, in the words of transformers; what a file does not say is as there.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::EngineError;
use crate::engine::config::ConfigFile;

/// Both sides, and the width in which they meet.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    pub audio_config: Audio,
    pub text_config: Text,
    pub projection_dim: usize,
}

/// HTSAT, a Swin transformer over a spectrogram.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Audio {
    pub window_size: usize,
    pub num_mel_bins: usize,
    pub spec_size: usize,
    pub patch_size: usize,
    pub patch_stride: Vec<usize>,
    pub hidden_size: usize,
    pub depths: Vec<usize>,
    pub num_attention_heads: Vec<usize>,
    pub patch_embeds_hidden_size: usize,
    pub enable_patch_layer_norm: bool,
    pub qkv_bias: bool,
    pub mlp_ratio: f64,
    pub layer_norm_eps: f64,
}

/// RoBERTa.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Text {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    pub type_vocab_size: usize,
    pub layer_norm_eps: f64,
    pub pad_token_id: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { audio_config: Audio::default(), text_config: Text::default(), projection_dim: 512 }
    }
}

impl Default for Audio {
    fn default() -> Self {
        Self {
            window_size: 8,
            num_mel_bins: 64,
            spec_size: 256,
            patch_size: 4,
            patch_stride: vec![4, 4],
            hidden_size: 768,
            depths: vec![2, 2, 6, 2],
            num_attention_heads: vec![4, 8, 16, 32],
            patch_embeds_hidden_size: 96,
            enable_patch_layer_norm: true,
            qkv_bias: true,
            mlp_ratio: 4.0,
            layer_norm_eps: 1e-5,
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self {
            vocab_size: 50265,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            max_position_embeddings: 514,
            type_vocab_size: 1,
            layer_norm_eps: 1e-12,
            pad_token_id: 1,
        }
    }
}

impl Config {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// When it is not that of a network that is known here.
    pub fn parse(value: Value) -> Result<Self, EngineError> {
        let part =
            |name: &str| ConfigFile::new(format!("config.json ({name})"), value[name].clone());
        let (audio, text) = (part("audio_config"), part("text_config"));
        if value["audio_config"]["enable_fusion"] == true {
            let text = "this CLAP is a fused one, which is not read; take an unfused one, \
                        such as laion/clap-htsat-unfused";
            return Err(audio.fault(text));
        }
        audio.accept("hidden_act", &[json!("gelu")])?;
        audio.accept("patch_embed_input_channels", &[json!(1)])?;
        audio.accept("flatten_patch_embeds", &[json!(true)])?;
        text.accept("hidden_act", &[json!("gelu")])?;
        text.accept("position_embedding_type", &[json!("absolute")])?;
        let file = ConfigFile::new("config.json", value);
        file.accept("projection_hidden_act", &[json!("relu")])?;
        let config: Self = file.parse()?;
        let sound = config.audio_config.is_sound() && config.text_config.is_sound();
        match sound && (1..=1 << 16).contains(&config.projection_dim) {
            true => Ok(config),
            false => Err(file.fault("sizes that no CLAP has")),
        }
    }
}

impl Audio {
    /// How many squares of the spectrogram's width its bands are folded into.
    pub fn folds(&self) -> usize {
        self.spec_size / self.num_mel_bins
    }

    /// Patches along a side of the folded spectrogram, in a stage.
    pub fn side(&self, stage: usize) -> usize {
        (self.spec_size / self.patch_size) >> stage
    }

    /// Channels of a stage.
    pub fn width(&self, stage: usize) -> usize {
        self.patch_embeds_hidden_size << stage
    }

    /// Channels inside a stage's feed-forward.
    pub fn inner(&self, stage: usize) -> usize {
        (self.mlp_ratio * self.width(stage) as f64) as usize
    }

    /// Whether every stage divides into its windows and heads.
    fn is_sound(&self) -> bool {
        let within = |n: usize, most: usize| (1..=most).contains(&n);
        let stages = self.depths.len();
        if !within(self.spec_size, 1 << 12)
            || !within(self.num_mel_bins, self.spec_size)
            || !within(self.patch_size, self.spec_size)
            || !within(self.window_size, 64)
            || !within(self.patch_embeds_hidden_size, 1 << 12)
            || !within(stages, 8)
            || stages != self.num_attention_heads.len()
            || !(self.mlp_ratio > 0.0 && self.mlp_ratio <= 64.0)
        {
            return false;
        }
        let stage = |i: usize| {
            let (side, heads) = (self.side(i), self.num_attention_heads[i]);
            within(self.depths[i], 256)
                && side >= self.window_size
                && side.is_multiple_of(self.window_size)
                && (i + 1 == stages || side.is_multiple_of(2))
                && heads > 0
                && self.width(i).is_multiple_of(heads)
                && self.inner(i) > 0
        };
        self.patch_stride == [self.patch_size; 2]
            && self.spec_size.is_multiple_of(self.num_mel_bins)
            && self.spec_size.is_multiple_of(self.patch_size)
            && self.side(stages - 1) >= self.folds()
            && self.hidden_size == self.width(stages - 1)
            && (0..stages).all(stage)
    }
}

impl Text {
    /// Most tokens of a text; the first positions stand for what is padded.
    pub fn longest(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.pad_token_id as usize + 1)
    }

    fn is_sound(&self) -> bool {
        let within = |n: usize, most: usize| (1..=most).contains(&n);
        within(self.hidden_size, 1 << 16)
            && within(self.intermediate_size, 1 << 16)
            && within(self.vocab_size, 1 << 20)
            && within(self.num_hidden_layers, 256)
            && within(self.type_vocab_size, 16)
            && within(self.max_position_embeddings, 1 << 13)
            && within(self.num_attention_heads, self.hidden_size)
            && self.hidden_size.is_multiple_of(self.num_attention_heads)
            && self.longest() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(value: Value) -> String {
        Config::parse(value).unwrap_err().to_string()
    }

    #[test]
    fn the_published_networks_are_known_by_what_they_say() {
        let config = Config::parse(json!({ "model_type": "clap" })).unwrap();
        assert_eq!((config.audio_config.folds(), config.audio_config.side(3)), (4, 8));
        assert_eq!(config.text_config.longest(), 512);
        let larger = json!({ "audio_config":
            { "depths": [2, 2, 12, 2], "hidden_size": 1024, "patch_embeds_hidden_size": 128 } });
        assert_eq!(Config::parse(larger).unwrap().audio_config.width(3), 1024);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let fused = refused(json!({ "audio_config": { "enable_fusion": true } }));
        assert!(fused.contains("laion/clap-htsat-unfused"), "{fused}");
        let act = refused(json!({ "text_config": { "hidden_act": "silu" } }));
        assert!(act.contains("hidden_act"), "{act}");
        for audio in [
            json!({ "window_size": 0 }),
            json!({ "window_size": 7 }),
            json!({ "depths": [2, 2] }),
            json!({ "num_attention_heads": [0, 8, 16, 32] }),
            json!({ "patch_stride": [4, 2] }),
            json!({ "hidden_size": 1024 }),
            json!({ "spec_size": 1usize << 40 }),
            json!({ "mlp_ratio": -1.0 }),
        ] {
            let text = refused(json!({ "audio_config": audio }));
            assert!(text.contains("sizes that no CLAP has"), "{audio}: {text}");
        }
        let text = refused(json!({ "text_config": { "num_attention_heads": 7 } }));
        assert!(text.contains("sizes that no CLAP has"), "{text}");
    }
}
