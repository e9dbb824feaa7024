"""AutoencoderKL: pictures in -1..1 to latents and back."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .layers import Attention, Downsample, GroupNorm, ResnetBlock, Upsample
from .shapes import VAE, VaeShape

EPS = 1e-6


class _MidAttention(Attention):
    """Single-head attention over the pixels, with its own GroupNorm and a residual."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__(width, width, 1, bias=True)
        self.group_norm = GroupNorm(groups, width, EPS)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        b, c, h, w = x.shape
        tokens = self.group_norm(x).permute(0, 2, 3, 1).reshape(b, h * w, c)
        return x + super().forward(tokens).view(b, h, w, c).permute(0, 3, 1, 2)


class _Stage(nn.Module):
    """Resnets and a resampler; ``attentions`` in the middle only."""

    def __init__(self, resnets: list, extra: dict[str, nn.Module]) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        for name, module in extra.items():
            setattr(self, name, nn.ModuleList([module]))

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "attentions"):
            return self.resnets[1](self.attentions[0](self.resnets[0](x)))
        for resnet in self.resnets:
            x = resnet(x)
        for name in ("downsamplers", "upsamplers"):
            if hasattr(self, name):
                x = getattr(self, name)[0](x)
        return x


def _middle(width: int, groups: int) -> _Stage:
    resnets = [ResnetBlock(width, width, groups, None, EPS) for _ in range(2)]
    return _Stage(resnets, {"attentions": _MidAttention(width, groups)})


class _Coder(nn.Module):
    def finish(self, x: Tensor) -> Tensor:
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class _VaeEncoder(_Coder):
    def __init__(self, shape: VaeShape) -> None:
        super().__init__()
        ch, groups = shape.channels, shape.groups
        self.conv_in = nn.Conv2d(3, ch[0], 3, padding=1)
        self.down_blocks = nn.ModuleList()
        for level, width in enumerate(ch):
            given = [ch[max(0, level - 1)]] + [width] * (shape.layers - 1)
            resnets = [ResnetBlock(g, width, groups, None, EPS) for g in given]
            down = {"downsamplers": Downsample(width, lopsided=True)} if level < len(ch) - 1 else {}
            self.down_blocks.append(_Stage(resnets, down))
        self.mid_block = _middle(ch[-1], groups)
        self.conv_norm_out = GroupNorm(groups, ch[-1], EPS)
        self.conv_out = nn.Conv2d(ch[-1], 2 * shape.latent, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.finish(self.mid_block(x))


class _VaeDecoder(_Coder):
    def __init__(self, shape: VaeShape) -> None:
        super().__init__()
        ch, groups = tuple(reversed(shape.channels)), shape.groups
        self.conv_in = nn.Conv2d(shape.latent, ch[0], 3, padding=1)
        self.mid_block = _middle(ch[0], groups)
        self.up_blocks = nn.ModuleList()
        for level, width in enumerate(ch):
            given = [ch[max(0, level - 1)]] + [width] * shape.layers
            resnets = [ResnetBlock(g, width, groups, None, EPS) for g in given]
            up = {"upsamplers": Upsample(width)} if level < len(ch) - 1 else {}
            self.up_blocks.append(_Stage(resnets, up))
        self.conv_norm_out = GroupNorm(groups, ch[-1], EPS)
        self.conv_out = nn.Conv2d(ch[-1], 3, 3, padding=1)

    def forward(self, z: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        """``seen`` is given the output of every block."""
        x = self.conv_in(z)
        for block in (self.mid_block, *self.up_blocks):
            x = block(x)
            if seen is not None:
                seen.append(x)
        return self.finish(x)


class Vae(nn.Module):
    """Encoder, decoder and the two 1x1 convolutions between them."""

    def __init__(self, shape: VaeShape = VAE) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = _VaeEncoder(shape)
        self.decoder = _VaeDecoder(shape)
        self.quant_conv = nn.Conv2d(2 * shape.latent, 2 * shape.latent, 1)
        self.post_quant_conv = nn.Conv2d(shape.latent, shape.latent, 1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latents."""
        mean, log_variance = self.quant_conv(self.encoder(x)).chunk(2, 1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, z: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        """A picture in about -1..1; ``seen`` is given what the decoder's blocks make on the way."""
        return self.decoder(self.post_quant_conv(z), seen)

    @torch.no_grad()
    def fold(self, mean: Tensor, deviation: Tensor) -> None:
        """Moves the latents' statistics into the quant convolutions, so that latents are unit
        normal and ``scaling_factor`` is 1. Exact: decode(encode(x)) does not change."""
        n = self.shape.latent
        w, b = self.quant_conv.weight, self.quant_conv.bias
        mean, deviation = mean.to(w), deviation.to(w)
        w[:n] /= deviation.view(n, 1, 1, 1)
        b[:n] = (b[:n] - mean) / deviation
        b[n:] -= 2 * deviation.log()
        back, shift = self.post_quant_conv.weight, self.post_quant_conv.bias
        shift += (back[:, :, 0, 0] * mean).sum(1)
        back *= deviation.view(1, n, 1, 1)
