"""Stage ``style``: the style encoder, self-supervised as DINO (Caron et al. 2021) with one change.

Views are crops without any change of colour, so that palette and texture are what a picture's
crops share; and the teacher looks at a crop of *another* picture of the same style for half of the
batch, which is what makes the subject unimportant. The pairing comes from the renderer for free.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..nn.shapes import JUDGE_SIDE, STYLE_VIT
from ..nn.vit import Vit
from . import checkpoint, pictures
from .clock import Clock
from .engine import Batch, Schedule, Trainer
from .settings import Run

NAME = "style"
PROTOTYPES, LOCAL_SIDE, LOCALS = 1024, JUDGE_SIDE // 2, 4
STUDENT_HEAT, TEACHER_HEAT = 0.1, 0.05


def left_out(subject: int) -> bool:
    """Subjects the style encoder never sees, to be graded on."""
    return subject % 11 == 5


class Head(nn.Module):
    """Three layers to a 128-d unit vector, then cosine scores against prototypes."""

    def __init__(self, width: int = STYLE_VIT.width) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(width, 512), nn.GELU(), nn.Linear(512, 512), nn.GELU(), nn.Linear(512, 128))
        self.prototypes = nn.Parameter(torch.randn(PROTOTYPES, 128) * 0.05)

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.mlp(x).float(), dim=-1) @ F.normalize(self.prototypes.float(), dim=-1).T


class Student(nn.Module):
    """Encoder and head; the teacher is one of the same, an average of the student over time."""

    def __init__(self) -> None:
        super().__init__()
        self.vit, self.head = Vit(), Head()

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.vit(pixels))


class DinoLoss:
    """Every student view must name the prototypes the teacher sees in the other global view."""

    def __init__(self, student: Student) -> None:
        self.student = student

    def __call__(self, b: Batch) -> tuple[Tensor, Tensor]:
        n = len(b["first"])
        wide = self.student(torch.cat([b["first"], b["second"]])) / STUDENT_HEAT
        near = self.student(b["local"]) / STUDENT_HEAT
        target_1, target_2 = b["target"][:n], b["target"][n:]
        loss = _cross(target_1, wide[n:]) + _cross(target_2, wide[:n])
        for view in near.split(n):
            loss = loss + _cross(target_1, view) + _cross(target_2, view)
        entropy = -(b["target"] * (b["target"] + 1e-9).log()).sum(-1).mean()
        mean = b["target"].mean(0)
        spread = -(mean * (mean + 1e-9).log()).sum()
        return loss / (2 + 2 * LOCALS), torch.stack([entropy, spread])


def _cross(target: Tensor, scores: Tensor) -> Tensor:
    return -(target * F.log_softmax(scores.float(), -1)).sum(-1).mean()


def _crop(shown: Tensor, low: float, high: float, side: int) -> Tensor:
    """One random square piece of each picture, mirrored half of the time, resampled to ``side``."""
    n, device = len(shown), shown.device
    scale = torch.rand(n, device=device) * (high - low) + low
    shift = (torch.rand(n, 2, device=device) * 2 - 1) * (1 - scale).unsqueeze(1)
    theta = torch.zeros(n, 2, 3, device=device)
    theta[:, 0, 0] = scale * (torch.randint(0, 2, (n,), device=device) * 2 - 1)
    theta[:, 1, 1], theta[:, :, 2] = scale, shift
    field = F.affine_grid(theta, [n, 3, side, side], align_corners=False)
    return F.grid_sample(shown, field, align_corners=False, padding_mode="reflection")


def _balanced(scores: Tensor, rounds: int = 3) -> Tensor:
    """Sinkhorn-Knopp: sharpened opinions, all prototypes used equally over the batch. Unlike a
    running centre it has no memory, so a resumed run cannot collapse onto one prototype."""
    q = ((scores - scores.max()) / TEACHER_HEAT).exp() + 1e-12
    for _ in range(rounds):
        q = q / q.sum(0, keepdim=True)
        q = q / q.sum(1, keepdim=True)
    return q


def _partner(style: Tensor) -> Tensor:
    """For each row another row of the same style (itself if there is none)."""
    n = len(style)
    score = torch.rand(n, n, device=style.device) * (style[:, None] == style)
    score.fill_diagonal_(1e-6)
    return score.argmax(1)


class Batches:
    """Views of pictures, and the teacher's balanced opinion of the global ones."""

    def __init__(self, run: Run, feed: pictures.Feed, teacher: Student, size: int) -> None:
        self.run, self.feed, self.teacher, self.size = run, feed, teacher, size

    @torch.no_grad()
    def __call__(self) -> Batch:
        self.feed.refresh()
        rows = self.feed.bank.draw(self.size)
        shown = pictures.small(rows["picture"].float() / 255)
        other = shown[_partner(rows["style"])]
        own = torch.rand(self.size, 1, 1, 1, device=shown.device) < 0.5
        ready = lambda x: pictures.normalised(x, self.run.dtype)  # noqa: E731
        first = ready(_crop(shown, 0.5, 1.0, JUDGE_SIDE))
        second = ready(_crop(torch.where(own, shown, other), 0.5, 1.0, JUDGE_SIDE))
        near = [ready(_crop(shown, 0.35, 0.6, LOCAL_SIDE)) for _ in range(LOCALS)]
        target = _balanced(self.teacher(torch.cat([first, second])))
        return {"first": first, "second": second, "local": torch.cat(near), "target": target}


def train(run: Run) -> None:
    """Runs the stage; writes the teacher's encoder as ``style``."""
    clock = Clock(run.budget)
    feed = pictures.open_feed(run, pictures.keep_pictures, 60000, held_out=True, without=left_out)
    student, teacher, path = Student(), Student(), run.out / f"{NAME}.safetensors"
    if path.exists():
        checkpoint.restore(student, path)
    schedule = Schedule(7e-4, warmup=run.pick(300, 2), betas=(0.9, 0.98))
    trainer = Trainer(run, [student], DinoLoss(student), schedule, ("entropy", "spread"), 0.996, 0.04)
    run.log(f"{trainer.flat.parameters() / 1e6:.2f} M weights")
    checkpoint.frozen(teacher, run.device, run.dtype)
    names, followers = zip(*teacher.named_parameters(), strict=True)
    leaders = [trainer.flat.averaged(0)[name] for name in names]  # views that go on changing

    @torch.no_grad()
    def follow() -> None:
        torch._foreach_copy_(followers, leaders)

    follow()
    feed.fill(run.pick(16384, 16))
    batches = Batches(run, feed, teacher, run.batch or run.pick(384, 4))

    def batch() -> Batch:
        follow()
        return batches()

    trainer.prepare(batch())
    feed.start()
    save = lambda: checkpoint.save(path, trainer.flat.averaged(0), {"samples": trainer.samples})  # noqa: E731
    trainer.fit(clock, batch, save, lambda: f"pictures {feed.bank.written}")
    feed.close()
