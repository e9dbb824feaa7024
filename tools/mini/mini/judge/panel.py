"""The judges, loaded, and the questions they answer."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from ..art.subjects import all_subjects
from ..nn.clip import VisionTower
from ..nn.vit import Vit
from ..train import checkpoint, convnets, latents, pictures
from ..train.settings import Run

#: A judge below its mark is not to be quoted.
MARKS = {"examiner subject": 0.85, "examiner style": 0.90, "retrieval of 100": 0.80, "style neighbour": 0.90}


class Panel:
    """Examiner (subjects, styles, depth), picture-text judge and style encoder."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.examiner = convnets.load(run, "examiner")
        self.vision = self._restored(VisionTower(), "vision", "tower.")
        self.style = self._restored(Vit(), "style", "vit.")
        self.pair, self.tokens = latents.load_text(run)
        self.core = torch.tensor([s.id for s in all_subjects() if s.tier == "core"], device=run.device)

    def _restored(self, net: torch.nn.Module, name: str, prefix: str) -> torch.nn.Module:
        checkpoint.restore(net, self.run.out / f"{name}.safetensors", prefix)
        return checkpoint.frozen(net, self.run.device, self.run.dtype)

    def _each(self, net: torch.nn.Module, shown: Tensor) -> Tensor:
        parts = pictures.small(shown).split(256)
        return torch.cat([net(pictures.normalised(part, self.run.dtype)).float() for part in parts])

    @torch.no_grad()
    def examine(self, shown: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Best core subject, best style, depth [b, 1, 32, 32]."""
        subject, style, depth = [], [], []
        for part in pictures.small(shown).split(256):
            a = self.examiner(pictures.normalised(part, self.run.dtype))
            subject.append(self.core[a.subject[:, self.core].argmax(1)])
            style.append(a.style.argmax(1))
            depth.append(a.depth.float())
        return torch.cat(subject), torch.cat(style), torch.cat(depth)

    @torch.no_grad()
    def styles(self, shown: Tensor) -> Tensor:
        """Unit style vectors."""
        return F.normalize(self._each(self.style, shown), dim=-1)

    @torch.no_grad()
    def images(self, shown: Tensor) -> Tensor:
        """Unit picture vectors of the picture-text judge."""
        return F.normalize(self._each(self.vision, shown), dim=-1)

    @torch.no_grad()
    def texts(self, prompts: list[str]) -> Tensor:
        """Unit text vectors of the picture-text judge."""
        ids = torch.from_numpy(self.tokens.encode(prompts)).long().to(self.run.device)
        return F.normalize(self.pair.second(ids)[1].float(), dim=-1)


def note(out: Path, part: str, figures: dict[str, object]) -> None:
    """Merges a part into ``figures.json``, from which the model card is written."""
    path = out / "figures.json"
    with (out / "figures.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes may measure different parts
        known = json.loads(path.read_text()) if path.exists() else {}
        known[part] = figures
        path.write_text(json.dumps(known, indent=1))
