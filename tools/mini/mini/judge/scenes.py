"""The prompts and renderings that everything is graded on."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from ..art import pack as art_pack
from ..art.subjects import well_known
from ..nn.shapes import SIDE
from ..scene.compose import Pictures, Renderer
from ..scene.plan import Plan, Planner, prompt
from ..scene.styles import STYLE_ID, held_out
from ..scene.vocab import EASY
from ..train import pictures as feeding
from ..train.settings import TINY, Run

#: The eight styles of the subject figure, one of each family.
EIGHT = ("3d", "cartoon", "watercolour", "oil", "comic", "papercut", "neon", "pixel")
#: Styles with clean outlines, where edges can be compared at all.
CLEAN = ("3d", "flat", "cartoon", "sticker")


class Studio:
    """Renders real pictures for any list of (subject, style) pairs."""

    def __init__(self, run: Run) -> None:
        self.run, self.random = run, random.Random(77)
        drawings = feeding.chosen_drawings(run)
        self.planner = Planner(drawings, 77, EASY)
        self.renderer = Renderer(art_pack.load_sprites(run.pack, drawings), run.device, SIDE, 77)
        self.core = sorted({i for ids in self.planner.choices for i in ids})
        self.random.shuffle(self.core)
        self.core.sort(key=lambda i: i not in well_known())

    def subjects(self, count: int) -> list[int]:
        """Distinct core subjects, the well-known hundred first; fewer in a dry run."""
        return self.core[: min(count, len(self.core))]

    def can(self, subject: int, style: int) -> bool:
        """Whether some pack draws the subject for the style."""
        return subject in self.planner.choices[style]

    def grid(self, subjects: list[int], styles: tuple[str, ...]) -> list[tuple[int, int]]:
        """All pairs that can be drawn."""
        pairs = [(i, STYLE_ID[name]) for i in subjects for name in styles]
        pairs = [pair for pair in pairs if self.can(*pair)]
        return pairs[:2] if TINY else pairs

    def random_pairs(self, count: int, held: bool | None) -> list[tuple[int, int]]:
        """Pairs seen (False) or never seen (True) by the denoiser, or any (None)."""
        pairs: list[tuple[int, int]] = []
        while len(pairs) < self.run.pick(count, 2):
            style = self.random.choice(self.planner.styles)
            subject = self.random.choice(self.planner.choices[style])
            if held is None or held_out(subject, style) == held:
                pairs.append((subject, style))
        return pairs

    def prompts(self, pairs: list[tuple[int, int]]) -> list[str]:
        """The canonical prompts of pairs."""
        return [prompt(self.planner.subjects[subject], style) for subject, style in pairs]

    def render(self, pairs: list[tuple[int, int]], anywhere: bool = False) -> tuple[Pictures, Plan]:
        """Large and centred, or ``anywhere``, on quiet grounds; rendered in pieces of 64."""
        plans = [self.planner.portraits(pairs[i : i + 64], anywhere=anywhere) for i in range(0, len(pairs), 64)]
        parts = [self.renderer.render(plan) for plan in plans]
        joined = Pictures(*(torch.cat([getattr(p, f) for p in parts]) for f in ("styled", "clean", "mask", "depth")))
        return joined, plans[0]

    def labels(self, pairs: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """Subject and style ids on the device."""
        table = torch.tensor(pairs, device=self.run.device)
        return table[:, 0], table[:, 1]
