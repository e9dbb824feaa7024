"""Styles of made things: glass, tile, thread, clay, paper, metal."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from . import imageops as op

Rng = torch.Generator


def stained_glass(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Panes between lead lines that also follow the subject."""
    cell, near, next_near, cells = op.voronoi(x, 32, rng, 0.8)
    tint = torch.rand(len(x), 3, cells, generator=rng, device=x.device) * 0.45 + 0.55
    tint = tint.gather(2, cell.view(len(x), 1, -1).expand(-1, 3, -1)).view_as(x)
    pane = op.saturate(op.cell_means(x, cell, cells), 1.5) * 0.35
    body = pane + op.saturate(op.paint_flat(x, 5), 1.7) * 0.70
    body = body * op.mix(tint, torch.ones_like(tint), 0.75 * mask)
    glow = op.noise(x, rng, 32, 2)
    lead = torch.maximum((2.0 - (next_near - near)).clamp(0, 1), op.outline(x, mask, 1.2, 0.07, 6))
    y = (body * (0.82 + 0.36 * glow)).clamp(0, 1)
    return op.mix(y, op.colour((0.06, 0.05, 0.07), x), lead)


def mosaic(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Small square tiles in grout."""
    gx, gy = op.grid(x)
    tile = op.saturate(op.blocks(x, 8), 1.3)
    shade = torch.rand(len(x), 1, *tile.shape[-2:], generator=rng, device=x.device)
    y = op.enlarge((tile * (0.88 + 0.24 * shade)).clamp(0, 1), 8)
    u, v = gx % 8, gy % 8
    y = y + 0.10 * ((u == 1) | (v == 1)).float() - 0.10 * ((u == 7) | (v == 7)).float()
    return op.mix(y.clamp(0, 1), op.colour((0.80, 0.78, 0.74), x), ((u < 1) | (v < 1)).float())


def cross_stitch(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """A crossed thread in every 8 px square of linen."""
    gx, gy = op.grid(x)
    thread = op.enlarge((op.saturate(op.blocks(x, 8), 1.25) * 6).round() / 6, 8)
    u, v = gx % 8 - 3.5, gy % 8 - 3.5
    under, over = (u - v).abs(), (u + v).abs()
    cover = torch.maximum(1 - (under - 1.3).clamp(0, 1), 1 - (over - 1.3).clamp(0, 1))
    light = 0.82 + 0.18 * ((1 - (over - 1.3).clamp(0, 1)) * (1 - over / 3) + 0.3)
    linen = op.colour((0.93, 0.90, 0.84), x).expand_as(x)
    return op.mix(linen, (thread * light).clamp(0, 1), cover)


def knitted(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Rows of V-shaped stitches."""
    side = x.shape[-1]
    gx, gy = op.grid(x)
    u = gx % 8
    slant = gy + torch.where(u < 4, u, 7 - u)
    place = [(((g / 8).floor() + 0.5) / (side / 8) * 2 - 1)[0] for g in (gx, slant)]
    field = torch.stack(place, -1).expand(len(x), -1, -1, -1)
    wool = op.saturate(op.blocks(x, 8), 1.2)
    wool = F.grid_sample(wool, field, mode="nearest", padding_mode="border", align_corners=False)
    light = 0.70 + 0.42 * torch.sin(slant % 8 / 8 * math.pi)
    light = light - 0.22 * ((u < 1) | (u >= 7)).float() - 0.10 * ((u >= 3) & (u < 5)).float()
    return (wool * light).clamp(0, 1)


def felt(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Cut felt with soft shadows and a line of stitches round the subject."""
    gx, gy = op.grid(x)
    y = (op.saturate(op.paint_flat(x, 5, 4), 1.1) * 4).round() / 4 * 0.84 + 0.06
    y = op.blur(y, 0.7) * (0.90 + 0.20 * op.noise(x, rng, 6, 2))
    shadow = op.blur(op.shift(op.lines(op.blur(y, 1.0), 1.0, 0.02, 5), 2, 1), 2.0)
    y = y * (1 - 0.40 * shadow)
    seam = (1 - (op.blur(mask, 3.0) - 0.80).abs() * 12).clamp(0, 1)
    dash = (torch.sin((gx + gy) * math.pi / 8) > -0.1).float()
    return op.mix(y, op.colour((0.97, 0.95, 0.90), x), seam * dash * 0.75).clamp(0, 1)


def clay(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Soft rounded lumps, lit from the upper left."""
    y = op.blur(op.saturate(op.paint_flat(x, 4, 4), 1.15), 1.0) * 0.80 + 0.10
    height = op.blur(mask, 5.0) + 0.8 * op.blur(op.luma(y), 3.0)
    light = op.relief(height + 0.12 * op.noise(x, rng, 24, 2), 4.5)
    y = y * (1 + light * 0.5) + 0.25 * (light - 0.35).clamp(0, 1)
    shadow = op.blur(op.shift(mask, 7, 5), 5.0) * (1 - mask)
    return (y * (1 - 0.35 * shadow)).clamp(0, 1)


def paper_cut(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Stacked sheets of coloured paper with shadows between the layers."""
    y = op.paint_flat(x, 4, 3)
    sheet = (op.luma(y) * 4).floor() / 4 + mask * 0.8
    body = op.blur((op.saturate(y, 1.15) * 4).round() / 4, 0.6)
    shadow = 0.0
    for down, right, weight in ((3, 3, 1.0), (6, 5, 0.6)):
        shadow = shadow + weight * (op.shift(sheet, down, right) - sheet).clamp(0, 1)
    rim = (sheet - op.shift(sheet, 2, 2)).clamp(0, 1) * 0.12
    return (body * (1 - 0.55 * op.blur(shadow, 1.6).clamp(0, 1)) * 0.92 + 0.05 + rim).clamp(0, 1)


def gold(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Beaten metal: a relief in gold tones."""
    height = op.blur(op.luma(x), 1.2) + 0.8 * op.blur(mask, 4.0)
    tone = 0.46 + 0.55 * op.relief(height, 3.0) + 0.22 * (op.blur(op.luma(x), 1.2) - 0.5)
    stops = [(0.06, 0.03, 0.01), (0.36, 0.21, 0.04), (0.78, 0.55, 0.14), (0.98, 0.84, 0.42)]
    return op.gradient_map(tone, [*stops, (1.0, 0.98, 0.86)])


def low_poly(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Flat triangles on a bent grid."""
    side, pitch = x.shape[-1], 10
    gx, gy = op.grid(x)
    bend, bend2 = op.noise(x, rng, 24, 1) - 0.5, op.noise(x, rng, 24, 1) - 0.5
    u, v = (gx + bend * 12) / pitch + 2, (gy + bend2 * 12) / pitch + 2
    iu, iv = u.floor(), v.floor()
    fu, fv = u - iu, v - iv
    upper = torch.where((iu + iv) % 2 > 0.5, (fu + fv > 1).float(), (fu > fv).float())
    n = side // pitch + 6
    cell = ((iv.clamp(0, n - 1) * n + iu.clamp(0, n - 1)) * 2 + upper).long()
    body = op.saturate(op.cell_means(x, cell, n * n * 2), 1.3)
    shade = torch.rand(len(x), 1, n * n * 2, generator=rng, device=x.device)
    facet = shade.gather(2, cell.view(len(x), 1, -1)).view(len(x), 1, side, side)
    return (body * (0.95 + 0.10 * facet)).clamp(0, 1)


def sticker(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """The subject cut out with a white border, on a plain pale ground."""
    border = op.blur((op.blur(mask, 5.0) > 0.08).float(), 0.8)
    shadow = op.blur(op.shift(border, 5, 4), 4.0)
    ground = op.paint_flat(x, 4) * 0.25 + op.colour((0.62, 0.66, 0.72), x) * 0.75
    y = ground * (1 - 0.45 * shadow * (1 - border))
    return op.mix(op.mix(y, torch.ones_like(x) * 0.985, border), x, mask)


def wood_burn(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Dark lines and scorched tone on a pale board with grain."""
    _, gy = op.grid(x)
    ring = op.noise(x, rng, 64, 1) * 40 + gy / 2
    board = op.colour((0.85, 0.66, 0.43), x) * (0.93 + 0.07 * torch.sin(ring * 0.5))
    burn = (op.outline(x, mask, 1.2, 0.05, 9) + 0.62 * (0.85 - op.blur(op.luma(x), 1.5)).clamp(0, 1) * mask).clamp(0, 1)
    return op.mix(board, op.colour((0.22, 0.11, 0.05), x), burn * 0.92).clamp(0, 1)
