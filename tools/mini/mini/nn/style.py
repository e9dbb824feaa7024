"""StyleAligned attention sharing (Hertz et al. 2023) for the evaluation's own sampler."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .layers import Attention
from .unet import Unet


def _first(x: Tensor, size: int) -> Tensor:
    """Every row replaced by the first row of its set of ``size``."""
    return x.view(-1, size, *x.shape[1:])[:, :1].expand(-1, size, *x.shape[1:]).reshape(x.shape)


def _adain(x: Tensor, size: int) -> Tensor:
    """Each row given the token statistics of its set's first row (unbiased variance)."""
    mean = x.mean(-2, keepdim=True)
    deviation = (x.var(-2, keepdim=True) + 1e-5).sqrt()
    return (x - mean) / deviation * _first(deviation, size) + _first(mean, size)


@dataclass
class Sharing:
    """Rows come in sets of ``size``; guidance halves are sets of their own."""

    size: int
    adain: bool = True

    def __call__(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.adain:
            q, k = _adain(q, self.size), _adain(k, self.size)
        k = torch.cat([k, _first(k, self.size)], -2)
        return q, k, torch.cat([v, _first(v, self.size)], -2)


def share(unet: Unet, sharing: Sharing | None) -> None:
    """Switches sharing on in every self-attention layer, or off with None."""
    for name, module in unet.named_modules():
        if isinstance(module, Attention) and name.endswith("attn1"):
            module.sharing = sharing
