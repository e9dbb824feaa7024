"""Plans: everything random about a batch of pictures, in numpy, with the captions that tell it.

Places are (x, y, scale, rotation, flip); x and y in -1..1, scale 1 filling the picture.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

from ..art.pack import Drawing
from ..art.subjects import Subject, all_subjects, well_known
from .styles import CALM, COARSE, COLOUR_PACKS, STYLES, held_out
from .vocab import COLOUR_NAMES, COLOURS, PROP_SIZES, SCENES, TEMPLATES, Mix

#: Subjects and props a picture can hold.
SLOTS, PROPS = 2, 6
_ABSENT = (0.0, 0.0, 0.0, 0.0, 1.0)


@dataclass
class Plan:
    """A batch of n pictures. Label -1: none (no scene) or more than one (two subjects)."""

    captions: list[str]
    subject: np.ndarray
    style: np.ndarray
    scene: np.ndarray
    names_style: np.ndarray
    runs: list[tuple[int, int, int]]
    sprite: np.ndarray
    place: np.ndarray
    tint: np.ndarray
    prop: np.ndarray
    prop_place: np.ndarray
    ground: np.ndarray
    horizon: np.ndarray
    tokens: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int16))

    def __len__(self) -> int:
        return len(self.captions)


@dataclass
class _Picture:
    """One row of a plan while it is being made."""

    style: int
    body: str = ""
    tail: str = ""
    subject: int = -1
    scene: int = -1
    sprites: list[tuple[int, tuple, int]] = field(default_factory=list)
    props: list[tuple[int, tuple]] = field(default_factory=list)
    ground: np.ndarray = field(default_factory=lambda: np.ones((4, 3), np.float32))
    horizon: float = 0.99


class Planner:
    """Draws plans from the sprites at hand; the same seed gives the same plans."""

    def __init__(self, drawings: list[Drawing], seed: int, mix: Mix, tiers: tuple[str, ...] = ("core",)):
        self.rng, self.mix, self.subjects = random.Random(seed), mix, all_subjects()
        self.of: dict[int, dict[str, list[int]]] = {}
        for slot, drawing in enumerate(drawings):
            self.of.setdefault(drawing.subject, {}).setdefault(drawing.pack, []).append(slot)
        self.by_noun = {s.noun: s.id for s in self.subjects}
        main = [s.id for s in self.subjects if s.tier in tiers and s.id in self.of]
        self.choices = [[i for i in main if self._sprites(i, style)] for style in range(len(STYLES))]
        self.styles = [style for style, ids in enumerate(self.choices) if ids]
        self.shares = [self._share(style) for style in self.styles]
        known = well_known()
        self.chances = [[mix.known if i in known else 1.0 for i in ids] for ids in self.choices]

    def _share(self, style: int) -> float:
        name = STYLES[style].name
        return self.mix.calm if name in CALM else 1 / self.mix.calm if name in COARSE else 1.0

    def _sprites(self, subject: int, style: int) -> list[int]:
        packs = self.of.get(subject, {})
        return [slot for pack in STYLES[style].packs for slot in packs.get(pack, ())]

    def batch(self, count: int, run: int, allow_held_out: bool) -> Plan:
        """``count`` random pictures, in runs of ``run`` pictures of one style."""
        pictures = []
        while len(pictures) < count:
            style = self.rng.choices(self.styles, self.shares)[0]
            pictures += [self._random(style, allow_held_out) for _ in range(min(run, count - len(pictures)))]
        return self._pack(pictures, [self._caption(p) for p in pictures])

    def portraits(self, pairs: list[tuple[int, int]], plain: bool = True, anywhere: bool = False) -> Plan:
        """One subject a picture, large and centred or ``anywhere``, captioned in the canonical words."""
        pictures, captions = [], []
        for subject, style in pairs:
            p = _Picture(style)
            slot = self.rng.choice(self._sprites(subject, style))
            p.subject, p.body = subject, self.subjects[subject].phrase()
            place = self._centre(0.70, 0.92, self.subjects[subject].noun)
            p.sprites = [(slot, (*self._anywhere(), *place[3:]) if anywhere else place, -1)]
            self._backdrop(p, 0.0 if plain else self.mix.scene)
            pictures.append(p)
            captions.append((prompt(self.subjects[subject], style), True))
        return self._pack(pictures, captions)

    def _random(self, style: int, allow_held_out: bool) -> _Picture:
        p, mix = _Picture(style), self.mix
        if self.rng.random() < mix.two:
            self._two(p, allow_held_out)
        else:
            self._one(p, allow_held_out)
        self._backdrop(p, mix.scene)
        return p

    def _pick(self, style: int, allow_held_out: bool) -> Subject:
        while True:
            subject = self.rng.choices(self.choices[style], self.chances[style])[0]
            if allow_held_out or not held_out(subject, style):
                return self.subjects[subject]

    def _word(self, subject: Subject) -> str:
        others = subject.other_words
        return self.rng.choice(others) if others and self.rng.random() < self.mix.other_word else subject.noun

    def _flip(self, noun: str) -> float:
        """Mirrors half of the pictures, except of things with a handedness that shows."""
        return 1.0 if noun in ("piano", "book", "television", "alarm clock") else self.rng.choice((1.0, -1.0))

    def _centre(self, small: float, large: float, noun: str) -> tuple:
        r = self.rng
        return (
            r.uniform(-0.06, 0.06),
            r.uniform(-0.05, 0.08),
            r.uniform(small, large),
            r.uniform(-0.09, 0.09),
            self._flip(noun),
        )

    def _anywhere(self) -> tuple[float, float, float]:
        """A place and a size that keep the subject whole."""
        scale = self.rng.uniform(0.42, 0.80)
        return *(self.rng.uniform(-1, 1) * (1.02 - scale) for _ in range(2)), scale

    def _one(self, p: _Picture, allow_held_out: bool) -> None:
        r, mix = self.rng, self.mix
        subject = self._pick(p.style, allow_held_out)
        slot = r.choice(self._sprites(subject.id, p.style))
        x, y, scale, turn, flip = self._centre(0.70, 0.92, subject.noun)
        adjective, u = "", r.random()
        if u < mix.tiny:
            scale, adjective = r.uniform(0.28, 0.42), r.choice(("tiny", "small", "little"))
            x, y = r.uniform(-0.4, 0.4), r.uniform(-0.2, 0.45)
        elif u < mix.tiny + mix.huge:
            scale, adjective = r.uniform(1.05, 1.3), r.choice(("huge", "giant", "big"))
        elif u < mix.tiny + mix.huge + mix.aside:
            scale, x = r.uniform(0.42, 0.56), r.choice((-1, 1)) * r.uniform(0.36, 0.48)
            p.tail = " on the left" if x < 0 else " on the right"
        elif u < mix.tiny + mix.huge + mix.aside + mix.spread:
            x, y, scale = self._anywhere()
        tint = -1
        if r.random() < mix.tint:
            tint = r.randrange(len(COLOUR_NAMES))
            adjective = f"{adjective} {COLOUR_NAMES[tint]}".strip()
        p.subject, p.body = subject.id, subject.phrase(adjective, self._word(subject))
        p.sprites = [(slot, (x, y, scale, turn, flip), tint)]

    def _two(self, p: _Picture, allow_held_out: bool) -> None:
        """Two subjects: side by side, in a named order, or one above the other."""
        r = self.rng
        pair = [self._pick(p.style, allow_held_out) for _ in range(2)]
        words = [s.phrase("", self._word(s)) for s in pair]
        scale, how = r.uniform(0.44, 0.54), r.random()
        if how < 0.75:
            spots = [(-0.46, r.uniform(-0.05, 0.15)), (0.46, r.uniform(-0.05, 0.15))]
            named = f"{words[0]} on the left and {words[1]} on the right"
            p.body = named if how < 0.35 else f"{words[0]} and {words[1]}"
        else:
            spots, p.body = (
                [(r.uniform(-0.1, 0.1), -0.48), (r.uniform(-0.1, 0.1), 0.46)],
                f"{words[0]} above {words[1]}",
            )
        for subject, (x, y) in zip(pair, spots, strict=True):
            slot = r.choice(self._sprites(subject.id, p.style))
            p.sprites.append((slot, (x, y, scale, r.uniform(-0.07, 0.07), self._flip(subject.noun)), -1))

    def _backdrop(self, p: _Picture, scene: float) -> None:
        self._ground(p, scene)
        if STYLES[p.style].light_ground:
            p.ground = 0.40 * p.ground + 0.60

    def _ground(self, p: _Picture, scene: float) -> None:
        u = self.rng.random()
        if u < scene:
            self._scene(p)
        elif u < scene + (1 - scene) * self.mix.plain:
            self._plain(p)
        else:
            white = self.rng.uniform(0.86, 0.99)
            p.ground, p.horizon = np.full((4, 3), white, np.float32), 0.72
            p.ground[2:] -= 0.06
            if self.rng.random() < 0.3:
                p.tail += self.rng.choice((" on a plain background", " on a white background", " isolated on white"))

    def _plain(self, p: _Picture) -> None:
        name = self.rng.choice(COLOUR_NAMES)
        tone = np.clip(np.array(COLOURS[name]) + [self.rng.gauss(0, 0.04) for _ in range(3)], 0, 1)
        pale = self.rng.random() < 0.5
        p.ground = np.tile((tone * 0.55 + 0.45 if pale else tone).astype(np.float32), (4, 1))
        if self.rng.random() < 0.55:
            shown = "gray" if pale and name == "black" else name
            light = "light " if pale and name not in ("white", "black") and self.rng.random() < 0.5 else ""
            p.tail += f" on a {light}{shown} background"

    def _scene(self, p: _Picture) -> None:
        r = self.rng
        p.scene = r.randrange(len(SCENES))
        scene = SCENES[p.scene]
        jitter = np.array([[r.gauss(0, 0.03) for _ in range(3)] for _ in range(4)])
        p.ground = np.clip(np.array(scene.sky + scene.ground) + jitter, 0, 1).astype(np.float32)
        p.horizon = scene.horizon + r.uniform(-0.06, 0.06)
        level = p.horizon * 2 - 1
        for names, in_sky in ((scene.standing, False), (scene.flying, True)):
            for noun in r.sample(names, len(names)):
                slots = self._prop_sprites(noun, p.style)
                if len(p.props) == PROPS or not slots or r.random() < 0.22:
                    continue
                size = r.uniform(*PROP_SIZES.get(noun, (0.10, 0.24) if in_sky else (0.16, 0.34)))
                x = r.choice((-1, 1)) * r.uniform(0.38, 0.98)
                high = r.uniform(-0.92, min(-0.1, level - 0.35))
                y = high if in_sky else level - size * 0.75 + r.uniform(0, 0.10)
                p.props.append((r.choice(slots), (x, y, size, 0.0, r.choice((1.0, -1.0)))))
        if r.random() < 0.88:
            p.tail += " " + r.choice(scene.phrases)

    def _prop_sprites(self, noun: str, style: int) -> list[int]:
        """Scenery in the style's own art; full-colour styles use any colour pack."""
        subject = self.by_noun[noun]
        packs = STYLES[style].packs if STYLES[style].draw is None else COLOUR_PACKS
        return [slot for pack in packs for slot in self.of.get(subject, {}).get(pack, ())]

    def _caption(self, p: _Picture) -> tuple[str, bool]:
        phrases, what, u = STYLES[p.style].phrases, p.body + p.tail, self.rng.random()
        phrase = self.rng.choice(phrases) if self.rng.random() < 0.55 else phrases[0]
        if u < self.mix.unnamed_style:
            return what, False
        if u < self.mix.unnamed_style + self.mix.style_only:
            return phrase, True
        return self.rng.choice(TEMPLATES).format(s=what, p=phrase), True

    def _pack(self, pictures: list[_Picture], captions: list[tuple[str, bool]]) -> Plan:
        n = len(pictures)
        plan = Plan(
            captions=[words for words, _ in captions],
            subject=np.array([p.subject for p in pictures]), style=np.array([p.style for p in pictures]),
            scene=np.array([p.scene for p in pictures]), names_style=np.array([named for _, named in captions]),
            runs=runs_of([p.style for p in pictures]),
            sprite=np.zeros((n, SLOTS), np.int64), place=np.tile(np.float32(_ABSENT), (n, SLOTS, 1)),
            tint=np.full((n, SLOTS), -1), prop=np.zeros((n, PROPS), np.int64),
            prop_place=np.tile(np.float32(_ABSENT), (n, PROPS, 1)),
            ground=np.stack([p.ground for p in pictures]).astype(np.float32),
            horizon=np.array([p.horizon for p in pictures], np.float32),
        )  # fmt: skip
        for row, p in enumerate(pictures):
            for slot, (sprite, place, tint) in enumerate(p.sprites):
                plan.sprite[row, slot], plan.place[row, slot], plan.tint[row, slot] = sprite, place, tint
            for slot, (sprite, place) in enumerate(p.props):
                plan.prop[row, slot], plan.prop_place[row, slot] = sprite, place
        return plan


def prompt(subject: Subject, style: int | None) -> str:
    """The canonical prompt, e.g. ``a fox, watercolor painting``."""
    return subject.phrase() if style is None else f"{subject.phrase()}, {STYLES[style].phrases[0]}"


def runs_of(styles: list[int]) -> list[tuple[int, int, int]]:
    """Equal neighbours as (style, start, stop)."""
    starts = [i for i, style in enumerate(styles) if i == 0 or style != styles[i - 1]]
    return [(styles[a], a, b) for a, b in zip(starts, [*starts[1:], len(styles)], strict=True)]
