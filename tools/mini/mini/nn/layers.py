"""Blocks shared by the UNet, the control net and the autoencoder, in diffusers' key names."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def sinusoid(t: Tensor, width: int) -> Tensor:
    """float32 [..., width]: cosines first, as diffusers' flip_sin_to_cos with no frequency shift."""
    half = width // 2
    rate = torch.exp(-math.log(10000) * torch.arange(half, device=t.device, dtype=torch.float32) / half)
    angle = t.float().unsqueeze(-1) * rate
    return torch.cat([angle.cos(), angle.sin()], -1)


class GroupNorm(nn.GroupNorm):
    """GroupNorm that, when compiled, first sums each channel over the picture.

    Channels lie innermost in memory and our groups are three to five channels wide: gathering a
    group directly touches a few bytes of every cache line. Sums by channel are read in order, the
    groups are then formed from [b, channels] numbers, and the rest is one multiply-add a pixel.
    """

    #: Off: PyTorch's own decomposition, for comparison (``--plain-norm``).
    by_channel = True

    def forward(self, x: Tensor) -> Tensor:
        if self.by_channel and torch.compiler.is_compiling():
            return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
        return super().forward(x)


def group_norm(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """The formula, in float32 whatever x is. Variance as E[x^2] - E[x]^2: activations are near 0."""
    b, c = x.shape[:2]
    wide = x.float()
    mean = wide.mean((2, 3)).view(b, groups, -1).mean(-1, keepdim=True)
    square = wide.square().mean((2, 3)).view(b, groups, -1).mean(-1, keepdim=True)
    scale = torch.rsqrt((square - mean * mean).clamp(min=0) + eps)
    scale = scale.expand(b, groups, c // groups).reshape(b, c) * weight.float()
    shift = bias.float() - mean.expand(b, groups, c // groups).reshape(b, c) * scale
    return (wide * scale[:, :, None, None] + shift[:, :, None, None]).to(x.dtype)


class TimestepEmbedding(nn.Module):
    """Two linear layers with a SiLU between."""

    def __init__(self, given: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(given, width)
        self.linear_2 = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(x)))


class ResnetBlock(nn.Module):
    """GroupNorm, SiLU, 3x3 convolution, twice; the time embedding is added in between."""

    def __init__(self, given: int, out: int, groups: int, time: int | None, eps: float) -> None:
        super().__init__()
        self.norm1 = GroupNorm(groups, given, eps)
        self.conv1 = nn.Conv2d(given, out, 3, padding=1)
        if time is not None:
            self.time_emb_proj = nn.Linear(time, out)
        self.norm2 = GroupNorm(groups, out, eps)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(given, out, 1) if given != out else None

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return (x if self.conv_shortcut is None else self.conv_shortcut(x)) + h


class Attention(nn.Module):
    """Multi-head attention over [b, tokens, width]; ``style`` may replace q, k, v (see style.py)."""

    def __init__(self, width: int, context: int, heads: int, bias: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias)
        self.to_k = nn.Linear(context, width, bias)
        self.to_v = nn.Linear(context, width, bias)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])
        self.sharing = None

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        b, n, width = x.shape
        split = lambda t: t.view(b, -1, self.heads, width // self.heads).transpose(1, 2)  # noqa: E731
        q, k, v = split(self.to_q(x)), split(self.to_k(source)), split(self.to_v(source))
        if self.sharing is not None and context is None:
            q, k, v = self.sharing(q, k, v)
        out = F.scaled_dot_product_attention(q, k, v)
        return self.to_out[0](out.transpose(1, 2).reshape(b, n, width))


class _Geglu(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, inner * 2)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, -1)
        return value * F.gelu(gate)


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        # index 1 is diffusers' dropout, which holds no weights
        self.net = nn.ModuleList([_Geglu(width, width * 4), nn.Identity(), nn.Linear(width * 4, width)])

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class BasicTransformerBlock(nn.Module):
    """Self-attention, cross-attention, gated feed-forward, each before its own LayerNorm."""

    def __init__(self, width: int, context: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = Attention(width, width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.attn2 = Attention(width, context, heads)
        self.norm3 = nn.LayerNorm(width)
        self.ff = _FeedForward(width)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer2D(nn.Module):
    """Transformer2DModel with linear projections."""

    def __init__(self, width: int, context: int, heads: int, groups: int) -> None:
        super().__init__()
        self.norm = GroupNorm(groups, width, 1e-6)
        self.proj_in = nn.Linear(width, width)
        self.transformer_blocks = nn.ModuleList([BasicTransformerBlock(width, context, heads)])
        self.proj_out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        b, c, h, w = x.shape
        y = self.proj_in(self.norm(x).permute(0, 2, 3, 1).reshape(b, h * w, c))
        for block in self.transformer_blocks:
            y = block(y, context)
        return x + self.proj_out(y).view(b, h, w, c).permute(0, 3, 1, 2)


class Downsample(nn.Module):
    """A stride-2 convolution; the autoencoder pads it on the right and below only."""

    def __init__(self, width: int, lopsided: bool = False) -> None:
        super().__init__()
        self.lopsided = lopsided
        self.conv = nn.Conv2d(width, width, 3, 2, 0 if lopsided else 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.lopsided else x)


class Upsample(nn.Module):
    """Nearest-neighbour doubling, then a convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
