"""Stage ``speed``: how fast the denoiser's step runs, for each batch size, recorded or launched."""

from __future__ import annotations

import time

import torch

from ..nn.shapes import LATENT, LATENT_CHANNELS, TOKENS, UNET
from ..nn.unet import Unet
from ..train.clock import Clock
from ..train.engine import Batch, Schedule, Trainer
from ..train.pictures import keep_pictures, open_feed
from ..train.settings import Run
from ..train.unet import UnetLoss

#: Multiply-adds of one forward pass at 32 x 32; training takes three times as much.
FORWARD_MACS = 3.0e9


def _example(run: Run, n: int) -> Batch:
    device, dtype = run.device, run.dtype
    latents = torch.randn(n, LATENT_CHANNELS, LATENT, LATENT, device=device)
    return {
        "latents": latents.to(dtype).contiguous(memory_format=torch.channels_last),
        "noise": torch.randn_like(latents),
        "t": torch.randint(0, 1000, (n,), device=device),
        "weight": torch.ones(n, device=device),
        "hidden": torch.randn(n, TOKENS, UNET.context, device=device, dtype=dtype),
        "pooled": torch.randn(n, UNET.pooled, device=device, dtype=dtype),
        "time_ids": torch.full((n, 6), 256.0, device=device),
    }


def _rate(run: Run, trainer: Trainer, batch: Batch, steps: int) -> float:
    """Samples a second, the optimizer included."""
    wait = torch.cuda.synchronize if run.device.startswith("cuda") else lambda: None
    with trainer._on_stream():
        trainer.train_step(batch, 0.0)
        wait()
        began = time.monotonic()
        for _ in range(steps):
            trainer.train_step(batch, 0.0)
        wait()
    return steps * len(batch["latents"]) / (time.monotonic() - began)


def _renderer_rate(run: Run) -> None:
    """Pictures a second of the renderer alone, plans and token ids included."""
    feed = open_feed(run, keep_pictures, 8192, held_out=True)
    feed.fill(run.pick(512, 8))
    began, before = time.monotonic(), feed.bank.written
    for _ in range(run.pick(16, 1)):
        feed.bank.add(feed._render())
    if run.device.startswith("cuda"):
        torch.cuda.synchronize()
    rate = (feed.bank.written - before) / (time.monotonic() - began)
    feed.close()
    run.log(f"renderer {rate:8.0f} pictures/s")


def run(run: Run) -> None:
    """Prints one line a variant until the budget is spent; each batch size compiles anew."""
    clock = Clock(run.budget)
    run.stage = "unet"  # the same step: what is compiled here serves there
    _renderer_rate(run)
    for size in [run.batch] if run.batch else ([256, 512, 1024] if run.device.startswith("cuda") else [2]):
        if clock.over:
            break
        unet = Unet()
        figures = ("late", "middle", "early")
        trainer = Trainer(run, [unet], UnetLoss(unet), Schedule(6e-4), figures)
        batch = _example(run, size)
        trainer.prepare(batch)
        for name in ("recorded", "launched"):
            if name == "recorded" and trainer.graph is None:
                continue
            rate = _rate(run, trainer, batch, run.pick(40, 2))
            tera = rate * 6 * FORWARD_MACS / 1e12
            run.log(f"batch {size:5} {name:9} {rate:8.0f} samples/s  {tera:6.1f} TFLOP/s  [{clock.elapsed:.0f} s]")
            trainer.graph = None
        torch._dynamo.reset()
