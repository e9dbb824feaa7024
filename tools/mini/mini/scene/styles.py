"""The register of styles: a name, how it is drawn, how people ask for it, and which art it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from . import styles_craft as craft
from . import styles_light as light
from . import styles_paint as paint
from . import styles_print as press

#: Packs in full colour, which every drawn style may start from.
COLOUR_PACKS = ("noto", "twemoji", "fluent-emoji-flat", "fluent-3d", "noto-v1", "fxemoji")

#: Those without soft shading, for styles that break a gradient into steps.
FLAT_PACKS = ("noto", "twemoji", "fluent-emoji-flat", "noto-v1", "fxemoji")

Draw = Callable[[Tensor, Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Style:
    """A look. ``phrases[0]`` is its canonical name in prompts; ``draw`` None leaves the art as is."""

    name: str
    draw: Draw | None
    phrases: tuple[str, ...]
    packs: tuple[str, ...] = COLOUR_PACKS
    #: The art is black, so that it needs a light ground.
    light_ground: bool = False


#: A style's id is its place here; new ones go to the end, so that classifier heads keep theirs.
STYLES: tuple[Style, ...] = (
    Style("3d", None, ("3d render", "3d model", "glossy 3d render", "cgi render"), ("fluent-3d",)),
    Style("flat", None, ("flat vector", "flat design", "flat illustration"), ("fluent-emoji-flat", "twemoji")),
    Style("cartoon", None, ("cartoon", "cartoon illustration", "clip art"), ("noto", "noto-v1", "fxemoji")),
    Style("stencil", None, ("black silhouette icon", "stencil", "glyph icon"), ("fluent-emoji-high-contrast",), True),
    Style("doodle", None, ("outlined doodle", "doodle", "line icon"), ("streamline-emojis",)),
    Style("watercolour", paint.watercolour, ("watercolor painting", "watercolour", "watercolor", "aquarelle")),
    Style("gouache", paint.gouache, ("gouache painting", "gouache", "poster paint"), FLAT_PACKS),
    Style("oil", paint.oil, ("oil painting", "oil on canvas", "impasto painting")),
    Style("pencil", paint.pencil, ("pencil sketch", "pencil drawing", "graphite sketch")),
    Style("crayon", paint.crayon, ("crayon drawing", "wax crayon", "crayon")),
    Style("chalk", paint.chalk, ("chalkboard drawing", "chalk drawing", "chalk on blackboard")),
    Style("pointillism", paint.pointillism, ("pointillism", "pointillist painting", "painted with dots")),
    Style("pastel", paint.pastel, ("soft pastel drawing", "pastel drawing", "chalk pastel")),
    Style("graffiti", paint.spray, ("graffiti", "spray paint on brick wall", "street art mural")),
    Style("lineart", press.line_art, ("ink line art", "line art", "coloring book page", "black ink outline")),
    Style("comic", press.comic, ("comic book", "pop art", "halftone comic"), FLAT_PACKS),
    Style("blueprint", press.blueprint, ("blueprint", "technical blueprint", "architectural blueprint")),
    Style("linocut", press.linocut, ("linocut print", "linocut", "block print")),
    Style("engraving", press.engraving, ("engraving", "banknote engraving", "line engraving")),
    Style("risograph", press.risograph, ("risograph print", "riso print", "two color halftone")),
    Style("ukiyoe", press.woodblock, ("ukiyo e print", "japanese woodblock print", "ukiyo e")),
    Style("sepia", press.sepia, ("sepia photograph", "vintage photo", "old sepia photo")),
    Style("poster", press.screen_print, ("screen print poster", "screen print", "silkscreen poster"), FLAT_PACKS),
    Style("stained", craft.stained_glass, ("stained glass", "stained glass window", "leaded glass")),
    Style("mosaic", craft.mosaic, ("mosaic tiles", "tile mosaic", "mosaic")),
    Style("crossstitch", craft.cross_stitch, ("cross stitch", "cross stitch embroidery", "embroidery"), FLAT_PACKS),
    Style("knitted", craft.knitted, ("knitted wool", "knitted", "wool sweater pattern")),
    Style("felt", craft.felt, ("felt applique", "felt craft", "felt fabric")),
    Style("clay", craft.clay, ("claymation", "clay model", "plasticine")),
    Style("papercut", craft.paper_cut, ("paper cut", "layered paper", "paper craft"), FLAT_PACKS),
    Style("gold", craft.gold, ("gold relief", "embossed gold", "golden engraving")),
    Style("lowpoly", craft.low_poly, ("low poly", "low poly art", "polygon art")),
    Style("sticker", craft.sticker, ("die cut sticker", "sticker", "vinyl sticker")),
    Style("woodburn", craft.wood_burn, ("wood burning", "pyrography", "burned into wood")),
    Style("pixel", light.pixel_art, ("pixel art", "8 bit pixel art", "retro game sprite")),
    Style("neon", light.neon, ("neon sign", "neon lights", "glowing neon")),
    Style("thermal", light.thermal, ("thermal camera", "infrared heat map", "thermal image")),
    Style("vaporwave", light.vaporwave, ("vaporwave", "synthwave", "retro wave")),
    Style("glitch", light.glitch, ("glitch art", "glitch", "vhs glitch")),
    Style("led", light.led, ("led display", "led matrix", "dot matrix display")),
    Style("xray", light.x_ray, ("x ray", "x ray scan", "x ray image")),
    Style("noir", light.noir, ("film noir", "black and white photo", "noir photograph")),
    Style("hologram", light.hologram, ("hologram", "holographic projection", "sci fi hologram")),
)  # fmt: skip
#: Styles in which shapes stay clear, and those that hide them behind a coarse pattern.
CALM = ("3d", "flat", "cartoon", "doodle", "watercolour", "gouache", "oil", "comic", "papercut", "pixel", "neon",
        "lineart", "sticker", "clay", "pencil", "felt")  # fmt: skip
COARSE = ("led", "engraving", "pointillism", "crossstitch", "mosaic", "glitch")
STYLE_ID = {style.name: i for i, style in enumerate(STYLES)}


def draw(x: Tensor, mask: Tensor, runs: list[tuple[int, int, int]], rng: torch.Generator) -> Tensor:
    """Draws rows ``start:stop`` of the batch in style ``id`` for every run (id, start, stop)."""
    out = []
    for style, start, stop in runs:
        look = STYLES[style].draw
        rows = x[start:stop]
        out.append(rows if look is None else look(rows, mask[start:stop], rng).clamp(0, 1))
    return torch.cat(out)


def held_out(subject: int, style: int) -> bool:
    """One pair in eleven never reaches the denoiser, to measure what it makes of new pairs."""
    return (subject * 7 + style * 13) % 11 == 0
