"""The bank of pictures that the autoencoder and all judges train on."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from ..art import pack as art_pack
from ..nn.clip import DEVIATION, MEAN
from ..nn.shapes import JUDGE_SIDE, SIDE
from ..scene import imageops
from ..scene.compose import Pictures, Renderer
from ..scene.feed import Bank, Feed, Make, PlanSource, to_device
from ..scene.plan import Plan
from .settings import TINY, Run, wake

#: Subjects of a dry run.
TINY_SUBJECTS = 12


def chosen_drawings(run: Run) -> list[art_pack.Drawing]:
    """All drawings of the pack; a dry run takes a few subjects."""
    every = art_pack.drawings(run.pack)
    return [d for d in every if d.subject < TINY_SUBJECTS] if TINY else every


def open_feed(
    run: Run, make: Make, capacity: int, held_out: bool, fresh: float = 1500.0,
    without: Callable[[int], bool] | None = None,
) -> Feed:  # fmt: skip
    """Starts the planners, then CUDA, then loads the sprites: in that order (see PlanSource).

    ``held_out``: draw also the pairs kept from the denoiser; ``fresh``: pictures a second, the
    renderer's share of the GPU; ``without``: subjects not to draw.
    """
    drawings = [d for d in chosen_drawings(run) if without is None or not without(d.subject)]
    count = run.pick(256, 8)
    workers = run.pick(4, 0)
    seed = run.seed * 100 + run.rank
    plans = PlanSource(run.pack, drawings, run.mix, run.tiers, held_out, count, seed, workers)
    wake(run)
    renderer = Renderer(art_pack.load_sprites(run.pack, drawings), run.device, SIDE, seed)
    return Feed(plans, renderer, make, Bank(run.pick(capacity, 16)), run.fresh or fresh)


def keep_pictures(pictures: Pictures, plan: Plan) -> dict[str, Tensor]:
    """Pictures as bytes, depth at 32 px, labels and token ids."""
    device = str(pictures.styled.device)
    return {
        "picture": (pictures.styled * 255).round().to(torch.uint8),
        "depth": (F.avg_pool2d(pictures.depth, SIDE // 32) * 255).round().to(torch.uint8),
        "tokens": to_device(plan.tokens, device),
        "subject": to_device(plan.subject, device),
        "style": to_device(plan.style, device),
        "scene": to_device(plan.scene + 1, device),
        "names_style": to_device(plan.names_style, device),
    }


def small(pictures: Tensor) -> Tensor:
    """Pictures in 0..1 at the judges' size."""
    factor = pictures.shape[-1] // JUDGE_SIDE
    return F.avg_pool2d(pictures, factor) if factor > 1 else pictures


def roughen(pictures: Tensor) -> Tensor:
    """A third each: as they are, a little soft, softer; every second with up to 4 % of noise.

    Judges must bear what a VAE does, and the faint grain that a denoiser leaves.
    """
    parts = pictures.chunk(3)
    soft = [imageops.blur(part, sigma) if sigma else part for part, sigma in zip(parts, (0.0, 0.6, 1.1), strict=False)]
    soft = torch.cat(soft)
    amount = 0.04 * torch.rand(len(soft), 1, 1, 1, device=soft.device)
    amount[::2] = 0
    return (soft + amount * torch.randn_like(soft)).clamp(0, 1)


def normalised(pictures: Tensor, dtype: torch.dtype) -> Tensor:
    """0..1 to what the judges take."""
    return ((pictures - MEAN) / DEVIATION).to(dtype).contiguous(memory_format=torch.channels_last)
