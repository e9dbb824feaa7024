"""Trains the tokenizer on our captions and on common English words, in CLIP's file layout."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import models, pre_tokenizers, trainers

from ..nn.shapes import TOKENS
from .tokens import END, START, dressed

SIZE = 4096


def train(captions: list[str], nouns: list[str], words: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges. Nouns weigh most, so that a subject is one or two tokens."""
    tokenizer = dressed(models.BPE(end_of_word_suffix="</w>", unk_token=END))
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE - len(alphabet) - 4,
        special_tokens=[],
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions * 2 + nouns * 60 + words * 2, trainer)
    found = json.loads(tokenizer.to_str())["model"]["merges"]
    pairs = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in found]
    vocabulary: dict[str, int] = {}
    for token in [*alphabet, *(c + "</w>" for c in alphabet), *(a + b for a, b in pairs)]:
        if len(vocabulary) < SIZE - 2:
            vocabulary.setdefault(token, len(vocabulary))
    merges = [(a, b) for a, b in pairs if a in vocabulary and b in vocabulary and a + b in vocabulary]
    for special in (START, END):
        vocabulary[special] = len(vocabulary)
    return vocabulary, merges


def save(folder: Path, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
    """The four files of a published CLIP tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    config = {
        **special,
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": TOKENS,
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
        "clean_up_tokenization_spaces": True,
    }
    lines = "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf8")
    (folder / "merges.txt").write_text(lines, encoding="utf8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=1))
