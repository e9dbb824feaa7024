"""The training loop every stage shares: compiled step, CUDA graph, schedule, log, stop, checkpoint."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from .clock import Clock
from .flat import FlatAdam
from .settings import TINY, Run
from .watchdog import Watchdog

Batch = dict[str, Tensor]
#: Batch in, loss and a vector of figures for the log out. Compiled whole: no Python state.
Loss = Callable[[Batch], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Schedule:
    """Learning rate: warm-up, then constant or a cosine down to ``floor`` of the peak, which begins
    when ``hold`` of the time is used."""

    peak: float
    warmup: int = 200
    cosine: bool = True
    floor: float = 0.02
    hold: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)

    def rate(self, step: int, fraction: float) -> float:
        """The rate at an optimizer step, ``fraction`` of the training time being used."""
        spent = max(0.0, fraction - self.hold) / (1 - self.hold)
        fall = self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * spent))
        return self.peak * min(1.0, (step + 1) / self.warmup) * (fall if self.cosine else 1.0)


class Trainer:
    """Owns the weights, the compiled step and the loop."""

    #: Steps between agreements on time (and so on the learning rate) among processes.
    AGREE = 20
    #: Seconds after which a compiler, or a step, is given up.
    COMPILING, STEP = 300.0, 150.0

    def __init__(
        self, run: Run, modules: list[nn.Module], loss: Loss, schedule: Schedule, figures: tuple[str, ...],
        average: float = 0.999, decay: float = 0.01,
    ):  # fmt: skip
        self.run, self.schedule, self.figures = run, schedule, figures
        for module in modules:
            module.to(device=run.device, dtype=run.dtype)
        self.flat = FlatAdam(modules, run.device, run.dtype, average, decay)
        self.plain = self.loss = loss
        if run.compile != "none":
            self.loss = torch.compile(loss.__call__, backend=run.compile, fullgraph=True)
        self.watchdog = Watchdog(run.device.startswith("cuda"))
        self.static: Batch | None = None
        self.graph: torch.cuda.CUDAGraph | None = None
        self.samples = 0
        # training goes first where it meets the renderer's kernels
        self.stream = torch.cuda.Stream(priority=-1) if run.device.startswith("cuda") else None

    def _on_stream(self) -> contextlib.AbstractContextManager:
        if self.stream is None:
            return contextlib.nullcontext()
        torch.cuda.synchronize()
        return torch.cuda.stream(self.stream)

    def _forward_backward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        loss, figures = self.loss(batch)
        loss.backward()
        return loss.detach(), figures.detach()

    def prepare(self, example: Batch) -> None:
        """Compiles the step and, on a GPU, records it. ``example`` fixes every shape."""
        began = time.monotonic()
        self.static = {k: v.clone() for k, v in example.items()}
        if not self.run.device.startswith("cuda"):
            return
        with self.watchdog.expecting(self.COMPILING, "compiling"):
            _quietly(self.run, _load_compiled)
            try:
                self._warm_up()
            except Exception as reason:  # slower without a compiler, but right
                if self.loss is self.plain:
                    raise
                print("not compiled:", str(reason)[:2000], flush=True)
                self.loss = self.plain
                torch.cuda.empty_cache()
                self._warm_up()
            self.run.log(f"compiled in {time.monotonic() - began:.0f} s")
            _quietly(self.run, _save_compiled)
        with self.watchdog.expecting(self.STEP, "recording"):
            if self.run.graph:
                self._record()
            self.flat.grad.zero_()
            torch.cuda.synchronize()
        used = torch.cuda.max_memory_allocated() / 2**30
        self.run.log(f"ready after {time.monotonic() - began:.0f} s, {used:.1f} GiB at most")

    def _warm_up(self) -> None:
        with self._on_stream():
            for _ in range(3):
                self._forward_backward(self.static)
        torch.cuda.synchronize()

    def _record(self) -> None:
        try:
            graph = torch.cuda.CUDAGraph()
            # other threads (the process group's) may go on asking about their events meanwhile
            with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
                self.outputs = self._forward_backward(self.static)
            if self._replays_right(graph):
                self.graph = graph
                self.run.log("step recorded as a CUDA graph")
            else:
                self.run.log("no CUDA graph: its gradients differ")
        except Exception as reason:  # slower without, but right
            torch.cuda.synchronize()
            self.run.log(f"no CUDA graph: {str(reason).splitlines()[0]}")

    def _replays_right(self, graph: torch.cuda.CUDAGraph) -> bool:
        """Whether the recording makes the gradients that launching makes."""
        with self._on_stream():
            self.flat.grad.zero_()
            loss, _ = self._forward_backward(self.static)
            launched = self.flat.grad.float()
            self.flat.grad.zero_()
            graph.replay()
            difference = (self.flat.grad.float() - launched).norm() / launched.norm().clamp(min=1e-12)
            off, ours, theirs = float(difference), float(self.outputs[0]), float(loss)
        torch.cuda.synchronize()
        self.run.log(f"recorded against launched: gradients {off:.4f} apart, loss {ours:.5f} and {theirs:.5f}")
        return off < 0.1 and abs(ours - theirs) <= 0.02 * abs(theirs) + 1e-6

    def train_step(self, batch: Batch, fraction: float) -> tuple[Tensor, Tensor, Tensor]:
        """One update; returns loss, figures and gradient norm, still on the device."""
        if self.graph is None:
            loss, figures = self._forward_backward(batch)
        else:
            for key, value in batch.items():
                self.static[key].copy_(value, non_blocking=True)
            self.graph.replay()
            loss, figures = self.outputs
        rate = self.schedule.rate(self.flat.steps, fraction)
        norm = self.flat.step(rate, self.schedule.betas)
        self.samples += len(next(iter(batch.values()))) * self.run.world
        return loss, figures, norm

    def _agree(self, clock: Clock, used: float) -> tuple[bool, float]:
        """The first process's word on stopping and on the time used."""
        if not dist.is_initialized():
            return clock.over, clock.fraction
        word = torch.tensor([float(clock.over), clock.fraction], device=self.run.device)
        dist.broadcast(word, 0)
        return bool(word[0] > 0.5), float(word[1])

    def fit(
        self,
        clock: Clock,
        next_batch: Callable[[], Batch],
        save: Callable[[], None],
        status: Callable[[], str] = str,
        save_every: float = 90.0,
        tiny_steps: int = 2,
    ) -> None:
        """Trains until the budget is spent; saves on the way and at the end."""
        if dist.is_initialized():  # the others may still be compiling
            with self.watchdog.expecting(self.COMPILING, "waiting for the others"):
                dist.all_reduce(torch.zeros(1, device=self.run.device))
                torch.cuda.synchronize() if self.stream is not None else None
        clock.begin_training()
        with self._on_stream():
            self._loop(clock, next_batch, save, status, save_every, tiny_steps)
        if self.run.device.startswith("cuda"):
            torch.cuda.synchronize()

    def _loop(
        self, clock: Clock, next_batch: Callable[[], Batch], save: Callable[[], None], status: Callable[[], str],
        save_every: float, tiny_steps: int,
    ) -> None:  # fmt: skip
        stop, fraction, steps = False, 0.0, 0
        total = torch.zeros(2 + len(self.figures), device=self.run.device)
        counted, since, saved, seen = 0, time.monotonic(), time.monotonic(), 0
        while not stop:
            self.watchdog.expect(self.STEP, "training")
            loss, figures, norm = self.train_step(next_batch(), fraction)
            total += torch.cat([loss.float().view(1), norm.view(1), figures.float()])
            steps, counted = steps + 1, counted + 1
            if steps % self.AGREE == 0 or TINY:
                stop, fraction = self._agree(clock, fraction)
                stop = stop or (TINY and steps >= tiny_steps)
            now = time.monotonic()
            if now - since > 10 or stop:
                self._report(clock, total / counted, (self.samples - seen) / (now - since), steps, status())
                total.zero_()
                counted, since, seen = 0, time.monotonic(), self.samples
            if self.run.rank == 0 and now - saved > save_every:
                save()
                saved = time.monotonic()
        if self.run.rank == 0:
            save()
        self.watchdog.rest()

    def _report(self, clock: Clock, mean: Tensor, rate: float, steps: int, status: str) -> None:
        values = mean.tolist()
        words = " ".join(f"{n} {v:.4f}" for n, v in zip(("loss", "norm", *self.figures), values, strict=True))
        lead = f"[{clock.elapsed:6.1f} s] step {steps} ({self.samples / 1e3:.0f}k, {rate:.0f}/s)"
        self.run.log(lead, words, status)


def _quietly(run: Run, task: Callable[[Run], None]) -> None:
    """Compiled code carried from machine to machine saves time; nothing depends on it."""
    try:
        task(run)
    except Exception as reason:
        run.log(f"compiled code not kept or not used: {str(reason)[:200]}")


def _load_compiled(run: Run) -> None:
    """Takes up what an earlier machine of the same make compiled for this stage."""
    path = run.out / f"{run.stage}.compiled"
    if path.exists():
        torch.compiler.load_cache_artifacts(path.read_bytes())


def _save_compiled(run: Run) -> None:
    path = run.out / f"{run.stage}.compiled"
    made = torch.compiler.save_cache_artifacts() if run.rank == 0 and not path.exists() else None
    if made is not None:
        path.write_bytes(made[0])
        run.log(f"compiled code kept: {len(made[0]) / 1e6:.1f} MB")
