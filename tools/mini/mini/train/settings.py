"""What differs between a real run on a GPU and a dry run on a CPU (``TINY=1``)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

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
    compile: str = "inductor"
    graph: bool = True
    seed: int = 0
    stage: str = ""
    parts: tuple[str, ...] = ()

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
        import torch.distributed as dist

        dist.init_process_group("nccl" if run.device.startswith("cuda") else "gloo")


def finish(run: Run) -> None:
    """Leaves the process group."""
    if run.world > 1:
        import torch.distributed as dist

        dist.destroy_process_group()
