"""Sentence vectors of many phrases: what the text encoders are also taught, so that words that
never stand in a caption (kitten, automobile) land near those that do.

The teacher is all-MiniLM-L6-v2 (Apache-2.0). Vectors are reduced to 192 dimensions and 8 bits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..art.subjects import all_subjects
from ..scene.styles import STYLES
from ..scene.vocab import COLOUR_NAMES, SCENES

WIDTH = 192


def common_words(minilm: Path, count: int) -> list[str]:
    """Plain lower-case words of the teacher's vocabulary, most frequent first."""
    lines = (minilm / "vocab.txt").read_text(encoding="utf8").splitlines()
    plain = [w for w in lines if w.isascii() and w.isalpha() and w.islower() and len(w) > 2]
    return plain[:count]


def collect(captions: list[str], tags: dict[str, list[str]], words: list[str]) -> list[str]:
    """Every phrase worth a target, without repeats: nouns, synonyms, tags, styles, words, captions."""
    nouns = [s.noun for s in all_subjects()]
    synonyms = [w for s in all_subjects() for w in s.other_words]
    tagged = [tag.lower() for s in all_subjects() for tag in tags.get(s.code, ())]
    styles = [phrase for style in STYLES for phrase in style.phrases]
    places = [phrase for scene in SCENES for phrase in scene.phrases]
    coloured = [f"a {colour} {noun}" for noun in nouns[:220] for colour in COLOUR_NAMES[::3]]
    with_article = [s.phrase() for s in all_subjects()]
    phrases = nouns + with_article + synonyms + tagged + styles + places + coloured + words + captions
    return list(dict.fromkeys(phrases))


@torch.no_grad()
def vectors(minilm: Path, phrases: list[str], batch: int = 128) -> torch.Tensor:
    """float32 [n, 384]: the teacher's mean-pooled, normalised sentence vectors."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(minilm), AutoModel.from_pretrained(minilm).eval()
    order = sorted(range(len(phrases)), key=lambda i: len(phrases[i]))
    out = torch.zeros(len(phrases), model.config.hidden_size)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        given = tokenizer([phrases[i] for i in rows], padding=True, truncation=True, max_length=48, return_tensors="pt")
        hidden, keep = model(**given).last_hidden_state, given["attention_mask"].unsqueeze(-1).float()
        out[rows] = F.normalize((hidden * keep).sum(1) / keep.sum(1), dim=-1)
    return out


def reduce(full: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Normalised principal components [n, 192], and the share of variance they keep."""
    centred = full - full.mean(0)
    _, _, axes = torch.pca_lowrank(centred, q=WIDTH, center=False)
    small = centred @ axes
    return F.normalize(small, dim=-1), float(small.square().sum() / centred.square().sum())


def save(folder: Path, phrases: list[str], small: torch.Tensor) -> None:
    """phrases.json and phrases.npz (8 bits and one scale)."""
    scale = float(small.abs().max())
    whole = np.round(small.numpy() / scale * 127).astype(np.int8)
    np.savez_compressed(folder / "phrases.npz", vectors=whole, scale=scale / 127)
    (folder / "phrases.json").write_text(json.dumps(phrases), encoding="utf8")


@dataclass
class Phrases:
    """The targets as saved: texts and float32 [n, 192] unit vectors."""

    texts: list[str]
    vectors: torch.Tensor

    @staticmethod
    def load(folder: Path) -> Phrases:
        data = np.load(folder / "phrases.npz")
        exact = torch.from_numpy(data["vectors"].astype(np.float32) * float(data["scale"]))
        texts = json.loads((folder / "phrases.json").read_text(encoding="utf8"))
        return Phrases(texts, F.normalize(exact, dim=-1))
