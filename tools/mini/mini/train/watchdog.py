"""Ends a process that makes no progress, so that whoever started it can try it another way."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

#: Exit codes: no progress; processes that cannot reach one another.
STUCK, UNLINKED = 70, 75


class Watchdog:
    """Looks every second whether the time given for what is going on is over. Off until ``expect``."""

    def __init__(self, active: bool) -> None:
        self._until, self._what, self._code = float("inf"), "", STUCK
        if active:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            if time.monotonic() > self._until:
                print(f"no progress: {self._what}", file=sys.stderr, flush=True)
                os._exit(self._code)

    def expect(self, seconds: float, what: str, code: int = STUCK) -> None:
        """From now on ``what`` is done within so many seconds, or the process ends with ``code``."""
        self._what, self._code = what, code
        self._until = time.monotonic() + seconds

    def rest(self) -> None:
        """Nothing is expected."""
        self._until = float("inf")

    @contextlib.contextmanager
    def expecting(self, seconds: float, what: str, code: int = STUCK) -> Iterator[None]:
        """``expect`` for a block, ``rest`` after it."""
        self.expect(seconds, what, code)
        yield
        self.rest()
