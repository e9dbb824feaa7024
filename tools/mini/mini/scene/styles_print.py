"""Styles of ink and press. Pattern pitches are 8 px, the autoencoder's stride, in a fixed phase:
one latent cell then always covers one whole pattern cell, which it can learn to draw exactly."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from . import imageops as op

Rng = torch.Generator


def line_art(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Black outlines on white."""
    return op.blur(1 - op.outline(x, mask, 1.2, 0.055, 14), 0.5).expand(-1, 3, -1, -1)


def comic(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Few bright inks, a dot screen in the darks, black outlines."""
    gx, gy = op.grid(x)
    y = (op.saturate(op.kuwahara(x, 3), 1.6) * 3).round() / 3
    u, v = (gx + gy) % 16 - 8, (gx - gy) % 16 - 8
    dot = (u * u + v * v).sqrt()
    y = y * (1 - 0.35 * ((1 - op.blur(op.luma(x), 2.0)) * 9 - dot).clamp(0, 1))
    ink = op.outline(x, mask, 1.3, 0.07, 9)
    return op.mix(y.clamp(0, 1), op.colour((0.04, 0.03, 0.05), x), ink)


def blueprint(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """White drawing on a blue sheet with a grid."""
    gx, gy = op.grid(x)
    fine = ((gx % 16 < 1) | (gy % 16 < 1)).float() * 0.16
    bold = ((gx % 64 < 1) | (gy % 64 < 1)).float() * 0.14
    sheet = op.colour((0.07, 0.25, 0.58), x) * (0.94 + 0.12 * op.noise(x, rng, 64, 2))
    white = torch.ones_like(x)
    y = op.mix(sheet, white, (fine + bold + 0.12 * (1 - op.luma(x)) * mask).clamp(0, 1))
    return op.mix(y, white * 0.96, op.outline(x, mask, 1.0, 0.05, 9))


def linocut(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """One black ink with carved horizontal grooves, on cream paper."""
    _, gy = op.grid(x)
    tone = op.mix(0.35 + 0.65 * op.luma(x), op.luma(x), mask)
    tone = op.blur(tone, 1.2)
    groove = 0.5 + 0.5 * torch.cos(gy * math.pi / 4)
    paper = ((tone + 0.34 * (groove - 0.5) - 0.5) * 8).clamp(0, 1)
    rim = op.outline(x, mask, 1.2, 0.08, 8)
    paper = torch.where(tone > 0.5, paper * (1 - rim), torch.maximum(paper, rim))
    ink, cream = op.colour((0.10, 0.09, 0.10), x), op.colour((0.95, 0.91, 0.82), x)
    return op.mix(ink, cream, op.blur(paper, 0.5))


def engraving(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Parallel lines that swell in the darks, in banknote green."""
    _, gy = op.grid(x)
    tone = op.blur(op.luma(x) * (0.55 + 0.45 * mask) + 0.45 * (1 - mask), 1.0)
    tone = ((tone - 0.5) * 1.25 + 0.5).clamp(0, 1)
    line = 0.5 + 0.5 * torch.cos(gy * math.pi / 4)
    paper = ((line - (1 - tone) * 1.05 + 0.08) * 3.5).clamp(0, 1)
    paper = paper * (1 - op.outline(x, mask, 1.2, 0.07, 8))
    return op.mix(op.colour((0.07, 0.26, 0.20), x), op.colour((0.93, 0.95, 0.86), x), paper)


def risograph(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Pink and blue halftone, the plates slightly out of register."""
    gx, gy = op.grid(x)
    screen = 0.5 + 0.25 * (torch.cos(gx * math.pi / 2) + torch.cos(gy * math.pi / 2))
    warm = op.blur(1 - x[:, 2:3], 0.8)
    cold = op.blur(1 - x[:, :1] * 0.6 - op.luma(x) * 0.4, 0.8)
    cold = op.shift(cold + 0.9 * op.outline(x, mask, 1.2, 0.06, 7), 2, -3)
    pink = ((warm * 1.15 - screen) * 4 + 0.5).clamp(0, 1) * 0.9
    blue = ((cold * 1.1 - 0.06 - screen) * 4 + 0.5).clamp(0, 1) * 0.92
    y = op.colour((0.97, 0.95, 0.90), x).expand_as(x)
    y = y * (1 - pink * (1 - op.colour((1.0, 0.36, 0.46), x)))
    return (y * (1 - blue * (1 - op.colour((0.16, 0.38, 0.74), x)))).clamp(0, 1)


#: Indigo, blue, pale blue, straw, orange, red, olive, umber, paper.
_WOODBLOCK_INKS = (
    (0.13, 0.17, 0.33), (0.27, 0.42, 0.60), (0.62, 0.73, 0.74), (0.93, 0.87, 0.72), (0.86, 0.53, 0.35),
    (0.70, 0.22, 0.20), (0.45, 0.50, 0.30), (0.25, 0.22, 0.20), (0.95, 0.93, 0.88),
)  # fmt: skip


def woodblock(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """Ukiyo-e: the nearest of nine old inks, dark outlines, a little paper grain."""
    y = op.paint_flat(x, 4, 3)
    best, out = None, None
    for ink in _WOODBLOCK_INKS:
        tone = op.colour(ink, x)
        far = ((y - tone) ** 2).sum(1, keepdim=True)
        if best is None:
            best, out = far, tone.expand_as(y)
        else:
            out, best = torch.where(far < best, tone, out), torch.minimum(best, far)
    y = op.blur(out, 0.6) * (0.96 + 0.08 * op.noise(x, rng, 10, 2))
    return op.mix(y, op.colour((0.12, 0.10, 0.14), x), op.outline(x, mask, 1.3, 0.07, 7) * 0.9).clamp(0, 1)


def sepia(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """An old brown photograph with dark corners."""
    gx, gy = op.grid(x)
    side = x.shape[-1]
    corner = ((gx / side - 0.5) ** 2 + (gy / side - 0.5) ** 2) * 1.9
    tone = (0.12 + 0.80 * op.blur(op.luma(x), 0.8)) * (1 - corner * 0.75)
    stops = [(0.10, 0.05, 0.02), (0.45, 0.29, 0.16), (0.80, 0.66, 0.46), (0.99, 0.94, 0.82)]
    return op.gradient_map(tone, stops)


def screen_print(x: Tensor, mask: Tensor, rng: Rng) -> Tensor:
    """A poster in four inks: black, a deep, a bright and a pale one, picked for each picture."""
    y = op.luma(op.paint_flat(x, 4, 3)) + 0.12 * (x[:, :1] - x[:, 2:3])
    level = (op.mix(0.62 + 0.38 * y, y, mask) * 4).floor().clamp(0, 3)
    hue = torch.rand(len(x), 1, 1, 1, generator=rng, device=x.device) * 2 * math.pi
    phase = torch.tensor([0.0, 2.09, 4.19], device=x.device).view(1, 3, 1, 1)
    deep = 0.36 + 0.26 * torch.cos(hue + phase)
    bright = 0.62 + 0.36 * torch.cos(hue + 2.2 + phase)
    pale = 0.90 + 0.08 * torch.cos(hue + 2.2 + phase)
    black = op.colour((0.08, 0.07, 0.10), x)
    y = torch.where(level < 1, black, torch.where(level < 2, deep, bright))
    y = op.blur(torch.where(level < 3, y, pale), 0.6).clamp(0, 1)
    return op.mix(y, black, op.outline(x, mask, 1.0, 0.10, 9))
