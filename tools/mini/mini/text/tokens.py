"""CLIP's byte-pair tokenizer, run by the ``tokenizers`` library from vocab.json and merges.txt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from ..nn.shapes import TOKENS

START, END = "<|startoftext|>", "<|endoftext|>"
_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def dressed(model: models.BPE) -> Tokenizer:
    """A tokenizer with CLIP's normalisation and word splitting round the given model."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


class Tokens:
    """Text to ids of fixed length: start, words, end, and end again as padding."""

    def __init__(self, folder: Path) -> None:
        self.vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf8"))
        lines = (folder / "merges.txt").read_text(encoding="utf8").splitlines()[1:]
        merges = [tuple(line.split(" ")) for line in lines if line]
        self.start, self.end = self.vocabulary[START], self.vocabulary[END]
        model = models.BPE(self.vocabulary, merges, end_of_word_suffix="</w>", unk_token=END)
        self._tokenizer = dressed(model)

    def __len__(self) -> int:
        return len(self.vocabulary)

    def encode(self, texts: list[str]) -> np.ndarray:
        """int16 [n, 48]; longer texts are cut and still end with the end token."""
        out = np.full((len(texts), TOKENS), self.end, np.int16)
        out[:, 0] = self.start
        for row, encoding in enumerate(self._tokenizer.encode_batch(texts)):
            ids = encoding.ids[: TOKENS - 2]
            out[row, 1 : 1 + len(ids)] = ids
        return out
