"""Stage ``text``: both text encoders and the judge's picture tower, together.

Contrastive on pictures and captions; distilled from sentence vectors on many more phrases; and
plain classification on the picture side, which sharpens it for both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..art.subjects import all_subjects
from ..nn.clip import TextPair, VisionTower
from ..nn.shapes import TEXT_1, TEXT_2, TOKENS
from ..scene.styles import STYLES
from ..scene.vocab import SCENES
from ..text.phrases import WIDTH, Phrases
from ..text.tokens import Tokens
from . import checkpoint, pictures
from .clock import Clock
from .engine import Batch, Schedule, Trainer
from .settings import Run

NAME = "text"


class Heads(nn.Module):
    """What is thrown away after training: projections to the teacher and class scores."""

    def __init__(self) -> None:
        super().__init__()
        self.match_first = nn.Linear(TEXT_1.width, TEXT_2.projection)
        self.teach_first = nn.Linear(TEXT_1.width, WIDTH)
        self.teach_second = nn.Linear(TEXT_2.projection, WIDTH)
        self.subject = nn.Linear(TEXT_2.projection, len(all_subjects()))
        self.style = nn.Linear(TEXT_2.projection, len(STYLES))
        self.scene = nn.Linear(TEXT_2.projection, len(SCENES) + 1)
        self.scale = nn.Parameter(torch.tensor(2.6))


def _unit(x: Tensor) -> Tensor:
    return F.normalize(x.float(), dim=-1)


def _contrast(image: Tensor, text: Tensor, scale: Tensor, twins: Tensor) -> Tensor:
    """Symmetric cross-entropy; pairs that tell the same thing (twins) are nobody's negatives."""
    scores = (scale.float().exp().clamp(max=60) * image @ text.T).masked_fill(twins, -1e4)
    target = torch.arange(len(image), device=image.device)
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def _class_loss(scores: Tensor, label: Tensor) -> Tensor:
    """Cross-entropy over the rows that have a label (-1: none)."""
    known = (label >= 0).float()
    each = F.cross_entropy(scores.float(), label.clamp(min=0), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)


class TextLoss:
    """The stage's loss over a fixed batch of pictures and phrases."""

    def __init__(self, pair: TextPair, vision: VisionTower, heads: Heads) -> None:
        self.pair, self.vision, self.heads = pair, vision, heads

    def _encode(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        _, first = self.pair.first(ids)
        _, second = self.pair.second(ids)
        return first, second

    def __call__(self, b: Batch) -> tuple[Tensor, Tensor]:
        heads, n = self.heads, len(b["pixels"])
        first, second = self._encode(torch.cat([b["tokens"], b["phrase"]]))
        seen = self.vision(b["pixels"])
        image = _unit(seen)
        match = _contrast(image, _unit(second[:n]), heads.scale, b["twins"])
        match_first = _contrast(image, _unit(heads.match_first(first[:n])), heads.scale, b["twins"])
        target = b["target"]
        taught = (1 - (_unit(heads.teach_second(second[n:])) * target).sum(-1)).mean()
        taught = taught + (1 - (_unit(heads.teach_first(first[n:])) * target).sum(-1)).mean()
        own = _unit(second[n:])
        relation = (own @ own.T - target @ target.T).square().mean()
        subject = heads.subject(seen)
        labels = _class_loss(subject, b["subject"]) + _class_loss(heads.style(seen), b["style"])
        labels = labels + 0.5 * _class_loss(heads.scene(seen), b["scene"])
        loss = match + match_first + 2 * taught + 2 * relation + labels
        hit = (image @ _unit(second[:n]).T).argmax(1) == torch.arange(n, device=image.device)
        right = (subject.argmax(1) == b["subject"]).float().mean()
        figures = torch.stack([match, taught, relation, labels, hit.float().mean(), right])
        return loss, figures


FIGURES = ("match", "taught", "relation", "labels", "retrieval", "subject")


def _twins(rows: Batch) -> Tensor:
    """Which captions also fit which picture: same subject, and same style if the caption names it."""
    subject, style, named = rows["subject"], rows["style"], rows["names_style"]
    same = (subject[:, None] == subject) & ((style[:, None] == style) | ~named[None, :])
    return same & ~torch.eye(len(subject), dtype=torch.bool, device=subject.device)


class Batches:
    """Pictures with captions from the bank, beside random phrases with their targets."""

    def __init__(self, run: Run, feed: pictures.Feed, tokens: Tokens, size: int) -> None:
        self.run, self.feed, self.size = run, feed, size
        phrases = Phrases.load(run.pack)
        self.phrase = torch.from_numpy(tokens.encode(phrases.texts)).to(run.device)
        self.target = phrases.vectors.to(run.device)

    def __call__(self) -> Batch:
        self.feed.refresh()
        rows = self.feed.bank.draw(self.size)
        shown = pictures.roughen(pictures.small(rows["picture"].float() / 255))
        at = torch.randint(0, len(self.phrase), (self.size,), device=self.run.device)
        return {
            "pixels": pictures.normalised(shown, self.run.dtype),
            "tokens": rows["tokens"].long(),
            "phrase": self.phrase[at].long(),
            "target": self.target[at],
            "twins": _twins(rows),
            **{key: rows[key] for key in ("subject", "style", "scene")},
        }


def train(run: Run) -> None:
    """Runs the stage; writes ``text`` (both encoders) and ``vision`` (tower and scale)."""
    clock = Clock(run.budget)
    feed = pictures.open_feed(run, pictures.keep_pictures, 60000, held_out=True)
    tokens = Tokens(run.pack / "tokenizer")
    assert tokens.encode(["a"]).shape[1] == TOKENS
    pair, vision, heads = TextPair(TEXT_1, TEXT_2, len(tokens), tokens.end), VisionTower(), Heads()
    start = run.out / f"{NAME}.safetensors"
    if start.exists():
        checkpoint.restore(pair, start)
        checkpoint.restore(vision, run.out / "vision.safetensors", "tower.")
        checkpoint.restore(heads, run.out / "vision.safetensors", "heads.")
        run.log("goes on from", start)
    schedule = Schedule(1e-3, warmup=run.pick(300, 2), betas=(0.9, 0.98))
    trainer = Trainer(run, [pair, vision, heads], TextLoss(pair, vision, heads), schedule, FIGURES, 0.9995, 0.05)
    run.log(f"{trainer.flat.parameters() / 1e6:.2f} M weights")
    feed.fill(run.pick(16384, 16))
    batches = Batches(run, feed, tokens, run.batch or run.pick(512, 6))
    trainer.prepare(batches())
    feed.start()

    def save() -> None:
        notes = {"samples": trainer.samples, "tiers": run.tiers}
        checkpoint.save(start, trainer.flat.averaged(0), notes)
        tower = {f"tower.{k}": v for k, v in trainer.flat.averaged(1).items()}
        rest = {f"heads.{k}": v for k, v in trainer.flat.averaged(2).items()}
        checkpoint.save(run.out / "vision.safetensors", {**tower, **rest}, notes)

    trainer.fit(clock, batches, save, lambda: f"pictures {feed.bank.written}")
    feed.close()
