"""The UNet of SD 1.5 and SDXL in plain PyTorch, with style sharing.

Built from a diffusers configuration and with its names, so that published
weights fit. What no such model uses is left out. It is here so that a step can
be measured where diffusers is not installed.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from kernels import adain, attend

SDXL = {
    "in_channels": 4, "out_channels": 4, "block_out_channels": [320, 640, 1280],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 2, "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20], "cross_attention_dim": 2048, "norm_num_groups": 32,
    "norm_eps": 1e-5, "use_linear_projection": True, "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816,
}  # fmt: skip
"""The shape of SDXL base."""


def sinusoids(values, width):
    """Cosines, then sines, as SD's `flip_sin_to_cos` and `freq_shift` 0 mean it."""
    half = width // 2
    steps = torch.arange(half, device=values.device, dtype=torch.float32)
    angles = values.float()[..., None] * torch.exp(-math.log(10_000) / half * steps)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class Embedding(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(inputs, width), nn.Linear(width, width)

    def forward(self, x):
        return self.linear_2(F.silu(self.linear_1(x)))


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, time, groups, eps):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = nn.Linear(time, outputs)
        self.norm2 = nn.GroupNorm(groups, outputs, eps)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, time):
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = hidden + self.time_emb_proj(F.silu(time))[:, :, None, None]
        return self.conv_shortcut(x) + self.conv2(F.silu(self.norm2(hidden)))


class Attention(nn.Module):
    def __init__(self, channels, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context, channels, bias=False)
        self.to_v = nn.Linear(context, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x, context=None, sets=None):
        """With `sets`, queries and keys take the anchor's statistics, and its keys are seen too."""
        given = x if context is None else context
        q, k, v = self.to_q(x), self.to_k(given), self.to_v(given)
        if sets is not None:
            q, k = adain(q, sets), adain(k, sets)
        return self.to_out[0](attend(q, k, v, self.heads, sets))


class Gated(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.proj = nn.Linear(channels, channels * 8)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, channels):
        super().__init__()
        last = nn.Linear(channels * 4, channels)
        self.net = nn.Sequential(Gated(channels), nn.Identity(), last)

    def forward(self, x):
        return self.net(x)


class Block(nn.Module):
    def __init__(self, channels, context, heads):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        self.attn1 = Attention(channels, channels, heads)
        self.attn2 = Attention(channels, context, heads)
        self.ff = FeedForward(channels)

    def forward(self, x, context, sets):
        x = x + self.attn1(self.norm1(x), sets=sets)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    def __init__(self, channels, config, heads, blocks):
        super().__init__()
        self.linear = config.get("use_linear_projection", False)
        entry = lambda: nn.Linear(channels, channels) if self.linear else nn.Conv2d(channels, channels, 1)
        context = config["cross_attention_dim"]
        self.norm = nn.GroupNorm(config["norm_num_groups"], channels, 1e-6)
        self.proj_in, self.proj_out = entry(), entry()
        blocks = [Block(channels, context, heads) for _ in range(blocks)]
        self.transformer_blocks = nn.ModuleList(blocks)

    def forward(self, x, context, sets):
        size, tokens = x.shape[2:], lambda x: x.flatten(2).transpose(1, 2)
        feature_map = lambda x: x.transpose(1, 2).unflatten(2, size)
        hidden = self.norm(x)
        hidden = self.proj_in(tokens(hidden)) if self.linear else tokens(self.proj_in(hidden))
        for block in self.transformer_blocks:
            hidden = block(hidden, context, sets)
        hidden = feature_map(self.proj_out(hidden)) if self.linear else self.proj_out(feature_map(hidden))
        return hidden + x


class Sampler(nn.Module):
    """Halves the sides, or doubles them."""

    def __init__(self, channels, stride):
        super().__init__()
        self.stride, self.conv = stride, nn.Conv2d(channels, channels, 3, stride, padding=1)

    def forward(self, x, size=None):
        return self.conv(x if self.stride == 2 else F.interpolate(x, size=size, mode="nearest"))


class Level(nn.Module):
    """Residual blocks of the widths `(inputs, outputs)`, each with a transformer where it attends."""

    def __init__(self, config, widths, heads, transformers, stride):
        super().__init__()
        groups, eps = config["norm_num_groups"], config.get("norm_eps", 1e-5)
        channels, time = widths[0][1], config["block_out_channels"][0] * 4
        self.resnets = nn.ModuleList([Resnet(i, o, time, groups, eps) for i, o in widths])
        count = len(widths) if transformers else 0
        self.attentions = nn.ModuleList([Transformer(channels, config, heads, transformers) for _ in range(count)])
        samplers = nn.ModuleList([Sampler(channels, stride)] if stride else [])
        self.downsamplers, self.upsamplers = (samplers, nn.ModuleList())[:: 1 if stride == 2 else -1]

    def layer(self, i, x, time, context, sets):
        x = self.resnets[i](x, time)
        return self.attentions[i](x, context, sets) if len(self.attentions) else x


class Middle(nn.Module):
    def __init__(self, config, channels, heads, transformers):
        super().__init__()
        groups, eps = config["norm_num_groups"], config.get("norm_eps", 1e-5)
        time = config["block_out_channels"][0] * 4
        self.resnets = nn.ModuleList([Resnet(channels, channels, time, groups, eps) for _ in "ab"])
        self.attentions = nn.ModuleList([Transformer(channels, config, heads, transformers)])


class UNet(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, widths = config, config["block_out_channels"]
        n, layers = len(widths), config.get("layers_per_block", 2)
        each = lambda value: value if isinstance(value, list) else [value] * n
        heads, blocks = each(config["attention_head_dim"]), each(config.get("transformer_layers_per_block", 1))
        attends = lambda kind, i: blocks[i] if config[kind][i].startswith("CrossAttn") else 0
        self.conv_in = nn.Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.time_embedding = Embedding(widths[0], widths[0] * 4)
        if config.get("addition_embed_type") == "text_time":
            self.add_embedding = Embedding(config["projection_class_embeddings_input_dim"], widths[0] * 4)
        self.down_blocks, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        for i, width in enumerate(widths):
            pairs = [(width if layer else widths[max(i - 1, 0)], width) for layer in range(layers)]
            stride = 2 if i + 1 < n else None
            self.down_blocks.append(Level(config, pairs, heads[i], attends("down_block_types", i), stride))
        for up in range(n):
            i = n - 1 - up
            below, outer = widths[min(i + 1, n - 1)], widths[max(i - 1, 0)]
            pairs = [
                ((widths[i] if layer else below) + (outer if layer == layers else widths[i]), widths[i])
                for layer in range(layers + 1)
            ]
            transformers = blocks[i] if config["up_block_types"][up].startswith("CrossAttn") else 0
            self.up_blocks.append(Level(config, pairs, heads[i], transformers, 1 if i else None))
        self.mid_block = Middle(config, widths[-1], heads[-1], blocks[-1])
        self.conv_norm_out = nn.GroupNorm(config["norm_num_groups"], widths[0], config.get("norm_eps", 1e-5))
        self.conv_out = nn.Conv2d(widths[0], config["out_channels"], 3, padding=1)

    def forward(self, x, timestep, context, pooled=None, time_ids=None, sets=None):
        time = self.embed(x, timestep, pooled, time_ids)
        x = self.conv_in(x)
        skips = [x]
        for level in self.down_blocks:
            for i in range(len(level.resnets)):
                x = level.layer(i, x, time, context, sets)
                skips.append(x)
            for sampler in level.downsamplers:
                x = sampler(x)
                skips.append(x)
        x = self.mid_block.resnets[0](x, time)
        x = self.mid_block.attentions[0](x, context, sets)
        x = self.mid_block.resnets[1](x, time)
        for level in self.up_blocks:
            for i in range(len(level.resnets)):
                x = level.layer(i, torch.cat([x, skips.pop()], dim=1), time, context, sets)
            for sampler in level.upsamplers:
                x = sampler(x, skips[-1].shape[2:])
        return self.conv_out(F.silu(self.conv_norm_out(x)))

    def embed(self, x, timestep, pooled, time_ids):
        times = torch.full((x.shape[0],), timestep, device=x.device)
        time = self.time_embedding(sinusoids(times, self.config["block_out_channels"][0]).to(x.dtype))
        if pooled is None:
            return time
        ids = sinusoids(time_ids, self.config["addition_time_embed_dim"]).flatten(1).to(x.dtype)
        return time + self.add_embedding(torch.cat([pooled, ids], dim=-1))
