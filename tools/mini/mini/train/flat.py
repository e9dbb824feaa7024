"""All weights of a stage in one flat tensor: float32 masters, working copies in the computing type.

The module's parameters become views of the working copy and their gradients views of another, so
that the optimizer, the moving average and the exchange between GPUs are each a few operations on
one long vector, with no loop over parameters.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor, nn

#: Views start at multiples of this many elements, so that every kernel may load 16 bytes at once.
ALIGN = 64


def _view(flat: Tensor, offset: int, like: Tensor) -> Tensor:
    """The piece for one parameter; convolution kernels lie channels-last."""
    piece = flat[offset : offset + like.numel()]
    if like.ndim == 4:
        o, i, h, w = like.shape
        return piece.view(o, h, w, i).permute(0, 3, 1, 2)
    return piece.view(like.shape)


class FlatAdam:
    """AdamW with clipping and a moving average over the parameters of the given modules."""

    def __init__(self, modules: list[nn.Module], device: str, dtype: torch.dtype, average: float, decay: float):
        named = [(f"{i}.{n}", p) for i, m in enumerate(modules) for n, p in m.named_parameters()]
        self.named = sorted((x for x in named if x[1].requires_grad), key=lambda x: x[1].ndim < 2)
        self.offsets, total, self.decayed = [], 0, 0
        for _, p in self.named:
            self.offsets.append(total)
            total += -(-p.numel() // ALIGN) * ALIGN
            self.decayed = total if p.ndim >= 2 else self.decayed
        self.master = torch.zeros(total, device=device)
        self.work = torch.zeros(total, device=device, dtype=dtype)
        self.grad = torch.zeros(total, device=device, dtype=dtype)
        for (_, p), at in zip(self.named, self.offsets, strict=True):
            _view(self.master, at, p).copy_(p.detach())
            p.data = _view(self.work, at, p)
            p.grad = _view(self.grad, at, p)
        if dist.is_initialized():
            dist.broadcast(self.master, 0)
        self.work.copy_(self.master)
        self.m, self.v = torch.zeros_like(self.master), torch.zeros_like(self.master)
        self.ema = self.master.clone()
        self.average, self.weight_decay, self.steps = average, decay, 0

    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(p.numel() for _, p in self.named)

    @torch.no_grad()
    def step(self, rate: float, betas: tuple[float, float] = (0.9, 0.99), clip: float = 1.0) -> Tensor:
        """One update from the gradients gathered; returns their norm before clipping."""
        self.steps += 1
        g = self.grad.float()
        if dist.is_initialized():
            dist.all_reduce(g)
            g /= dist.get_world_size()
        norm = g.norm()
        # one poisoned batch must not end a run: its update is dropped
        scale = torch.where(norm.isfinite(), (clip / (norm + 1e-6)).clamp(max=1.0), 0.0)
        g = torch.nan_to_num_(g, 0.0, 0.0, 0.0).mul_(scale)
        self.m.lerp_(g, 1 - betas[0])
        self.v.mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])
        bias_m, bias_v = 1 - betas[0] ** self.steps, 1 - betas[1] ** self.steps
        self.master[: self.decayed].mul_(1 - rate * self.weight_decay)
        self.master.addcdiv_(self.m, self.v.sqrt().div_(bias_v**0.5).add_(1e-8), value=-rate / bias_m)
        self.work.copy_(self.master)
        self.grad.zero_()
        # young averages follow closely, so that a short run does not end on its first weights
        self.ema.lerp_(self.master, 1 - min(self.average, self.steps / (self.steps + 20)))
        return norm

    def averaged(self, index: int) -> dict[str, Tensor]:
        """The moving average as a state dict of the ``index``-th module."""
        mark = f"{index}."
        pairs = zip(self.named, self.offsets, strict=True)
        return {n[len(mark) :]: _view(self.ema, at, p) for (n, p), at in pairs if n.startswith(mark)}

    @torch.no_grad()
    def use_average(self) -> None:
        """Puts the moving average into the working copy (for grading after training)."""
        self.work.copy_(self.ema)
