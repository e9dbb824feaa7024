"""The words of a scene: colours, places, caption templates, and how often each thing happens."""

from __future__ import annotations

from dataclasses import dataclass, replace

RGB = tuple[float, float, float]

COLOURS: dict[str, RGB] = {
    "red": (0.86, 0.12, 0.14),
    "orange": (0.96, 0.52, 0.10),
    "yellow": (0.98, 0.83, 0.16),
    "green": (0.18, 0.62, 0.26),
    "teal": (0.10, 0.60, 0.60),
    "blue": (0.16, 0.38, 0.84),
    "purple": (0.50, 0.22, 0.72),
    "pink": (0.96, 0.50, 0.70),
    "brown": (0.46, 0.28, 0.16),
    "black": (0.10, 0.10, 0.12),
    "white": (0.96, 0.96, 0.96),
    "gray": (0.55, 0.56, 0.58),
}
COLOUR_NAMES = tuple(COLOURS)


@dataclass(frozen=True)
class Scene:
    """A place: how it is named, its sky and ground gradients, and what stands about in it."""

    name: str
    phrases: tuple[str, ...]
    sky: tuple[RGB, RGB]
    ground: tuple[RGB, RGB]
    horizon: float
    standing: tuple[str, ...] = ()
    flying: tuple[str, ...] = ()


SCENES: tuple[Scene, ...] = (
    Scene("meadow", ("in a meadow", "in a flower field", "on green grass"),
          ((0.42, 0.72, 0.95), (0.80, 0.92, 0.98)), ((0.52, 0.78, 0.34), (0.30, 0.60, 0.22)), 0.62,
          ("tulip", "sunflower", "daisy", "rose", "seedling", "herb"), ("cloud", "sun")),
    Scene("forest", ("in a forest", "in the woods", "among trees"),
          ((0.50, 0.72, 0.62), (0.72, 0.84, 0.70)), ((0.28, 0.48, 0.24), (0.18, 0.34, 0.16)), 0.60,
          ("pine tree", "tree", "pine tree", "tree", "mushroom", "herb")),
    Scene("beach", ("on a beach", "at the beach", "on the sand by the sea"),
          ((0.38, 0.74, 0.96), (0.72, 0.90, 0.98)), ((0.96, 0.86, 0.62), (0.90, 0.76, 0.48)), 0.58,
          ("palm tree", "seashell", "palm tree", "beach with umbrella"), ("sun", "cloud")),
    Scene("desert", ("in a desert", "in the desert"),
          ((0.98, 0.78, 0.48), (0.99, 0.90, 0.70)), ((0.92, 0.70, 0.40), (0.80, 0.54, 0.28)), 0.60,
          ("cactus", "cactus"), ("sun",)),
    Scene("snow", ("in the snow", "in winter", "in a snowy landscape"),
          ((0.62, 0.76, 0.90), (0.86, 0.92, 0.97)), ((0.96, 0.97, 0.99), (0.82, 0.88, 0.95)), 0.60,
          ("pine tree", "pine tree", "snowman"), ("snowflake", "snowflake", "snowflake")),
    Scene("city", ("in a city", "on a city street", "downtown"),
          ((0.56, 0.70, 0.86), (0.88, 0.88, 0.86)), ((0.48, 0.49, 0.52), (0.36, 0.37, 0.40)), 0.66,
          ("skyscraper", "skyscraper", "house", "school"), ("cloud",)),
    Scene("space", ("in space", "in outer space", "among the stars"),
          ((0.03, 0.03, 0.10), (0.08, 0.06, 0.22)), ((0.08, 0.06, 0.22), (0.14, 0.08, 0.28)), 0.70,
          (), ("star", "star", "planet", "comet", "star", "full moon")),
    Scene("underwater", ("underwater", "under the sea", "in the ocean"),
          ((0.20, 0.62, 0.86), (0.10, 0.42, 0.74)), ((0.08, 0.32, 0.62), (0.05, 0.20, 0.44)), 0.60,
          ("coral", "seashell"), ("bubbles", "tropical fish", "bubbles", "fish")),
    Scene("mountains", ("in the mountains", "in front of a mountain"),
          ((0.46, 0.70, 0.92), (0.86, 0.92, 0.96)), ((0.44, 0.64, 0.38), (0.30, 0.48, 0.26)), 0.62,
          ("mountain", "mountain", "pine tree"), ("cloud",)),
    Scene("sunset", ("at sunset", "at dusk"),
          ((0.36, 0.22, 0.52), (0.98, 0.58, 0.30)), ((0.26, 0.18, 0.30), (0.14, 0.10, 0.20)), 0.66,
          (), ("sun", "cloud")),
    Scene("night", ("at night", "under the night sky", "under the moon"),
          ((0.05, 0.07, 0.20), (0.14, 0.18, 0.38)), ((0.10, 0.16, 0.20), (0.05, 0.09, 0.12)), 0.66,
          ("pine tree", "house"), ("moon", "star", "star", "star")),
    Scene("sky", ("in the sky", "flying in the clouds", "above the clouds"),
          ((0.28, 0.58, 0.94), (0.70, 0.88, 0.99)), ((0.70, 0.88, 0.99), (0.86, 0.95, 1.0)), 0.75,
          (), ("cloud", "cloud", "cloud", "cloud")),
    Scene("autumn", ("in autumn", "in a park in autumn"),
          ((0.86, 0.86, 0.80), (0.97, 0.90, 0.76)), ((0.80, 0.52, 0.22), (0.62, 0.36, 0.16)), 0.62,
          ("maple leaf", "leafless tree", "maple leaf", "mushroom"), ("maple leaf", "maple leaf")),
    Scene("room", ("in a room", "indoors", "in a cozy room"),
          ((0.90, 0.82, 0.70), (0.94, 0.87, 0.76)), ((0.58, 0.40, 0.26), (0.48, 0.32, 0.20)), 0.70,
          ("potted plant", "chair", "couch and lamp"), ("framed picture", "window")),
    Scene("rain", ("in the rain", "on a rainy day"),
          ((0.42, 0.47, 0.54), (0.62, 0.66, 0.70)), ((0.38, 0.42, 0.44), (0.28, 0.32, 0.34)), 0.66,
          (), ("rain cloud", "water drop", "water drop", "rain cloud", "water drop")),
    Scene("party", ("at a party", "with balloons"),
          ((0.98, 0.80, 0.88), (0.99, 0.90, 0.80)), ((0.80, 0.62, 0.86), (0.70, 0.52, 0.80)), 0.72,
          ("gift",), ("balloon", "balloon", "confetti ball", "balloon")),
)  # fmt: skip

#: Prop heights as fractions of the picture, for those unlike the usual (0.16, 0.34).
PROP_SIZES: dict[str, tuple[float, float]] = {
    "mountain": (0.34, 0.52), "skyscraper": (0.34, 0.52),
    "pine tree": (0.26, 0.46), "tree": (0.26, 0.46), "palm tree": (0.26, 0.46), "leafless tree": (0.26, 0.46),
    "star": (0.05, 0.13), "water drop": (0.05, 0.13), "snowflake": (0.05, 0.13), "bubbles": (0.05, 0.13),
    "sun": (0.12, 0.22), "moon": (0.12, 0.22), "cloud": (0.14, 0.24), "rain cloud": (0.14, 0.24),
}  # fmt: skip

#: {s}: what and where; {p}: the style's phrase. The first is the one our own prompts use.
TEMPLATES = (
    "{s}, {p}", "{s}, {p}", "{s}, {p}", "{p} of {s}", "{s} in {p} style", "{s}. {p}", "{s}. {p}.",
    "{s}, {p} style", "a {p} of {s}", "{p}, {s}",
)  # fmt: skip


@dataclass(frozen=True)
class Mix:
    """How often things happen in a batch of plans (probabilities)."""

    two: float
    tiny: float
    huge: float
    aside: float
    tint: float
    scene: float
    plain: float
    other_word: float = 0.10
    unnamed_style: float = 0.14
    style_only: float = 0.03
    #: How many times as often as others: well-known subjects; styles that leave shapes clear.
    known: float = 1.0
    calm: float = 1.0
    #: One subject anywhere, at any size, with no word about it: what a control map is there to say.
    spread: float = 0.0


#: The first minutes: what teaches shapes soonest.
FIRST = Mix(
    two=0.0, tiny=0.0, huge=0.03, aside=0.0, tint=0.05, scene=0.12, plain=0.50,
    other_word=0.08, unnamed_style=0.08, style_only=0.02, known=2.0, calm=3.0,
)  # fmt: skip
#: First half of training: one subject, large and central, few scenes.
EASY = Mix(two=0.0, tiny=0.0, huge=0.04, aside=0.0, tint=0.10, scene=0.20, plain=0.48)
#: Everything.
FULL = Mix(two=0.12, tiny=0.05, huge=0.05, aside=0.07, tint=0.13, scene=0.40, plain=0.40)
SPREAD = replace(FULL, scene=0.25, spread=0.40)
MIXES = {"first": FIRST, "easy": EASY, "full": FULL, "spread": SPREAD}
