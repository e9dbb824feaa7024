"""UNet2DConditionModel and ControlNetModel with SDXL's text_time conditioning."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .layers import Downsample, GroupNorm, ResnetBlock, TimestepEmbedding, Transformer2D, Upsample, sinusoid
from .shapes import CONTROL_EMBEDDING, LATENT_CHANNELS, UNET, UnetShape

EPS = 1e-5


class _Block(nn.Module):
    """Resnets, attentions where there are any, and a resampler at the end where there is one."""

    def __init__(self, resnets: list, attentions: list, down: nn.Module | None, up: nn.Module | None):
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        if attentions:
            self.attentions = nn.ModuleList(attentions)
        if down is not None:
            self.downsamplers = nn.ModuleList([down])
        if up is not None:
            self.upsamplers = nn.ModuleList([up])

    def attend(self, i: int, x: Tensor, context: Tensor) -> Tensor:
        return self.attentions[i](x, context) if hasattr(self, "attentions") else x


class _Encoder(nn.Module):
    """What the UNet and its control net have in common: conditioning, the way down, the middle."""

    def __init__(self, shape: UnetShape) -> None:
        super().__init__()
        self.shape = shape
        ch, time = shape.channels, shape.channels[0] * 4
        self.conv_in = nn.Conv2d(LATENT_CHANNELS, ch[0], 3, padding=1)
        self.time_embedding = TimestepEmbedding(ch[0], time)
        self.add_embedding = TimestepEmbedding(shape.pooled + 6 * shape.time_id_width, time)
        self.down_blocks = nn.ModuleList(self._down(level, time) for level in range(len(ch)))
        mid = [ResnetBlock(ch[-1], ch[-1], shape.groups, time, EPS) for _ in range(2)]
        self.mid_block = _Block(mid, [self._attention(ch[-1])], None, None)

    def _attention(self, width: int) -> Transformer2D:
        shape = self.shape
        return Transformer2D(width, shape.context, width // shape.head_width, shape.groups)

    def _down(self, level: int, time: int) -> _Block:
        ch, shape = self.shape.channels, self.shape
        given = [ch[max(0, level - 1)]] + [ch[level]] * (shape.layers - 1)
        resnets = [ResnetBlock(g, ch[level], shape.groups, time, EPS) for g in given]
        attentions = [self._attention(ch[level]) for _ in given] if level else []
        return _Block(resnets, attentions, Downsample(ch[level]) if level < len(ch) - 1 else None, None)

    def embed(self, t: Tensor, pooled: Tensor, time_ids: Tensor) -> Tensor:
        """Timestep, pooled text and sizes as one vector [b, 4 * channels[0]]."""
        sizes = sinusoid(time_ids, self.shape.time_id_width).flatten(1)
        added = torch.cat([pooled, sizes.to(pooled.dtype)], -1)
        time = sinusoid(t, self.shape.channels[0]).to(pooled.dtype)
        return self.time_embedding(time) + self.add_embedding(added)

    def encode(self, x: Tensor, time: Tensor, context: Tensor) -> tuple[Tensor, list[Tensor]]:
        """From the first convolution's output to the middle, with every skip on the way."""
        skips = [x]
        for block in self.down_blocks:
            for i, resnet in enumerate(block.resnets):
                x = block.attend(i, resnet(x, time), context)
                skips.append(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](x)
                skips.append(x)
        x = self.mid_block.resnets[0](x, time)
        x = self.mid_block.attend(0, x, context)
        return self.mid_block.resnets[1](x, time), skips


class Unet(_Encoder):
    """Predicts the noise in latents [b, 4, h, w]."""

    def __init__(self, shape: UnetShape = UNET) -> None:
        super().__init__(shape)
        ch, time = shape.channels, shape.channels[0] * 4
        self.up_blocks = nn.ModuleList(self._up(level, time) for level in reversed(range(len(ch))))
        self.conv_norm_out = GroupNorm(shape.groups, ch[0], EPS)
        self.conv_out = nn.Conv2d(ch[0], LATENT_CHANNELS, 3, padding=1)

    def _up(self, level: int, time: int) -> _Block:
        ch, shape = self.shape.channels, self.shape
        below, above = ch[min(level + 1, len(ch) - 1)], ch[max(level - 1, 0)]
        resnets = []
        for i in range(shape.layers + 1):
            skip = above if i == shape.layers else ch[level]
            given = (below if i == 0 else ch[level]) + skip
            resnets.append(ResnetBlock(given, ch[level], shape.groups, time, EPS))
        attentions = [self._attention(ch[level]) for _ in resnets] if level else []
        return _Block(resnets, attentions, None, Upsample(ch[level]) if level else None)

    def forward(
        self,
        latents: Tensor,
        t: Tensor,
        context: Tensor,
        pooled: Tensor,
        time_ids: Tensor,
        residuals: list[Tensor] | None = None,
    ) -> Tensor:
        """``residuals``: a control net's, one for each skip and last the middle's."""
        time = self.embed(t, pooled, time_ids)
        x, skips = self.encode(self.conv_in(latents), time, context)
        if residuals is not None:
            skips = [skip + extra for skip, extra in zip(skips, residuals[:-1], strict=True)]
            x = x + residuals[-1]
        for block in self.up_blocks:
            for i, resnet in enumerate(block.resnets):
                x = block.attend(i, resnet(torch.cat([x, skips.pop()], 1), time), context)
            if hasattr(block, "upsamplers"):
                x = block.upsamplers[0](x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class _Conditioning(nn.Module):
    """ControlNetConditioningEmbedding: a picture down to the latent size."""

    def __init__(self, out: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for a, b in zip(widths, widths[1:], strict=False):
            self.blocks += [nn.Conv2d(a, a, 3, padding=1), nn.Conv2d(a, b, 3, 2, 1)]
        self.conv_out = _zeroed(nn.Conv2d(widths[-1], out, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.conv_in(x))
        for block in self.blocks:
            x = F.silu(block(x))
        return self.conv_out(x)


def _zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class ControlNet(_Encoder):
    """One net for two kinds of map, told apart by the third channel (0 edges, 1 depth)."""

    def __init__(self, shape: UnetShape = UNET) -> None:
        super().__init__(shape)
        ch = shape.channels
        self.controlnet_cond_embedding = _Conditioning(ch[0], CONTROL_EMBEDDING)
        widths = [ch[0]]
        for level, width in enumerate(ch):
            widths += [width] * (shape.layers + (level < len(ch) - 1))
        self.controlnet_down_blocks = nn.ModuleList(_zeroed(nn.Conv2d(w, w, 1)) for w in widths)
        self.controlnet_mid_block = _zeroed(nn.Conv2d(ch[-1], ch[-1], 1))

    def start_from(self, unet: Unet) -> None:
        """Copies the UNet's encoder."""
        own = self.state_dict()
        self.load_state_dict({k: v for k, v in unet.state_dict().items() if k in own}, strict=False)

    def forward(
        self, latents: Tensor, t: Tensor, context: Tensor, pooled: Tensor, time_ids: Tensor, hint: Tensor
    ) -> list[Tensor]:
        """``hint`` [b, 3, 8h, 8w] in 0..1; returns the residuals that Unet.forward takes."""
        time = self.embed(t, pooled, time_ids)
        start = self.conv_in(latents) + self.controlnet_cond_embedding(hint)
        x, skips = self.encode(start, time, context)
        out = [conv(skip) for conv, skip in zip(self.controlnet_down_blocks, skips, strict=True)]
        return [*out, self.controlnet_mid_block(x)]
