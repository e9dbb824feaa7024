"""The arithmetic of the figures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def share_right(found: Tensor, wanted: Tensor) -> float:
    """Share of equal entries."""
    return float((found == wanted).float().mean())


def pair_cosine(vectors: Tensor, size: int) -> float:
    """Mean cosine over the unordered pairs within sets of ``size``; vectors are unit length."""
    sets = vectors.view(-1, size, vectors.shape[-1])
    scores = sets @ sets.transpose(1, 2)
    above = torch.ones(size, size, dtype=torch.bool, device=vectors.device).triu(1)
    return float(scores[:, above].mean())


def psnr(a: Tensor, b: Tensor) -> float:
    """Mean over the pictures, in dB; pictures in 0..1."""
    error = (a - b).square().mean((1, 2, 3)).clamp(min=1e-10)
    return float((-10 * torch.log10(error)).mean())


def edge_f1(found: Tensor, wanted: Tensor, slack: int = 2) -> float:
    """F1 of edge pixels, a pixel counting as met within ``slack`` pixels; mean over pictures."""
    near = lambda e: F.max_pool2d(e, 2 * slack + 1, 1, slack)  # noqa: E731
    f, w = found.float(), wanted.float()
    count = lambda e: e.sum((1, 2, 3)).clamp(min=1)  # noqa: E731
    precision = (f * near(w)).sum((1, 2, 3)) / count(f)
    recall = (w * near(f)).sum((1, 2, 3)) / count(w)
    return float((2 * precision * recall / (precision + recall).clamp(min=1e-6)).mean())


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's, over each picture's pixels (ties in order of place); mean over pictures."""
    ranks = [x.flatten(1).argsort(1).argsort(1).float() for x in (a, b)]
    centred = [F.normalize(r - r.mean(1, keepdim=True), dim=1) for r in ranks]
    return float((centred[0] * centred[1]).sum(1).mean())
