"""Styles of the brush and the pencil. Each takes (picture, subject coverage, random source)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from . import imageops as op

Rng = torch.Generator


def _frame(like: Tensor) -> Tensor:
    """Distance from the picture's border, in picture sides."""
    x, y = op.grid(like)
    x, y = x / like.shape[-1], y / like.shape[-2]
    return torch.minimum(torch.minimum(x, 1 - x), torch.minimum(y, 1 - y))


def watercolour(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Washes with dark rims and soft pooling, on paper that shows along a ragged border."""
    wobble, wobble2 = op.noise(x, rng, 32, 2) - 0.5, op.noise(x, rng, 28, 2) - 0.5
    y = op.blur(op.paint_flat(op.warp(x, wobble * 9, wobble2 * 9), 4, 4), 0.8)
    rim = (op.blur(y, 3) - y).abs().mean(1, keepdim=True)
    pool = op.noise(x, rng, 48, 3)
    y = 1 - (1 - op.saturate(y, 1.1)) * (0.72 + 0.5 * (pool - 0.3))
    y = y - 1.5 * rim
    ragged = ((_frame(x) - 0.045 + 0.08 * wobble + 0.05 * wobble2) * 20).clamp(0, 1)
    return op.mix(op.colour((0.98, 0.97, 0.94), x), y.clamp(0, 1), ragged)


def gouache(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Flat, matt, slightly muted patches with dry edges."""
    wobble = op.noise(x, rng, 14, 1) - 0.5
    y = op.paint_flat(op.warp(x, wobble * 6, -wobble * 6), 5, 4)
    y = (op.saturate(y, 0.9) * 6).round() / 6
    y = op.blur(y, 0.6) * 0.86 + op.colour((0.10, 0.09, 0.07), x)
    return (y + 0.05 * (op.noise(x, rng, 8, 1) - 0.5)).clamp(0, 1)


def _strokes(x: Tensor, rng: Rng) -> Tensor:
    """Streaks 3 px wide and 16 px long that follow the picture's edges."""
    count, _, side, _ = x.shape
    along = torch.rand(count, 1, side // 3, side // 16, generator=rng, device=x.device)
    along = F.interpolate(along, size=(side, side), mode="bicubic", align_corners=False)
    across = torch.rand(count, 1, side // 16, side // 3, generator=rng, device=x.device)
    across = F.interpolate(across, size=(side, side), mode="bicubic", align_corners=False)
    gx, gy = op.sobel(op.blur(op.luma(x), 2.0))
    lean = op.blur(gx.abs() - gy.abs(), 5.0) * 40
    return op.mix(along, across, (0.5 + lean).clamp(0, 1))


def oil(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Thick strokes lit from the upper left."""
    wobble, wobble2 = op.noise(x, rng, 12, 2) - 0.5, op.noise(x, rng, 12, 2) - 0.5
    y = op.saturate(op.paint_flat(op.warp(x, wobble * 8, wobble2 * 8), 5, 3), 1.25)
    stroke = _strokes(y, rng)
    return (y * (0.90 + 0.20 * stroke) + op.relief(op.blur(stroke, 0.8), 0.22)).clamp(0, 1)


def pencil(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Graphite outlines with diagonal hatching in the darks."""
    tone = op.luma(x)
    gx, gy = op.grid(x)
    dodge = (tone / (1.02 - op.blur(1 - tone, 4)).clamp(min=0.05)).clamp(0, 1) ** 1.4
    hatch = 0.5 + 0.5 * torch.sin((gx + gy) * math.pi / 4)
    dark = ((0.66 - op.blur(tone, 1.0)) * 1.6).clamp(0, 1)
    y = dodge * (1 - dark * (0.30 + 0.45 * hatch)) * (1 - op.outline(x, mask, 1.0, 0.0, 3.0) * 0.8)
    y = y + 0.05 * (op.noise(x, rng, 5, 1) - 0.5)
    return (y * 0.88 + 0.09).clamp(0, 1) * op.colour((1.0, 0.99, 0.96), x)


def crayon(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Waxy strokes with the paper showing through."""
    gx, gy = op.grid(x)
    wobble = op.noise(x, rng, 40, 2) - 0.5
    y = op.warp(x, wobble * 7, -wobble * 7)
    stroke = 0.5 + 0.5 * torch.sin((gx + gy + 10 * wobble) * math.pi / 4)
    wax = op.noise(x, rng, 6, 2)
    body = op.saturate(op.paint_flat(y, 3), 1.4) * 0.86 + 0.04
    cover = 1.12 - 0.55 * stroke * (0.4 + wax) - 0.9 * (op.luma(y) - 0.72).clamp(0, 1)
    outline = op.lines(y, 1.6, 0.06, 7)
    paper = op.mix(op.colour((0.985, 0.975, 0.95), x), body, cover.clamp(0, 1))
    return op.mix(paper, body * 0.38, outline * 0.9).clamp(0, 1)


def chalk(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """White outlines and dusty colour on a green board."""
    gx, gy = op.grid(x)
    dust = op.noise(x, rng, 4, 2)
    board = op.colour((0.14, 0.22, 0.18), x) * (0.8 + 0.4 * op.noise(x, rng, 64, 2))
    hatch = 0.5 + 0.5 * torch.sin((gx - gy) * math.pi / 4)
    body = op.saturate(op.paint_flat(x, 4), 1.3) * 0.62 + 0.34
    cover = (0.45 + 0.55 * op.luma(x)) * (0.45 + 0.45 * hatch) * (0.7 + 0.5 * dust)
    cover = cover * (0.20 + 0.80 * mask)
    outline = op.outline(x, mask, 1.3, 0.05, 9) * (0.55 + 0.6 * dust).clamp(0, 1)
    y = op.mix(board, body, cover.clamp(0, 1))
    return op.mix(y, op.colour((0.95, 0.95, 0.92), x), outline).clamp(0, 1)


def pointillism(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Two layers of coloured dots on cream."""
    y = op.colour((0.96, 0.94, 0.88), x).expand_as(x)
    for pitch, radius in ((10, 5.4), (8, 3.8)):
        cell, near, _, cells = op.voronoi(x, pitch, rng, 0.7)
        body = op.saturate(op.cell_means(x, cell, cells), 1.5)
        tint = (torch.rand(len(x), 3, cells, generator=rng, device=x.device) - 0.5) * 0.22
        flat = cell.reshape(len(x), 1, -1).expand(-1, 3, -1)
        body = (body + tint.gather(2, flat).view_as(body)).clamp(0, 1)
        y = op.mix(y, body, ((radius - near) * 1.2).clamp(0, 1))
    return y


def pastel(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Soft, light, blended colour on toned paper."""
    y = op.blur(op.paint_flat(x, 5), 1.6)
    y = op.saturate(y, 0.75) * 0.62 + 0.36
    tooth = op.noise(x, rng, 6, 2)
    rub = (0.80 + 0.35 * tooth - 0.25 * (op.noise(x, rng, 40, 2) - 0.5)).clamp(0, 1)
    y = op.mix(op.colour((0.80, 0.74, 0.72), x), y, rub)
    return op.mix(y, y * 0.62, op.outline(x, mask, 2.0, 0.05, 5) * 0.7).clamp(0, 1)


def spray(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Street art: the subject sprayed in bright colour on a brick wall."""
    gx, gy = op.grid(x)
    row = (gy / 16).floor()
    column = (gx + 16 * (row % 2)) % 32
    joint = ((gy % 16 < 1.5) | (column < 1.5)).float()
    wall = op.colour((0.62, 0.36, 0.28), x) * (0.88 + 0.24 * op.noise(x, rng, 16, 2))
    wall = op.mix(wall, op.colour((0.74, 0.69, 0.63), x), joint)
    halo = ((op.blur(mask, 7.0) - 0.10) * 6).clamp(0, 1)
    cover = (op.blur(mask, 1.2) * 1.2).clamp(0, 1)
    y = op.mix(wall, op.colour((0.97, 0.97, 0.95), x), halo * 0.85)
    y = op.mix(y, op.saturate(x, 1.6) * (1 - 0.10 * joint), cover * 0.96)
    outline = op.outline(x, mask, 1.6, 0.05, 7) * op.blur(mask, 3.0).clamp(0, 1)
    return op.mix(y, op.colour((0.05, 0.04, 0.06), x), outline).clamp(0, 1)
