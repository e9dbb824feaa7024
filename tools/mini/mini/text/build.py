"""The ``words`` stage: tokenizer and phrase vectors, made once on a CPU and carried in the pack."""

from __future__ import annotations

import json
import random
from pathlib import Path

from ..art import pack as art_pack
from ..art.sources import canon
from ..art.subjects import TIERS, all_subjects
from ..scene.plan import Planner
from ..scene.vocab import FULL
from . import bpe, phrases
from .tokens import Tokens


def _captions(count: int) -> list[str]:
    """Captions over every tier, so that widening the model later keeps the tokenizer."""
    every = [art_pack.Drawing(s.id, p, 0, 0) for s in all_subjects() for p in ("noto", "fluent-3d")]
    planner = Planner(every, seed=1, mix=FULL, tiers=TIERS)
    return planner.batch(count, 1, True).captions


def _tags(emojibase: Path) -> dict[str, list[str]]:
    rows = json.loads((emojibase / "en" / "data.json").read_text(encoding="utf8"))
    return {canon(row["hexcode"]): row.get("tags", []) for row in rows}


def build(pack: Path, minilm: Path, emojibase: Path, tiny: bool) -> dict[str, float]:
    """Writes ``tokenizer/``, ``phrases.json`` and ``phrases.npz`` into the pack folder."""
    captions, tags = _captions(400 if tiny else 24000), _tags(emojibase)
    words = phrases.common_words(minilm, 300 if tiny else 12000)
    nouns = [w for s in all_subjects() for w in (s.noun, *s.other_words)]
    nouns += [t.lower() for s in all_subjects() for t in tags.get(s.code, ())]
    vocabulary, merges = bpe.train(captions, nouns, words[:9000])
    bpe.save(pack / "tokenizer", vocabulary, merges)
    some = random.Random(0).sample(captions, min(len(captions), 6000))
    texts = phrases.collect(some, tags, words)[: 200 if tiny else None]
    small, kept = phrases.reduce(phrases.vectors(minilm, texts))
    phrases.save(pack, texts, small)
    lengths = (Tokens(pack / "tokenizer").encode(captions[:2000]) != vocabulary["<|endoftext|>"]).sum(1)
    return {"phrases": len(texts), "variance kept": kept, "longest caption": int(lengths.max()) + 1}
