"""Shipped models to checkpoints and back: not a byte of a model may change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from mini import export, take
from mini.nn import clip, shapes
from mini.nn.unet import ControlNet, Unet
from mini.nn.vae import Vae
from mini.text.tokens import Tokens
from mini.train import checkpoint
from mini.train.style import Student
from mini.train.text import Heads

MODELS = Path(__file__).parents[3] / "models"


def _run(out: Path, tokens: Tokens) -> None:
    """A run's checkpoints with random weights, the autoencoder's latents far from unit normal."""
    pair = clip.TextPair(shapes.TEXT_1, shapes.TEXT_2, len(tokens), tokens.end)
    seen = {f"tower.{k}": v for k, v in clip.VisionTower().state_dict().items()}
    seen |= {f"heads.{k}": v for k, v in Heads().state_dict().items()}
    statistics = {"mean": [0.4, -0.6, 0.2, 0.1], "deviation": [2.0, 1.9, 1.7, 3.3]}
    for name, state, more in (
        ("unet", Unet().state_dict(), {"tiers": ["core"]}), ("vae", Vae().state_dict(), statistics),
        ("text", pair.state_dict(), {}), ("vision", seen, {}), ("style", Student().state_dict(), {}),
        ("control", ControlNet().state_dict(), {}),
    ):  # fmt: skip
        checkpoint.save(out / f"{name}.safetensors", state, {"samples": 7, **more})


def _bytes(folder: Path) -> dict[str, bytes]:
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in ("notes.json", "MODEL_CARD.md")]
    return {str(p.relative_to(folder)): p.read_bytes() for p in paths}


def test_models_become_checkpoints_and_the_same_models_again(tmp_path):
    torch.manual_seed(3)
    pack, run, again = tmp_path / "pack", tmp_path / "run", tmp_path / "again"
    shutil.copytree(MODELS / "mini" / "tokenizer", pack / "tokenizer")
    _run(run, Tokens(pack / "tokenizer"))
    export.write(pack, run, tmp_path / "first")
    take.write(tmp_path / "first", again, pack)
    export.write(pack, again, tmp_path / "second")
    first, second = _bytes(tmp_path / "first"), _bytes(tmp_path / "second")
    assert "mini-control/diffusion_pytorch_model.safetensors" in first
    assert first == second
    for stage in set(take.STAGES) - {"vae"}:
        (before, noted), (after, now) = (checkpoint.load(p / f"{stage}.safetensors") for p in (run, again))
        assert noted == now and before.keys() == after.keys()
        assert all(torch.equal(before[key], after[key]) for key in before)


def test_the_autoencoder_keeps_its_pictures_and_its_statistics(tmp_path):
    torch.manual_seed(4)
    vae = Vae()
    notes = {"samples": 7, "mean": [0.4, -0.6, 0.2, 0.1], "deviation": [2.0, 1.9, 1.7, 3.3]}
    folded = Vae()
    folded.load_state_dict(vae.state_dict())
    folded.fold(torch.tensor(notes["mean"]), torch.tensor(notes["deviation"]))
    known = json.loads(json.dumps(notes))
    take.unfolded(known)
    again = Vae()
    again.load_state_dict(folded.state_dict())
    again.fold(torch.tensor(known["mean"]), torch.tensor(known["deviation"]))
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in folded.state_dict().items())
    assert known["folded"] == {k: notes[k] for k in ("mean", "deviation")}
