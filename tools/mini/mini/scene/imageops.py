"""Batched picture operations the styles are made of. Pictures are float [b, c, H, W] in 0..1.

Nothing here calls a convolution: blurs are matrix products, edges are shifted differences. So the
renderer never touches cuDNN's algorithm search, which belongs to the training step beside it.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F


@lru_cache(maxsize=256)
def _blur_matrix(size: int, sigma: float, device: str) -> Tensor:
    """[size, size]: row i holds the Gaussian weights of output pixel i, borders replicated."""
    reach = max(1, int(2.5 * sigma + 0.5))
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(-offsets * offsets / (2 * sigma * sigma))
    weights /= weights.sum()
    target = torch.arange(size).view(-1, 1)
    source = (target + offsets.long()).clamp(0, size - 1)
    matrix = torch.zeros(size, size)
    matrix.scatter_add_(1, source, weights.expand(size, -1).contiguous())
    return matrix.to(device)


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur with replicated borders."""
    rows = _blur_matrix(x.shape[-2], sigma, str(x.device))
    columns = _blur_matrix(x.shape[-1], sigma, str(x.device))
    return rows @ (x @ columns.T)


def luma(x: Tensor) -> Tensor:
    """[b, 1, H, W]: Rec. 601 brightness."""
    return 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]


def sobel(x: Tensor) -> tuple[Tensor, Tensor]:
    """Horizontal and vertical derivative of every channel, a step of 1 giving 1."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    right_left = p[..., :, 2:] - p[..., :, :-2]
    down_up = p[..., 2:, :] - p[..., :-2, :]
    gx = right_left[..., :-2, :] + 2 * right_left[..., 1:-1, :] + right_left[..., 2:, :]
    gy = down_up[..., :, :-2] + 2 * down_up[..., :, 1:-1] + down_up[..., :, 2:]
    return gx / 4, gy / 4


def edges(x: Tensor, sigma: float) -> Tensor:
    """[b, 1, H, W]: the strongest channel's gradient length after a blur."""
    gx, gy = sobel(blur(x, sigma))
    return (gx * gx + gy * gy).sqrt().amax(1, keepdim=True)


def lines(x: Tensor, sigma: float, low: float, gain: float) -> Tensor:
    """Edges as strokes: 0 below ``low``, rising with ``gain`` to 1."""
    return ((edges(x, sigma) - low) * gain).clamp(0, 1)


def outline(x: Tensor, mask: Tensor, sigma: float, low: float, gain: float) -> Tensor:
    """Strokes along the picture's edges and, however faint they are, round the whole subject."""
    return torch.maximum(lines(x, sigma, low, gain), lines(mask, sigma, 0.10, gain))


def saturate(x: Tensor, amount: float) -> Tensor:
    """Colours pushed away from (or, below 1, towards) their grey."""
    grey = luma(x)
    return (grey + (x - grey) * amount).clamp(0, 1)


def colour(rgb: tuple[float, float, float], like: Tensor) -> Tensor:
    """[1, 3, 1, 1] on the device of ``like``."""
    return torch.tensor(rgb, device=like.device, dtype=torch.float32).view(1, 3, 1, 1)


def gradient_map(tone: Tensor, stops: list[tuple[float, float, float]]) -> Tensor:
    """[b, 1, H, W] in 0..1 -> piecewise linear colours."""
    table = torch.tensor(stops, device=tone.device, dtype=tone.dtype)
    place = tone.clamp(0, 1) * (len(stops) - 1)
    cell = place.floor().clamp(max=len(stops) - 2).long()
    low = table[cell[:, 0]].permute(0, 3, 1, 2)
    high = table[cell[:, 0] + 1].permute(0, 3, 1, 2)
    return low + (high - low) * (place - cell)


def noise(like: Tensor, rng: torch.Generator, scale: float, octaves: int = 1) -> Tensor:
    """[b, 1, H, W] smooth noise in 0..1; ``scale`` is the coarsest feature in pixels."""
    count, _, height, width = like.shape
    total, amplitude, weight = 0.0, 1.0, 0.0
    for octave in range(octaves):
        n = min(height, max(2, int(height / scale * 2**octave)))
        grain = torch.rand(count, 1, n, n, generator=rng, device=like.device)
        if n < height:
            grain = F.interpolate(grain, size=(height, width), mode="bicubic", align_corners=False)
        total, weight, amplitude = total + amplitude * grain, weight + amplitude, amplitude / 2
    return (total / weight).clamp(0, 1)


def grid(like: Tensor) -> tuple[Tensor, Tensor]:
    """Pixel coordinates x and y, each [1, 1, H, W]."""
    height, width = like.shape[-2:]
    x = torch.arange(width, device=like.device, dtype=torch.float32)
    y = torch.arange(height, device=like.device, dtype=torch.float32)
    return x.view(1, 1, 1, -1).expand(1, 1, height, -1), y.view(1, 1, -1, 1).expand(1, 1, -1, width)


def warp(x: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Every output pixel looked up ``(dx, dy)`` pixels away."""
    height, width = x.shape[-2:]
    gx, gy = grid(x)
    u = ((gx + dx + 0.5) / width * 2 - 1).expand(len(x), 1, height, width)
    v = ((gy + dy + 0.5) / height * 2 - 1).expand(len(x), 1, height, width)
    field = torch.cat([u, v], 1).permute(0, 2, 3, 1)
    return F.grid_sample(x, field, align_corners=False, padding_mode="reflection")


def cell_means(x: Tensor, cell: Tensor, cells: int) -> Tensor:
    """Mean colour of every cell painted back over it; ``cell`` is long [b, 1, H, W]."""
    count, channels, height, width = x.shape
    flat = cell.reshape(count, 1, -1)
    wide = flat.expand(-1, channels, -1)
    total = torch.zeros(count, channels, cells, device=x.device)
    total.scatter_add_(2, wide, x.reshape(count, channels, -1))
    size = torch.zeros(count, 1, cells, device=x.device)
    size.scatter_add_(2, flat, torch.ones_like(flat, dtype=torch.float32))
    return (total / size.clamp(min=1)).gather(2, wide).view(count, channels, height, width)


def voronoi(like: Tensor, pitch: int, rng: torch.Generator, jitter: float) -> tuple[Tensor, Tensor, Tensor, int]:
    """Jittered-grid cells: index, distance to the nearest and second nearest seed, cell count."""
    count, _, height, width = like.shape
    n = height // pitch + 2
    gx, gy = grid(like)
    seeds = torch.rand(count, n * n, 2, generator=rng, device=like.device)
    seeds = seeds * jitter + (1 - jitter) / 2
    column = ((gx / pitch).floor().long() + 1).expand(count, 1, height, width)
    row = ((gy / pitch).floor().long() + 1).expand(count, 1, height, width)
    first = torch.full((count, 1, height, width), 1e9, device=like.device)
    second, index = first.clone(), torch.zeros_like(column)
    for step_y in (-1, 0, 1):
        for step_x in (-1, 0, 1):
            ix, iy = (column + step_x).clamp(0, n - 1), (row + step_y).clamp(0, n - 1)
            key = iy * n + ix
            seed = seeds.gather(1, key.view(count, -1, 1).expand(-1, -1, 2))
            seed = seed.view(count, height, width, 2)
            sx = (ix - 1 + seed[..., 0].unsqueeze(1)) * pitch
            sy = (iy - 1 + seed[..., 1].unsqueeze(1)) * pitch
            far = (gx - sx) ** 2 + (gy - sy) ** 2
            # a clamped neighbour can be met twice: it must not become its own second nearest
            other = torch.where(index == key, second, torch.minimum(second, far))
            second = torch.where(far < first, first, other)
            index = torch.where(far < first, key, index)
            first = torch.minimum(first, far)
    return index, first.sqrt(), second.sqrt(), n * n


def kuwahara(x: Tensor, radius: int) -> Tensor:
    """Edge-keeping smoothing: each pixel takes the mean of its calmest quarter window."""
    both = torch.cat([x, luma(x) ** 2, luma(x)], 1)
    size = x.shape[-1]
    padded = F.pad(both, (radius,) * 4, mode="replicate")
    means = F.avg_pool2d(padded, radius + 1, 1)
    best, calm = None, None
    for top in (0, radius):
        for left in (0, radius):
            window = means[:, :, top : top + size, left : left + size]
            variance = window[:, 3:4] - window[:, 4:5] ** 2
            if best is None:
                best, calm = window[:, :3], variance
            else:
                best = torch.where(variance < calm, window[:, :3], best)
                calm = torch.minimum(calm, variance)
    return best


def paint_flat(x: Tensor, *radii: int) -> Tensor:
    """Several Kuwahara passes."""
    for radius in radii:
        x = kuwahara(x, radius)
    return x


def blocks(x: Tensor, pitch: int) -> Tensor:
    """Mean colours of pitch x pitch blocks, at block resolution."""
    return F.avg_pool2d(x, pitch)


def enlarge(x: Tensor, factor: int) -> Tensor:
    """Nearest-neighbour enlargement."""
    return F.interpolate(x, scale_factor=factor, mode="nearest")


def relief(height: Tensor, strength: float) -> Tensor:
    """Light from the upper left on a height field; 0 where it is level."""
    gx, gy = sobel(height)
    return -(gx + gy) * strength


def mix(a: Tensor, b: Tensor, t: Tensor | float) -> Tensor:
    """a where t is 0, b where t is 1."""
    return a + (b - a) * t


def shift(x: Tensor, down: int, right: int) -> Tensor:
    """The picture moved, wrapping round (for shadows)."""
    return torch.roll(x, (down, right), (2, 3))
