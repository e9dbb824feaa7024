"""Stage ``references``: pictures that lend their style, drawn and not painted, and the list that names them.

Twenty subjects in twenty styles, no pair of which the denoiser has seen, each with three other subjects to be
painted in its style: what ``predella bench paper --references`` reads.
"""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image

from ..scene.compose import Renderer
from ..scene.plan import Planner
from ..scene.styles import STYLES, held_out
from ..scene.vocab import EASY
from .pack import Drawing, drawings, load_sprites
from .sources import all_sources
from .subjects import well_known

COUNT, OTHERS = 20, 3
HEAD = """# Pictures that lend their style: PICTURE | CAPTION | STYLE | SUBJECT | SUBJECT | SUBJECT
# predella bench paper --references tools/bench/references/list.txt --steps 50
# Drawn by `python -m mini references` of tools/mini, seed {seed}; pairs that the small model never saw.
# Above each picture stands the set that its drawing is from; it was composed and filtered.
"""


def pairs(planner: Planner, rng: random.Random) -> list[tuple[int, int]]:
    """Well-known subjects and styles, each once, in pairs kept from the denoiser."""
    known, found = sorted(well_known()), []
    for style in rng.sample(planner.styles, len(planner.styles)):
        taken = {subject for subject, _ in found}
        able = [i for i in planner.choices[style] if i in known and held_out(i, style) and i not in taken]
        if able and len(found) < COUNT:
            found.append((rng.choice(able), style))
    return found


def others(planner: Planner, lent: list[int], rng: random.Random) -> list[list[int]]:
    """For each picture subjects of other kinds than its own and each other's, none twice while there are any."""
    deck: list[int] = []
    sets = []
    for subject in lent:
        chosen: list[int] = []
        while len(chosen) < OTHERS:
            kinds = {planner.subjects[i].kind for i in [subject, *chosen]}
            fitting = [i for i in deck if planner.subjects[i].kind not in kinds]
            if not fitting:
                deck += rng.sample(sorted(well_known()), len(well_known()))
                continue
            chosen.append(fitting[0])
            deck.remove(fitting[0])
        sets.append(chosen)
    return sets


def write(pack: Path, out: Path, seed: int) -> None:
    """The pictures and ``list.txt``; the same seed writes the same."""
    found: list[Drawing] = drawings(pack)
    planner, rng = Planner(found, seed, EASY), random.Random(seed)
    chosen = pairs(planner, rng)
    sets = others(planner, [subject for subject, _ in chosen], rng)
    plan = planner.portraits(chosen)
    drawn = Renderer(load_sprites(pack, found), "cpu", 256, seed).render(plan).styled
    pixels = (drawn.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    out.mkdir(parents=True, exist_ok=True)
    lines = [HEAD.format(seed=seed)]
    made_by = {source.pack: f"{source.author}: {source.licence}" for source in all_sources()}
    for (subject, style), rest, slot, picture in zip(chosen, sets, plan.sprite[:, 0], pixels, strict=True):
        name = f"{planner.subjects[subject].noun}-{STYLES[style].name}.jpg".replace(" ", "-")
        Image.fromarray(picture).save(out / name, quality=90, subsampling=0, optimize=True)
        words = [planner.subjects[i].phrase() for i in (subject, *rest)]
        caption = " | ".join([name, words[0], STYLES[style].phrases[0], *words[1:]])
        lines.append(f"# {made_by[found[slot].pack]}\n{caption}\n")
    (out / "list.txt").write_text("".join(lines), encoding="utf8")
