"""The subjects and their plain English nouns, read from ``lists/subjects.tsv``.

A subject's id is its line number there and never changes, so that a model trained on the core
tier can be widened later with the same classifier heads and the same held-out pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

LISTS = Path(__file__).resolve().parents[2] / "lists"
#: core: trained from the start; prop: only ever scenery; wide: added once the core is learnt.
TIERS = ("core", "prop", "wide")


@dataclass(frozen=True)
class Subject:
    """One drawable thing."""

    id: int
    code: str
    emoji_name: str
    noun: str
    kind: str
    tier: str
    article: str
    other_words: tuple[str, ...]
    left_out: tuple[str, ...]

    def phrase(self, adjectives: str = "", noun: str | None = None) -> str:
        """The noun with its article, e.g. ``an owl``, ``a red car``, ``grapes``."""
        noun = noun or self.noun
        words = f"{adjectives} {noun}".strip()
        if self.article in ("plural", "mass", "name"):
            return words
        if adjectives or noun != self.noun:
            return f"{indefinite(words)} {words}"
        return f"{self.article} {words}"


def indefinite(words: str) -> str:
    """``an`` before a vowel sound, ``a`` otherwise (good enough for the words in our lists)."""
    vowel = words[0] in "aeiou" and not words.startswith(("uni", "ufo", "one"))
    return "an" if vowel else "a"


def _words(cell: str) -> tuple[str, ...]:
    return tuple(w.strip() for w in cell.split(",") if w.strip())


@cache
def all_subjects() -> tuple[Subject, ...]:
    """Every subject, in id order."""
    lines = (LISTS / "subjects.tsv").read_text(encoding="utf8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(
        Subject(i, code, name, noun, kind, tier, article, _words(other), _words(left))
        for i, (code, name, noun, kind, tier, article, other, left) in enumerate(rows)
    )


@cache
def well_known() -> frozenset[int]:
    """Ids of the hundred subjects that people name first, from ``lists/well-known.txt``."""
    nouns = set((LISTS / "well-known.txt").read_text(encoding="utf8").split("\n")) - {""}
    found = frozenset(s.id for s in all_subjects() if s.noun in nouns)
    if len(found) != len(nouns):
        raise ValueError(f"well-known.txt names what is no subject: {nouns - {s.noun for s in all_subjects()}}")
    return found


def of_tiers(tiers: tuple[str, ...]) -> tuple[Subject, ...]:
    """The subjects of the named tiers, in id order."""
    unknown = set(tiers) - set(TIERS)
    if unknown:
        raise ValueError(f"unknown tiers {sorted(unknown)}; choose from {TIERS}")
    return tuple(s for s in all_subjects() if s.tier in tiers)
