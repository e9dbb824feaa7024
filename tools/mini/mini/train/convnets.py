"""Stages ``percept`` and ``examiner``: the same small network twice, for two jobs (see convnet.py)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..art.subjects import all_subjects
from ..nn.convnet import ConvNet
from ..nn.shapes import JUDGE_SIDE, SIDE
from ..scene.styles import STYLES
from ..scene.vocab import SCENES
from . import checkpoint, pictures
from .clock import Clock
from .engine import Batch, Schedule, Trainer
from .settings import Run
from .text import _class_loss


def build() -> ConvNet:
    """With a head for every subject of the list, whether drawn yet or not."""
    return ConvNet(len(all_subjects()), len(STYLES), len(SCENES) + 1)


class ConvNetLoss:
    """Subject, style and scene by cross-entropy, depth by absolute difference."""

    def __init__(self, net: ConvNet) -> None:
        self.net = net

    def __call__(self, b: Batch) -> tuple[Tensor, Tensor]:
        a = self.net(b["pixels"])
        depth = (a.depth.float() - b["depth"]).abs().mean(dim=(1, 2, 3))
        depth = (depth * b["whole"]).sum() / b["whole"].sum().clamp(min=1)
        subject, style = _class_loss(a.subject, b["subject"]), _class_loss(a.style, b["style"])
        loss = subject + style + 0.5 * _class_loss(a.scene, b["scene"]) + 2 * depth
        known = (b["subject"] >= 0).float()
        right = ((a.subject.argmax(1) == b["subject"]).float() * known).sum() / known.sum().clamp(min=1)
        return loss, torch.stack([right, (a.style.argmax(1) == b["style"]).float().mean(), depth])


def _mirrored(x: Tensor, flip: bool) -> Tensor:
    return x.flip(3) if flip else x


def train(run: Run, name: str, crops: bool) -> None:
    """Runs the stage. With ``crops`` half of each batch are pieces at full resolution."""
    clock = Clock(run.budget)
    feed = pictures.open_feed(run, pictures.keep_pictures, 60000, held_out=True)
    net, path = build(), run.out / f"{name}.safetensors"
    if path.exists():
        checkpoint.restore(net, path)
    schedule = Schedule(1.5e-3, warmup=run.pick(200, 2))
    trainer = Trainer(run, [net], ConvNetLoss(net), schedule, ("subject", "style", "depth"), 0.999, 0.05)
    run.log(f"{trainer.flat.parameters() / 1e6:.2f} M weights")
    feed.fill(run.pick(16384, 16))
    size = run.batch or run.pick(384, 6)

    def batch() -> Batch:
        feed.refresh()
        rows = feed.bank.draw(size)
        flip = bool(torch.rand(()) < 0.5)
        full = _mirrored(rows["picture"].float() / 255, flip)
        shown, whole = pictures.roughen(pictures.small(full)), torch.ones(size, device=run.device)
        if crops:
            top, left = (int(v) for v in torch.randint(0, SIDE - JUDGE_SIDE, (2,)))
            shown[size // 2 :] = full[size // 2 :, :, top : top + JUDGE_SIDE, left : left + JUDGE_SIDE]
            whole[size // 2 :] = 0.0
        return {
            "pixels": pictures.normalised(shown, run.dtype),
            "depth": _mirrored(rows["depth"].float() / 255, flip),
            "whole": whole,
            **{key: rows[key] for key in ("subject", "style", "scene")},
        }

    trainer.prepare(batch())
    feed.start()
    save = lambda: checkpoint.save(path, trainer.flat.averaged(0), {"samples": trainer.samples})  # noqa: E731
    trainer.fit(clock, batch, save, lambda: f"pictures {feed.bank.written}")
    feed.close()


def load(run: Run, name: str) -> ConvNet:
    """A trained network, frozen, in the run's computing type."""
    net = build()
    checkpoint.restore(net, run.out / f"{name}.safetensors")
    return checkpoint.frozen(net, run.device, run.dtype)


def depth_of(net: ConvNet, shown: Tensor, dtype: torch.dtype) -> Tensor:
    """The network's estimate of depth, [b, 1, 32, 32]."""
    return net(pictures.normalised(F.interpolate(shown, (JUDGE_SIDE, JUDGE_SIDE), mode="area"), dtype)).depth.float()
