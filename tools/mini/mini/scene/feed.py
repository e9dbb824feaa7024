"""Keeps a bank of rendered pictures filled while training reads from it.

Plans come from worker processes (forked before CUDA is touched), pictures from a thread of its own
with a CUDA stream of low priority; the training thread alone writes to the bank.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..art import pack as art_pack
from ..text.tokens import Tokens
from .compose import Pictures, Renderer
from .plan import Plan, Planner
from .vocab import MIXES

#: Rendered batch and its plan -> what the bank keeps of each picture.
Make = Callable[[Pictures, Plan], dict[str, Tensor]]


def _work(out: multiprocessing.Queue, planner: Planner, tokens: Tokens, count: int, run: int, held: bool) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # the handlers of the process we were forked from would make us deaf to its own call to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: never outlive it
    os.nice(5)
    while True:
        out.put(_planned(planner, tokens, count, run, held))


def _planned(planner: Planner, tokens: Tokens, count: int, run: int, held: bool) -> Plan:
    plan = planner.batch(count, run, held)
    plan.tokens = tokens.encode(plan.captions)
    return plan


class PlanSource:
    """Plans without end, with token ids. ``workers`` 0: made where they are asked for."""

    def __init__(
        self, pack: Path, drawings: list[art_pack.Drawing], mix: str, tiers: tuple[str, ...], held_out: bool,
        count: int, seed: int, workers: int,
    ):  # fmt: skip
        tokens = Tokens(pack / "tokenizer")
        planners = [Planner(drawings, seed * 1000 + i, MIXES[mix], tiers) for i in range(max(1, workers))]
        run = max(1, count // 8)
        self._local = None if workers else (planners[0], tokens, count, run, held_out)
        self._queue: multiprocessing.Queue = multiprocessing.get_context("fork").Queue(64)
        self._workers = []
        for planner in planners if workers else []:
            work = (self._queue, planner, tokens, count, run, held_out)
            worker = multiprocessing.get_context("fork").Process(target=_work, args=work, daemon=True)
            worker.start()
            self._workers.append(worker)

    def next(self) -> Plan:
        """The next batch's plan."""
        if self._local is None:
            return self._queue.get(timeout=100)
        return _planned(*self._local)

    def close(self) -> None:
        """Ends the workers."""
        for worker in self._workers:
            worker.kill()


class Bank:
    """A ring of named tensors on the device; the oldest rows are overwritten."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.filled, self.written = capacity, 0, 0
        self.rows: dict[str, Tensor] = {}

    def add(self, batch: dict[str, Tensor]) -> None:
        """Appends a batch; its first call fixes names, shapes and types."""
        n = len(next(iter(batch.values())))
        if not self.rows:
            for key, value in batch.items():
                shape = (self.capacity, *value.shape[1:])
                self.rows[key] = torch.empty(shape, dtype=value.dtype, device=value.device)
        first = next(iter(self.rows.values()))
        at = (torch.arange(n, device=first.device) + self.written) % self.capacity
        for key, value in batch.items():
            self.rows[key][at] = value
        self.written += n
        self.filled = min(self.capacity, self.written)

    def draw(self, count: int) -> dict[str, Tensor]:
        """``count`` random rows."""
        device = next(iter(self.rows.values())).device
        at = torch.randint(0, self.filled, (count,), device=device)
        return {key: value[at] for key, value in self.rows.items()}


class Feed:
    """Renders plans in the background and hands the results to the bank between steps."""

    def __init__(self, plans: PlanSource, renderer: Renderer, make: Make, bank: Bank, per_second: float):
        self.plans, self.renderer, self.make, self.bank = plans, renderer, make, bank
        self.per_second, self.cuda = per_second, renderer.device.startswith("cuda")
        self._done: queue.Queue = queue.Queue(6)
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    def _render(self) -> dict[str, Tensor]:
        plan = self.plans.next()
        return self.make(self.renderer.render(plan), plan)

    def _loop(self) -> None:
        try:
            torch.cuda.set_device(self.renderer.device)
            stream = torch.cuda.Stream(priority=0)  # training's stream has priority -1
            began, made = time.monotonic(), 0
            with torch.cuda.stream(stream):
                while not self._closing:
                    batch = self._render()
                    event = torch.cuda.Event()
                    event.record(stream)
                    self._done.put((batch, event))
                    made += len(next(iter(batch.values())))
                    ahead = made / self.per_second - (time.monotonic() - began)
                    if ahead > 0:
                        time.sleep(ahead)
        except BaseException as failure:  # handed to the training thread, which raises it
            self._failure = failure

    def fill(self, count: int) -> None:
        """Renders in the foreground, at full speed, until the bank holds ``count`` rows."""
        while self.bank.filled < min(count, self.bank.capacity):
            self.bank.add(self._render())

    def start(self) -> None:
        """Goes on in the background; on a CPU pictures are made by ``refresh`` instead."""
        if self.cuda:
            self._thread = threading.Thread(target=self._loop, daemon=True)
            self._thread.start()

    def refresh(self) -> None:
        """Moves what is ready into the bank. Raises what stopped the background thread."""
        if self._failure is not None:
            raise RuntimeError("the renderer stopped") from self._failure
        if not self.cuda:
            self.bank.add(self._render())
            return
        while True:
            try:
                batch, event = self._done.get_nowait()
            except queue.Empty:
                return
            here = torch.cuda.current_stream()
            here.wait_event(event)
            for value in batch.values():
                value.record_stream(here)
            self.bank.add(batch)

    def close(self) -> None:
        """Stops the thread and the workers."""
        self._closing, until = True, time.monotonic() + 20
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                self._done.get(timeout=0.2)
        self.plans.close()


def to_device(array: np.ndarray, device: str) -> Tensor:
    """A numpy array as a tensor on the device."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)
