"""ViTModel in transformers' key names, as facebook/dino-vitb8 is published."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .shapes import JUDGE_PATCH, JUDGE_SIDE, STYLE_VIT, EncoderShape

EPS = 1e-12


class _Patches(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, width, JUDGE_PATCH, JUDGE_PATCH)


class _Embeddings(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.side = JUDGE_SIDE // JUDGE_PATCH
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.position_embeddings = nn.Parameter(torch.randn(1, self.side**2 + 1, width) * 0.02)
        self.patch_embeddings = _Patches(width)

    def _positions(self, side: int) -> Tensor:
        """The grid of positions resampled for pictures of another size."""
        if side == self.side:
            return self.position_embeddings
        grid = self.position_embeddings[:, 1:].view(1, self.side, self.side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
        return torch.cat([self.position_embeddings[:, :1], grid.flatten(2).transpose(1, 2)], 1)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.patch_embeddings.projection(pixels)
        tokens = patches.flatten(2).transpose(1, 2)
        cls = self.cls_token.expand(len(pixels), -1, -1)
        return torch.cat([cls, tokens], 1) + self._positions(patches.shape[-1])


class _Qkv(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))


class _Dense(nn.Module):
    def __init__(self, given: int, out: int) -> None:
        super().__init__()
        self.dense = nn.Linear(given, out)


class _Attention(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention = _Qkv(shape.width)
        self.output = _Dense(shape.width, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        b, n, width = x.shape
        parts = (self.attention.query, self.attention.key, self.attention.value)
        q, k, v = (p(x).view(b, n, self.heads, width // self.heads).transpose(1, 2) for p in parts)
        out = F.scaled_dot_product_attention(q, k, v)
        return self.output.dense(out.transpose(1, 2).reshape(b, n, width))


class _Layer(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.attention = _Attention(shape)
        self.intermediate = _Dense(shape.width, shape.width * shape.expansion)
        self.output = _Dense(shape.width * shape.expansion, shape.width)
        self.layernorm_before = nn.LayerNorm(shape.width, EPS)
        self.layernorm_after = nn.LayerNorm(shape.width, EPS)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.layernorm_before(x))
        return x + self.output.dense(F.gelu(self.intermediate.dense(self.layernorm_after(x))))


class _Stack(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))


class Vit(nn.Module):
    """The style encoder; its output is the class token after the last norm."""

    def __init__(self, shape: EncoderShape = STYLE_VIT) -> None:
        super().__init__()
        self.embeddings = _Embeddings(shape.width)
        self.encoder = _Stack(shape)
        self.layernorm = nn.LayerNorm(shape.width, EPS)

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalised pixels [b, 3, s, s] to [b, width]."""
        x = self.embeddings(pixels)
        for layer in self.encoder.layer:
            x = layer(x)
        return self.layernorm(x)[:, 0]
