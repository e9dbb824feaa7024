"""Stage ``unet``: the denoiser, on latents of pictures that are rendered beside it."""

from __future__ import annotations

import torch
from torch import Tensor

from ..nn.unet import Unet
from . import checkpoint, pictures, vae
from .clock import Clock
from .engine import Batch, Schedule, Trainer
from .latents import Maker, Noising, load_text
from .settings import Run

NAME = "unet"


class UnetLoss:
    """Weighted squared error of the predicted noise; figures for early, middle and late steps."""

    def __init__(self, unet: Unet) -> None:
        self.unet = unet

    def __call__(self, b: Batch) -> tuple[Tensor, Tensor]:
        guess = self.unet(b["latents"], b["t"], b["hidden"], b["pooled"], b["time_ids"])
        error = (guess.float() - b["noise"]).square().mean((1, 2, 3))
        parts = [(b["t"] < 300).float(), ((b["t"] >= 300) & (b["t"] < 700)).float(), (b["t"] >= 700).float()]
        figures = torch.stack([(error * part).sum() / part.sum().clamp(min=1) for part in parts])
        return (error * b["weight"]).mean(), figures


def train(run: Run) -> None:
    """Runs the stage. It goes on from ``unet`` if there is one; only ``anneal`` lowers the rate, in
    the second half. Everything that can be is made ready before ``text`` and ``vae`` are awaited."""
    clock = Clock(run.budget)
    maker = Maker(run, None, None, maps=False)
    feed = pictures.open_feed(run, maker, 500_000, held_out=False, fresh=800.0)
    checkpoint.await_stages(run.out, run.awaited, clock)
    maker.vae = vae.load(run)
    maker.pair, tokens = load_text(run)
    unet, path = Unet(), run.out / f"{NAME}.safetensors"
    notes: dict[str, object] = checkpoint.restore(unet, path) if path.exists() else {"samples": 0}
    run.log("goes on after", notes["samples"], "samples")
    schedule = Schedule(8e-4, warmup=run.pick(400, 2), cosine=run.anneal, hold=0.5)
    trainer = Trainer(run, [unet], UnetLoss(unet), schedule, ("late", "middle", "early"), 0.999, 0.01)
    run.log(f"{trainer.flat.parameters() / 1e6:.2f} M weights")
    noising, size = Noising(run, maker.pair, tokens), run.batch or run.pick(256, 2)
    feed.fill(run.pick(256, 2))
    before = int(notes["samples"])

    def batch() -> Batch:
        feed.refresh()
        return noising(feed.bank.draw(size))

    trainer.prepare(noising(feed.bank.draw(size)))
    with trainer.watchdog.expecting(120, "rendering"):
        feed.fill(run.pick(16384, 16))
    feed.start()

    def save() -> None:
        note = {"samples": before + trainer.samples, "mix": run.mix, "tiers": run.tiers}
        checkpoint.save(path, trainer.flat.averaged(0), note)

    trainer.fit(clock, batch, save, lambda: f"pictures {feed.bank.written}")
    feed.close()


def load(run: Run) -> Unet:
    """The trained denoiser, frozen."""
    unet = Unet()
    checkpoint.restore(unet, run.out / f"{NAME}.safetensors")
    return checkpoint.frozen(unet, run.device, run.dtype)
