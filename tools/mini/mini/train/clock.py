"""The wall-clock budget of a stage, and a clean stop on a signal."""

from __future__ import annotations

import signal
import time


class Clock:
    """Counts from its making; SIGTERM and SIGINT end the budget at once."""

    def __init__(self, budget: float) -> None:
        self.started, self.budget, self.stopped = time.monotonic(), budget, False
        self.training_since = self.started
        for kind in (signal.SIGTERM, signal.SIGINT):
            signal.signal(kind, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopped = True

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def over(self) -> bool:
        """Whether to stop after this step."""
        return self.stopped or self.elapsed >= self.budget

    def begin_training(self) -> None:
        """Preparation is over: the learning rate's schedule counts from here."""
        self.training_since = time.monotonic()

    @property
    def fraction(self) -> float:
        """How much of the training time is used, 0..1."""
        spent = time.monotonic() - self.training_since
        whole = self.budget - (self.training_since - self.started)
        return min(1.0, spent / max(whole, 1e-6))
