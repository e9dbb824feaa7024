"""A plain residual network with four answers. Two are trained: ``percept`` lends its features to
the autoencoder's loss, ``examiner`` only ever grades pictures and no training step sees it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from .layers import GroupNorm


class _Residual(nn.Module):
    def __init__(self, given: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, out, 3, stride, 1, bias=False)
        self.norm1 = GroupNorm(16, out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm2 = GroupNorm(16, out)
        same = stride == 1 and given == out
        self.short = None if same else nn.Conv2d(given, out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(F.silu(self.norm1(self.conv1(x)))))
        return F.silu(y + (x if self.short is None else self.short(x)))


@dataclass
class Answers:
    """Class scores, and depth [b, 1, 32, 32] in 0..1."""

    subject: Tensor
    style: Tensor
    scene: Tensor
    depth: Tensor


class ConvNet(nn.Module):
    """Takes pictures [b, 3, 128, 128] scaled to -1..1."""

    def __init__(self, subjects: int, styles: int, scenes: int, widths=(48, 96, 160, 256, 320)) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), GroupNorm(16, widths[0]), nn.SiLU())
        self.stages = nn.ModuleList(
            nn.Sequential(_Residual(a, b, 2), _Residual(b, b, 1)) for a, b in zip(widths, widths[1:], strict=False)
        )
        self.subject = nn.Linear(widths[-1], subjects)
        self.style = nn.Linear(widths[-1], styles)
        self.scene = nn.Linear(widths[-1], scenes)
        self.depth_side = nn.ModuleList(nn.Conv2d(w, 64, 1) for w in widths[2:])
        self.depth_out = nn.Sequential(nn.Conv2d(64, 64, 3, 1, 1), nn.SiLU(), nn.Conv2d(64, 1, 3, 1, 1))

    def features(self, x: Tensor) -> list[Tensor]:
        """The stem and the four stages, at 128, 64, 32, 16 and 8 px."""
        out = [self.stem(x)]
        for stage in self.stages:
            out.append(stage(out[-1]))
        return out

    def forward(self, x: Tensor) -> Answers:
        f = self.features(x)
        top = f[-1].mean((2, 3))
        depth = 0
        for side, feature in zip(self.depth_side, f[2:], strict=True):
            level = side(feature)
            depth = depth + F.interpolate(level, size=f[2].shape[-2:], mode="nearest")
        return Answers(self.subject(top), self.style(top), self.scene(top), self.depth_out(depth).sigmoid())
