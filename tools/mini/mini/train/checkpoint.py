"""Checkpoints: one half-precision safetensors file a network, replaced in one move."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .clock import Clock


def save(path: Path, tensors: dict[str, Tensor], notes: dict[str, object]) -> None:
    """Writes float tensors as float16 with ``notes`` as metadata. A kill never leaves a torn file."""
    half = {k: (v.half() if v.is_floating_point() else v).cpu().contiguous() for k, v in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    save_file(half, fresh, metadata={"notes": json.dumps(notes)})
    os.replace(fresh, path)


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Tensors in float32, and the notes. Raises FileNotFoundError with the stage to run first."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run the stage '{path.stem}' first")
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        notes = json.loads((file.metadata() or {}).get("notes", "{}"))
    return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}, notes


def await_stages(out: Path, names: tuple[str, ...], clock: Clock) -> None:
    """Waits until every stage named is over (its process leaves ``NAME.done``), or this one's time is."""
    while not clock.over and not all((out / f"{name}.done").exists() for name in names):
        time.sleep(0.5)


def restore(module: nn.Module, path: Path, prefix: str = "") -> dict[str, object]:
    """Loads the part of a checkpoint under ``prefix`` into a module; returns the notes."""
    tensors, notes = load(path)
    module.load_state_dict({k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)})
    return notes


def frozen(module: nn.Module, device: str, dtype: torch.dtype) -> nn.Module:
    """The module on its device in its computing type, never to be trained."""
    return module.to(device=device, dtype=dtype, memory_format=torch.channels_last).eval().requires_grad_(False)
