"""Styles of light and of screens."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from . import imageops as op

Rng = torch.Generator


def pixel_art(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """8 px blocks in few colours."""
    return op.enlarge((op.saturate(op.blocks(x, 8), 1.35) * 5).round() / 5, 8)


def neon(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Glowing outlines in the subject's own hues, on near black."""
    line = op.outline(x, mask, 1.6, 0.04, 9)
    hue = op.blur(x, 3.0)
    high, low = hue.amax(1, keepdim=True), hue.amin(1, keepdim=True)
    vivid = (hue - low) / (high - low + 0.12)
    tube = op.mix(op.colour((0.95, 0.2, 0.9), x), vivid, ((high - low) * 4).clamp(0, 1))
    tube = tube / (tube.amax(1, keepdim=True) + 1e-3)
    core = op.blur(line * tube, 0.6)
    y = core * 1.1 + op.blur(core, 3.0) * 1.3 + op.blur(core, 9.0) * 1.1
    return (y + 0.55 * op.blur(line, 0.6) * line + op.colour((0.03, 0.02, 0.07), x)).clamp(0, 1)


def thermal(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Brightness as heat: violet, red, orange, yellow, white."""
    stops = [(0.02, 0.0, 0.15), (0.35, 0.0, 0.55), (0.85, 0.12, 0.35), (1.0, 0.55, 0.05)]
    heat = op.blur(op.luma(x), 2.0) * 0.75 + 0.25 * op.blur(mask, 3.0)
    return op.gradient_map(heat, [*stops, (1.0, 0.92, 0.25), (1.0, 1.0, 0.95)])


def vaporwave(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Violet, pink and cyan with scan lines."""
    _, gy = op.grid(x)
    stops = [(0.10, 0.02, 0.25), (0.42, 0.06, 0.60), (0.98, 0.25, 0.70), (0.35, 0.85, 0.95)]
    y = op.gradient_map(op.blur(op.luma(x), 0.8), [*stops, (0.95, 1.0, 1.0)])
    y = op.mix(y, op.saturate(x, 1.2), 0.16)
    y = y + op.outline(x, mask, 1.3, 0.08, 6) * op.colour((0.0, 0.30, 0.32), x)
    return (y * (0.86 + 0.14 * (gy % 8 < 4).float())).clamp(0, 1)


def glitch(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Torn bands, split colours, scan lines."""
    count, _, side, _ = x.shape
    _, gy = op.grid(x)
    torn = torch.rand(count, 1, side // 16, 1, generator=rng, device=x.device)
    far = torch.rand(count, 1, side // 16, 1, generator=rng, device=x.device) - 0.5
    band = F.interpolate((torn > 0.68).float() * far * 28, size=(side, 1), mode="nearest")
    still = torch.zeros_like(band)
    split = [op.warp(x[:, c : c + 1], band + d, still) for c, d in ((0, 7), (1, 0), (2, -7))]
    y = op.saturate(torch.cat(split, 1), 1.25)
    return (y * (0.80 + 0.20 * (gy % 8 < 4).float())).clamp(0, 1)


def led(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """A lamp in every 8 px square of a dark panel."""
    gx, gy = op.grid(x)
    lit = x * (0.30 + 0.70 * mask)
    lamp = op.enlarge(op.saturate(op.blocks(lit, 8), 1.5), 8)
    radius = ((gx % 8 - 3.5) ** 2 + (gy % 8 - 3.5) ** 2).sqrt()
    y = lamp * (3.9 - radius).clamp(0, 1) * 1.12 + lamp * 0.16
    return (y + op.blur(y, 3.0) * 0.25 + 0.02).clamp(0, 1)


def x_ray(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Pale blue glowing rims and bodies on black."""
    body = (1 - op.blur(op.luma(x), 1.0)) * (0.35 + 0.65 * mask)
    tone = 0.12 + 0.55 * body + op.edges(x, 1.2) * 1.6 - 0.12 * (1 - mask)
    stops = [(0.0, 0.02, 0.06), (0.05, 0.22, 0.38), (0.35, 0.62, 0.80), (0.93, 0.99, 1.0)]
    return op.gradient_map(tone.clamp(0, 1), stops)


def noir(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Hard black and white with a slanted beam of light."""
    gx, gy = op.grid(x)
    side = x.shape[-1]
    beam = torch.sigmoid((0.15 - ((gx - gy * 0.5) / side - 0.28).abs()) * 30)
    tone = op.blur(op.luma(x), 0.8)
    tone = ((tone - 0.5) * 1.9 + 0.45) * (0.55 + 0.60 * torch.maximum(beam, 0.7 * mask))
    return tone.clamp(0, 1).expand(-1, 3, -1, -1)


def hologram(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """A cyan projection with fine bands, floating in the dark."""
    _, gy = op.grid(x)
    body = op.blur(op.luma(x), 0.8) * (0.20 + 0.80 * mask)
    tone = body * 0.75 + op.outline(x, mask, 1.2, 0.05, 6) * 0.65
    tone = tone * (0.72 + 0.28 * (gy % 8 < 4).float())
    y = tone * op.colour((0.25, 0.95, 0.90), x) + op.blur(mask, 9.0) * op.colour((0.0, 0.13, 0.17), x)
    return (y + op.colour((0.01, 0.02, 0.05), x)).clamp(0, 1)
