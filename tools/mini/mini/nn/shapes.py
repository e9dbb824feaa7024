"""The sizes of every network: the one place that fixes the exported configs."""

from __future__ import annotations

from dataclasses import dataclass

#: Picture side, latent side and channels of the shipped model.
SIDE, LATENT, LATENT_CHANNELS = 256, 32, 4
#: Tokens a prompt is cut or padded to.
TOKENS = 48
#: SDXL's size conditioning as trained: original size, crop corner, target size.
TIME_IDS = (256.0, 256.0, 0.0, 0.0, 256.0, 256.0)


@dataclass(frozen=True)
class UnetShape:
    """UNet2DConditionModel: a DownBlock2D, then CrossAttnDownBlock2D for the rest."""

    channels: tuple[int, ...] = (96, 128, 160)
    layers: int = 2
    head_width: int = 32
    context: int = 320
    pooled: int = 192
    time_id_width: int = 32
    groups: int = 32


@dataclass(frozen=True)
class VaeShape:
    """AutoencoderKL."""

    channels: tuple[int, ...] = (32, 64, 96, 96)
    layers: int = 1
    latent: int = LATENT_CHANNELS
    groups: int = 32


@dataclass(frozen=True)
class EncoderShape:
    """A CLIP or ViT tower."""

    width: int
    layers: int
    heads: int
    activation: str
    projection: int
    expansion: int = 4


TEXT_1 = EncoderShape(128, 3, 4, "quick_gelu", 128)
TEXT_2 = EncoderShape(192, 3, 6, "gelu", 192)
#: Judges see 128 px pictures in 8 px patches.
JUDGE_SIDE, JUDGE_PATCH = 128, 8
VISION = EncoderShape(192, 6, 6, "gelu", 192)
STYLE_VIT = EncoderShape(192, 6, 6, "gelu", 0)
CONTROL_EMBEDDING = (16, 32, 64, 96)
UNET, VAE = UnetShape(), VaeShape()
