"""Stage ``control``: one control net for edges and depth, the denoiser frozen."""

from __future__ import annotations

import time

import torch
from torch import Tensor
from torch.nn import functional as F

from ..nn.unet import ControlNet, Unet
from . import checkpoint, pictures, unet, vae
from .clock import Clock
from .engine import Batch, Schedule, Trainer
from .latents import Maker, Noising, hint_of, load_text
from .settings import Run

NAME = "control"
#: How much more a latent cell counts that an edge runs through.
EDGE = 3.0
#: Share of depth maps, which are learnt sooner.
DEPTHS = 0.35


class Followed:
    """A denoiser that may be trained further beside us: taken up anew whenever its file is."""

    def __init__(self, run: Run) -> None:
        self.net, self.path, self.looked = unet.load(run), run.out / "unet.safetensors", time.monotonic()
        self.made = self.path.stat().st_mtime

    def refresh(self) -> None:
        """Looks every ten seconds; weights are replaced in place."""
        if time.monotonic() - self.looked < 10:
            return
        self.looked, made = time.monotonic(), self.path.stat().st_mtime
        if made != self.made:
            checkpoint.restore(self.net, self.path)
            self.made = made


class ControlLoss:
    """The denoiser's loss, with residuals from the control net."""

    def __init__(self, net: ControlNet, denoiser: Unet) -> None:
        self.net, self.denoiser = net, denoiser

    def __call__(self, b: Batch) -> tuple[Tensor, Tensor]:
        given = (b["latents"], b["t"], b["hidden"], b["pooled"], b["time_ids"])
        guess = self.denoiser(*given, residuals=self.net(*given, b["hint"]))
        edges = F.max_pool2d(b["hint"][:, :1] * (1 - b["hint"][:, 2:]), 8).float()
        wrong = (guess.float() - b["noise"]).square()
        error = (wrong * (1 + EDGE * edges)).mean((1, 2, 3))
        depth = b["hint"][:, 2, 0, 0].float()
        by_kind = [(error * part).sum() / part.sum().clamp(min=1) for part in (1 - depth, depth)]
        return (error * b["weight"]).mean(), torch.stack(by_kind)


def train(run: Run) -> None:
    """Runs the stage; writes ``control``. A third of the prompts are dropped, so that maps count."""
    clock = Clock(run.budget)
    maker = Maker(run, None, None, maps=True)
    feed = pictures.open_feed(run, maker, 100_000, held_out=False)
    maker.vae = vae.load(run)
    maker.pair, tokens = load_text(run)
    net, followed, path = ControlNet(), Followed(run), run.out / f"{NAME}.safetensors"
    denoiser = followed.net
    if path.exists():
        checkpoint.restore(net, path)
    else:
        net.start_from(denoiser)
    schedule = Schedule(4e-4, warmup=run.pick(200, 2))
    trainer = Trainer(run, [net], ControlLoss(net, denoiser), schedule, ("edges", "depth"), 0.998, 0.01)
    run.log(f"{trainer.flat.parameters() / 1e6:.2f} M weights")
    noising, size = Noising(run, maker.pair, tokens), run.batch or run.pick(256, 2)
    feed.fill(run.pick(16384, 8))

    def batch() -> Batch:
        feed.refresh()
        followed.refresh()
        rows = feed.bank.draw(size)
        kind = (torch.rand(size, device=run.device) < DEPTHS).long()
        hint = hint_of(rows["maps"].to(run.dtype) / 255, kind)
        return {**noising(rows, 0.25, 0.08), "hint": hint.contiguous(memory_format=torch.channels_last)}

    trainer.prepare(batch())
    feed.start()
    save = lambda: checkpoint.save(path, trainer.flat.averaged(0), {"samples": trainer.samples})  # noqa: E731
    trainer.fit(clock, batch, save, lambda: f"pictures {feed.bank.written}")
    feed.close()


def load(run: Run) -> ControlNet:
    """The trained control net, frozen."""
    net = ControlNet()
    checkpoint.restore(net, run.out / f"{NAME}.safetensors")
    return checkpoint.frozen(net, run.device, run.dtype)
