"""Stage ``take``: shipped models back into the checkpoints of a run, to go on training from them.

``trained/`` holds what the models themselves have no place for: the heads that training needs and
that are thrown away after it, and each checkpoint's notes. ``export`` writes it beside the models.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from .art.subjects import LISTS
from .nn import shapes
from .train import checkpoint

#: As kept in the repository.
KEPT = LISTS.parent / "trained"
#: Parts of checkpoints that no model folder holds.
HEADS = {"vision": "heads.", "style": "head."}
STAGES = ("unet", "vae", "text", "vision", "style", "control")


def keep(out: Path, to: Path) -> None:
    """Writes heads and notes of a run's checkpoints to ``to``."""
    to.mkdir(parents=True, exist_ok=True)
    notes, heads = {}, {}
    for stage in STAGES:
        if not (out / f"{stage}.safetensors").exists():
            continue
        tensors, notes[stage] = checkpoint.load(out / f"{stage}.safetensors")
        if stage in HEADS:
            part = {k: v for k, v in tensors.items() if k.startswith(HEADS[stage])}
            heads |= {f"{stage}.{k}": v.half().contiguous() for k, v in part.items()}
    save_file(heads, to / "heads.safetensors", metadata={"format": "pt"})
    (to / "heads.safetensors").chmod(0o644)
    (to / "notes.json").write_text(json.dumps(notes, indent=2) + "\n")


def _marked(tensors: dict[str, Tensor], mark: str) -> dict[str, Tensor]:
    return {mark + k: v for k, v in tensors.items()}


def _heads(folder: Path, stage: str) -> dict[str, Tensor]:
    path, mark = folder / "heads.safetensors", f"{stage}."
    return {k[len(mark) :]: v for k, v in load_file(path).items() if k.startswith(mark)}


def unfolded(notes: dict[str, object]) -> None:
    """The autoencoder's weights stay folded: their latents are unit normal, and that is noted from now on."""
    zero, one = [0.0] * shapes.LATENT_CHANNELS, [1.0] * shapes.LATENT_CHANNELS
    notes |= {"folded": {k: notes[k] for k in ("mean", "deviation")}} if "folded" not in notes else {}
    notes |= {"mean": zero, "deviation": one}


def write(models: Path, out: Path, pack: Path) -> None:
    """Checkpoints of every stage but ``percept`` and ``examiner``, which are not shipped."""
    kept = models / "trained" if (models / "trained").exists() else KEPT
    notes = json.loads((kept / "notes.json").read_text())
    weights = "diffusion_pytorch_model.safetensors"
    clip = load_file(models / "judge-clip" / "model.safetensors")
    first, second = (load_file(models / "mini" / f"text_encoder{n}" / "model.safetensors") for n in ("", "_2"))
    stages = {
        "unet": load_file(models / "mini" / "unet" / weights),
        "vae": load_file(models / "mini" / "vae" / weights),
        "text": _marked(first, "first.") | _marked(second, "second."),
        "vision": _marked({k: v for k, v in clip.items() if k.startswith("vis")}, "tower.") | _heads(kept, "vision"),
        "style": _marked(load_file(models / "judge-style" / "model.safetensors"), "vit.") | _heads(kept, "style"),
    }
    if (models / "mini-control").exists():
        stages["control"] = load_file(models / "mini-control" / weights)
    unfolded(notes["vae"])
    for stage, tensors in stages.items():
        checkpoint.save(out / f"{stage}.safetensors", tensors, notes[stage])
        print(f"{stage:8} {notes[stage]['samples']:>12,} samples")
    if pack.exists():  # ids of tokens belong to the text encoders
        shutil.copytree(models / "mini" / "tokenizer", pack / "tokenizer", dirs_exist_ok=True)
