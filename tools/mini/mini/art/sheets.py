"""Stage ``sheets``: every core subject in random styles, and every style on a few subjects."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

from ..scene.compose import Renderer
from ..scene.plan import Planner
from ..scene.styles import STYLES
from ..scene.vocab import FULL
from .pack import drawings, load_sprites
from .sheet import sheet

SHOWN = ("fox", "castle", "guitar", "penguin", "hamburger", "sailboat")


def _named(path: Path, words: list[str], columns: int, cell: int) -> None:
    """Writes a word into the corner of every cell."""
    picture = Image.open(path)
    pen = ImageDraw.Draw(picture)
    for i, word in enumerate(words):
        pen.text((i % columns * cell + 2, i // columns * cell + 1), word, fill=(255, 0, 0))
    picture.save(path)


def _draw(planner: Planner, renderer: Renderer, pairs: list[tuple[int, int]]) -> Tensor:
    import torch

    parts = [pairs[i : i + 24] for i in range(0, len(pairs), 24)]
    drawn = [renderer.render(planner.portraits(part, plain=False)).styled for part in parts]
    return torch.cat([F.avg_pool2d(part, 2) for part in drawn])


def write(pack: Path, out: Path) -> None:
    """subjects-N.png (two random styles each) and styles.png, captioned."""
    found = drawings(pack)
    planner, renderer = Planner(found, 5, FULL), Renderer(load_sprites(pack, found), "cpu", 256, 5)
    pairs, words = [], []
    for subject in (s for s in planner.subjects if s.tier == "core"):
        styles = [t for t in planner.styles if subject.id in planner.choices[t]]
        pairs += [(subject.id, style) for style in planner.rng.sample(styles, 2)]
        words += [subject.noun, ""]
    for part in range(0, len(pairs), 154):
        path = out / f"subjects-{part // 154}.png"
        sheet(_draw(planner, renderer, pairs[part : part + 154]), 14, path)
        _named(path, words[part : part + 154], 14, 131)
    pairs, words = [], []
    for style, look in enumerate(STYLES):
        able = [planner.by_noun[n] for n in SHOWN if planner.by_noun[n] in planner.choices[style]]
        able = (able + planner.choices[style])[: len(SHOWN)]
        pairs += [(subject, style) for subject in able]
        words += [look.name] + [""] * (len(SHOWN) - 1)
    sheet(_draw(planner, renderer, pairs), 2 * len(SHOWN), out / "styles.png")
    _named(out / "styles.png", words, 2 * len(SHOWN), 131)
