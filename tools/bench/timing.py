"""Times as `predella bench` takes them."""

import math
import statistics
import time

import torch

SAMPLE = 0.02
"""Least seconds of one sample."""
WARM_UP = 2
"""Runs before the first sample."""


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measure(work, device, seconds, samples=5):
    """Medians and quartiles of `work` in milliseconds, by the clock and in processor time."""

    def lap(turns):
        synchronize(device)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(turns):
            work()
        synchronize(device)
        return (time.perf_counter() - wall) / turns, (time.process_time() - cpu) / turns

    turns = 1
    for _ in range(WARM_UP):
        turns = min(max(math.ceil(SAMPLE / max(lap(turns)[0], 1e-7)), 1), 100_000)
    start, laps = time.perf_counter(), []
    while len(laps) < samples or time.perf_counter() - start < seconds:
        laps.append(lap(turns))
    wall, cpu = zip(*laps)
    return {"samples": len(laps), "wall_ms": spread(wall), "cpu_ms": spread(cpu)}


def spread(seconds):
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return {"low": low * 1e3, "median": median * 1e3, "high": high * 1e3}
