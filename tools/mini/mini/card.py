"""The model card: what the model is, what it was made from, and its figures."""

from __future__ import annotations

import json
from pathlib import Path

from .art.sources import all_sources
from .art.subjects import LISTS, of_tiers
from .scene.styles import STYLES

_HEAD = """# mini

A miniature SDXL in the diffusers layout: 256 x 256 pictures, half-precision weights, {subjects} subjects and \
{styles} styles. It was made for predella, to be there without a download and to be fast on a processor.
It knows only the words in `vocabulary.json`; others are guessed from sentence vectors, at times well.

Read from its files: `model_max_length` 48, end-of-text ids, `scaling_factor` 1.0 (the latents' statistics are in \
the quant convolutions), DDIM with leading spacing and offset 1, time ids (256, 256, 0, 0, 256, 256).

The judges (`judge-clip`, `judge-style`) learnt from the same renderer as the model. The style encoder is \
self-supervised except that half of its pairs are two pictures of one style, known from the renderer. Subjects and \
styles below are graded by a network that took no part in any training.

## Figures
"""


def _figures(out: Path) -> str:
    path = out / "figures.json"
    if not path.exists():
        return "Not measured.\n"
    lines = []
    for part, figures in json.loads(path.read_text()).items():
        lines += [f"### {part}", "", "| | |", "| --- | ---: |"]
        for name, value in figures.items():
            shown = f"{value:.3f}" if isinstance(value, float) else ("yes" if value else "no")
            lines.append(f"| {name} | {shown} |")
        lines.append("")
    return "\n".join(lines)


def _sources() -> str:
    rows = [f"| {s.package} {s.version} | {s.licence} | {s.author} |" for s in all_sources()]
    return "\n".join(["| package | licence | author |", "| --- | --- | --- |", *rows])


def write(out: Path) -> str:
    """The whole card as Markdown."""
    head = _HEAD.format(subjects=len(of_tiers(("core",))), styles=len(STYLES))
    notices = (LISTS / "notices.md").read_text(encoding="utf8")
    made = (
        "\n## Made from\nPictures composed and redrawn from these drawings (so changed in every case), "
        "with captions of our own:\n\n"
    )
    return head + _figures(out) + made + _sources() + "\n\n" + notices
