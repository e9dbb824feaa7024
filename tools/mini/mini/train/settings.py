"""What differs between a real run on a GPU and a dry run on a CPU (``TINY=1``)."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch

from .watchdog import UNLINKED, Watchdog

#: A dry run keeps every real shape and takes few, small steps.
TINY = os.environ.get("TINY") == "1"


@dataclass
class Run:
    """A stage's surroundings. ``out`` holds the checkpoints of every stage, by name."""

    pack: Path
    out: Path
    budget: float
    device: str
    rank: int = 0
    world: int = 1
    mix: str = "full"
    tiers: tuple[str, ...] = ("core",)
    batch: int = 0
    fresh: float = 0.0
    anneal: bool = False
    decoder: bool = False
    compile: str = "inductor"
    graph: bool = True
    seed: int = 0
    stage: str = ""
    parts: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()

    @property
    def dtype(self) -> torch.dtype:
        """What networks compute in; float32 weights are kept beside (see flat.py)."""
        return torch.bfloat16 if self.device.startswith("cuda") else torch.float32

    def pick(self, real: int, tiny: int) -> int:
        """A size of the stage: the real one, or the dry run's."""
        return tiny if TINY else real

    def log(self, *words: object) -> None:
        """One line, from the first process only."""
        if self.rank == 0:
            print(*words, flush=True)


def start(pack: Path, out: Path, budget: float, **options: object) -> Run:
    """Joins the process group if there is one, picks the device, sets the speed switches."""
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = torch.cuda.is_available() and not TINY
    device = f"cuda:{int(os.environ.get('LOCAL_RANK', 0))}" if cuda else "cpu"
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1000 * int(options.get("seed", 0)) + rank)
    if not cuda:
        torch.set_num_threads(1)
        options = {**options, "compile": os.environ.get("MINI_COMPILE", "none"), "graph": False}
    return Run(pack, out, budget, device, rank, world, **options)


def wake(run: Run) -> None:
    """The part of the start that touches CUDA; call it after worker processes were forked."""
    if run.device.startswith("cuda"):
        torch.cuda.set_device(run.device)
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True  # the renderer calls no convolution: see imageops
    if run.world > 1:
        _join(run)


def _join(run: Run) -> None:
    """Joins the process group and adds up one number. Ends the process if the others cannot be reached."""
    import torch.distributed as dist

    cuda = run.device.startswith("cuda")
    with Watchdog(True).expecting(90, "reaching the other processes", UNLINKED):
        try:
            kind = os.environ.get("MINI_BACKEND", "nccl" if cuda else "gloo")
            dist.init_process_group(kind, timeout=timedelta(seconds=300))
            total = torch.ones(1 << 20, device=run.device)
            dist.all_reduce(total)
            if float(total[0]) != run.world or float(total[-1]) != run.world:
                raise RuntimeError(f"{kind} adds {run.world} ones to {float(total[0])}")
        except Exception as reason:
            print(f"the processes cannot reach one another: {reason}", file=sys.stderr, flush=True)
            os._exit(UNLINKED)
    run.log(f"{run.world} processes over {kind}")


def finish(run: Run) -> None:
    """Ends the process at once: taking apart graphs, threads and groups can hang or fail for nothing."""
    sys.stdout.flush()
    sys.stderr.flush()
    if run.device.startswith("cuda") or run.world > 1:
        os._exit(0)
