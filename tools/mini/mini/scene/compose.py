"""Plans to pictures, on the GPU: background, props, subjects with shadows, then the style."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import imageops as op
from . import styles
from .plan import PROPS, SLOTS, Plan
from .vocab import COLOURS


@dataclass
class Pictures:
    """A rendered batch: styled and clean pictures [b, 3, H, W], subject mask and depth [b, 1, H, W].

    Depth is larger nearer the eye, as in MiDaS maps.
    """

    styled: Tensor
    clean: Tensor
    mask: Tensor
    depth: Tensor


def _matrices(place: np.ndarray) -> np.ndarray:
    """float32 [n, 2, 3]: output coordinates to sprite coordinates, for affine_grid."""
    x, y, scale, turn, flip = place.T
    c, s = np.cos(turn) / scale, np.sin(turn) / scale
    out = np.zeros((len(place), 2, 3), np.float32)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 0], out[:, 1, 1] = c * flip, s * flip, -s, c
    out[:, :, 2] = -(out[:, :, 0] * x[:, None] + out[:, :, 1] * y[:, None])
    return out


class Renderer:
    """Keeps the sprites on the device at three sizes and draws plans with them."""

    def __init__(self, sprites: np.ndarray, device: str, side: int, seed: int) -> None:
        self.side, self.device = side, device
        self.rng = torch.Generator(device=device).manual_seed(seed)
        self.full = torch.from_numpy(sprites).to(device)
        self.half = self._halved(self.full)
        self.quarter = self._halved(self.half)
        self.palette = torch.tensor(list(COLOURS.values()), device=device)

    @staticmethod
    def _halved(sprites: Tensor) -> Tensor:
        parts = [F.avg_pool2d(part.float(), 2).round().to(torch.uint8) for part in sprites.split(512)]
        return torch.cat(parts)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _layer(self, bank: Tensor, index: np.ndarray, place: np.ndarray) -> Tensor:
        """Premultiplied RGBA [n, 4, H, W]."""
        sprite = bank[self._tensor(index)].float() / 255
        size = (len(index), 4, self.side, self.side)
        field = F.affine_grid(self._tensor(_matrices(place)), size, align_corners=False)
        return F.grid_sample(sprite, field, align_corners=False, padding_mode="zeros")

    @torch.no_grad()
    def render(self, plan: Plan, style: bool = True) -> Pictures:
        """Draws the whole batch; with ``style`` off the styled picture is the clean one."""
        clean, depth = self._background(plan)
        for slot in range(PROPS):
            self._add_props(plan, slot, clean, depth)
        mask = torch.zeros_like(depth)
        for slot in range(SLOTS):
            self._add_subjects(plan, slot, clean, depth, mask)
        clean = clean.clamp(0, 1)
        styled = styles.draw(clean, mask, plan.runs, self.rng) if style else clean
        return Pictures(styled, clean, mask, depth)

    def _background(self, plan: Plan) -> tuple[Tensor, Tensor]:
        n, side = len(plan), self.side
        y = ((torch.arange(side, device=self.device) + 0.5) / side).view(1, 1, side, 1)
        horizon = self._tensor(plan.horizon).view(n, 1, 1, 1)
        tone = self._tensor(plan.ground).view(n, 4, 3, 1, 1)
        sky = op.mix(tone[:, 0], tone[:, 1], (y / horizon).clamp(0, 1))
        near = ((y - horizon) / (1 - horizon).clamp(min=0.02)).clamp(0, 1)
        below = ((y - horizon) * side / 2 + 0.5).clamp(0, 1)
        picture = op.mix(sky, op.mix(tone[:, 2], tone[:, 3], near), below)
        depth = 0.10 + 0.45 * near * below
        return picture.expand(n, 3, side, side).contiguous(), depth.expand(n, 1, side, side).contiguous()

    def _add_props(self, plan: Plan, slot: int, picture: Tensor, depth: Tensor) -> None:
        rows = np.where(plan.prop_place[:, slot, 2] > 0)[0]
        if len(rows) == 0:
            return
        layer = self._layer(self.quarter, plan.prop[rows, slot], plan.prop_place[rows, slot])
        at, alpha = self._tensor(rows), layer[:, 3:]
        picture[at] = picture[at] * (1 - alpha) + layer[:, :3]
        depth[at] = depth[at] * (1 - alpha) + 0.32 * alpha

    def _add_subjects(self, plan: Plan, slot: int, picture: Tensor, depth: Tensor, mask: Tensor) -> None:
        for large, bank in ((True, self.full), (False, self.half)):
            scale = plan.place[:, slot, 2]
            rows = np.where((scale > 0) & ((scale > 0.6) == large))[0]
            if len(rows) == 0:
                continue
            layer = self._layer(bank, plan.sprite[rows, slot], plan.place[rows, slot])
            self._tint(layer, plan.tint[rows, slot])
            at, alpha = self._tensor(rows), layer[:, 3:]
            shadow = op.shift(op.blur(alpha, 5.0), 7, 3) * 0.28
            behind = picture[at] * (1 - shadow * (1 - alpha))
            picture[at] = behind * (1 - alpha) + layer[:, :3]
            mask[at] = torch.maximum(mask[at], alpha)
            body = 0.70 + 0.30 * op.blur(alpha, 8.0)
            depth[at] = depth[at] * (1 - alpha) + body * alpha

    def _tint(self, layer: Tensor, tint: np.ndarray) -> None:
        """Recolours in place: the named hue, shaded by the drawing's own brightness."""
        rows = np.where(tint >= 0)[0]
        if len(rows) == 0:
            return
        at = self._tensor(rows)
        alpha = layer[at, 3:].clamp(min=1e-3)
        own = layer[at, :3] / alpha
        hue = self.palette[self._tensor(tint[rows])].view(-1, 3, 1, 1)
        light = op.luma(own).clamp(0, 1) * 1.7
        dark = hue * light.clamp(max=1) ** 0.8
        bright = hue + (1 - hue) * (light - 1) / 0.7 * 0.9
        tinted = 0.85 * torch.where(light < 1, dark, bright) + 0.15 * own
        layer[at, :3] = tinted.clamp(0, 1) * layer[at, 3:]
