"""Stage ``judges``: how right the judges are on real renderings, before they grade anything."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from ..train.settings import Run, wake
from ..train.style import left_out
from .measures import rank_correlation, share_right
from .panel import MARKS, Panel, note
from .scenes import EIGHT, Studio


def _retrieval(panel: Panel, studio: Studio, rounds: int) -> float:
    """Top-1 among 100 captions, one picture of each of 100 subjects in a random style."""
    found = []
    for _ in range(rounds):
        pairs = []
        for subject in studio.subjects(100):
            styles = [s for s in studio.planner.styles if studio.can(subject, s)]
            pairs.append((subject, studio.random.choice(styles)))
        shown = panel.images(studio.render(pairs)[0].styled)
        best = (shown @ panel.texts(studio.prompts(pairs)).T).argmax(1)
        found.append(share_right(best, torch.arange(len(pairs), device=best.device)))
    return sum(found) / len(found)


def _zero_shot(panel: Panel, studio: Studio, pairs: list[tuple[int, int]], shown: torch.Tensor) -> float:
    """The picture-text judge naming the subject among all core nouns, without a style word."""
    nouns = [studio.planner.subjects[i].phrase() for i in panel.core.tolist()]
    best = panel.core[(panel.images(shown) @ panel.texts(nouns).T).argmax(1)]
    return share_right(best, studio.labels(pairs)[0])


def _neighbours(panel: Panel, studio: Studio, count: int) -> float:
    """Subjects the style encoder never saw: is the nearest picture of a seen subject of their style?"""
    pairs = studio.random_pairs(count, None)
    new = [p for p in pairs if left_out(p[0])] or pairs[:1]
    old = [p for p in pairs if not left_out(p[0])]
    query, gallery = (panel.styles(studio.render(part)[0].styled) for part in (new, old))
    nearest = studio.labels(old)[1][(query @ gallery.T).argmax(1)]
    return share_right(nearest, studio.labels(new)[1])


def run(run: Run) -> None:
    """Logs and notes every judge's figure beside its mark."""
    wake(run)
    panel, studio = Panel(run), Studio(run)
    pairs = studio.grid(studio.subjects(100), EIGHT)
    real, _ = studio.render(pairs)
    subject, style, depth = panel.examine(real.styled)
    wanted = studio.labels(pairs)
    any_pairs = studio.random_pairs(1024, None)
    any_subject, any_style, _ = panel.examine(studio.render(any_pairs)[0].styled)
    wanted_any = studio.labels(any_pairs)
    figures = {
        "examiner subject": share_right(subject, wanted[0]),
        "examiner style": share_right(style, wanted[1]),
        "examiner subject, all styles": share_right(any_subject, wanted_any[0]),
        "examiner style, all styles": share_right(any_style, wanted_any[1]),
        "examiner depth, rank correlation": rank_correlation(depth, F.avg_pool2d(real.depth, 8)),
        "retrieval of 100": _retrieval(panel, studio, run.pick(10, 1)),
        "subject by text": _zero_shot(panel, studio, pairs, real.styled),
        "style neighbour": _neighbours(panel, studio, 4096),
    }
    for name, value in figures.items():
        mark = MARKS.get(name)
        verdict = "" if mark is None else f"  (mark {mark:.2f}: {'passed' if value >= mark else 'NOT PASSED'})"
        run.log(f"{name:34} {value:.3f}{verdict}")
    note(run.out, "judges", figures)
