"""Stage ``vae``: the autoencoder at 256 px."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..art.sheet import sheet
from ..nn.convnet import ConvNet
from ..nn.shapes import JUDGE_SIDE, LATENT, LATENT_CHANNELS, SIDE
from ..nn.vae import Vae
from ..scene.styles import STYLES
from . import checkpoint, convnets, pictures
from .clock import Clock
from .engine import Batch, Schedule, Trainer
from .settings import Run

NAME = "vae"
FIGURES = ("l1", "mse", "gradient", "coarse", "percept", "kl", "spikes", "specks", "corner", "left")
#: Times its block's root mean square that an activation may reach, from the middle on: what it does
#: reach where nothing stands out.
SPIKES = (12.0, 10.0, 8.0, 6.0, 6.0)
#: Error of a pixel that is a speck (of 0..1).
SPECK = 0.25
#: Deviation of the noise on half of the latents that a decoder trained alone is given: what a denoiser leaves.
GRAIN = 0.12
SPIKE_WEIGHT, SPECK_WEIGHT = 2.0, 10.0
#: A latent that stands out, and how much more pixels count about it, at the rim and in the lower right corner.
ODD = 3.5
ODD_WEIGHT, RIM_WEIGHT, CORNER_WEIGHT = 4.0, 2.0, 12.0
#: Pixels of a corner in the log.
CORNER = 16


def _gradient(d: Tensor, weight: Tensor) -> Tensor:
    across = (d[..., 1:] - d[..., :-1]).abs() * weight[..., 1:]
    return across.mean() + ((d[..., 1:, :] - d[..., :-1, :]).abs() * weight[..., 1:, :]).mean()


def _spikes(seen: list[Tensor]) -> Tensor:
    """How far single activations stand out of their block, squared.

    Left alone, a decoder steers its norms by one huge value in a corner of every picture, which
    shows as coloured specks.
    """
    total = 0.0
    for x, most in zip(seen, SPIKES, strict=False):
        size = x.float().abs()
        level = size.square().mean((1, 2, 3), keepdim=True).sqrt()
        total = total + (size / (level + 1e-4) - most).clamp(min=0).square().mean()
    return total


def _odd(latents: Tensor) -> Tensor:
    """float32 [b, 1, h, w]: 1 for a cell whose latents stand out, and the cells about it."""
    return F.max_pool2d((latents.abs().amax(1, keepdim=True) > ODD).float(), 3, 1, 1)


def _place(device: str) -> Tensor:
    """How much more a cell counts for where it is."""
    weight = torch.full((1, 1, LATENT, LATENT), RIM_WEIGHT, device=device)
    weight[..., 1:-1, 1:-1] = 0
    weight[..., -4:, -4:] = CORNER_WEIGHT
    return weight


class VaeLoss:
    """Absolute difference of pixels, of neighbours and of 4 x 4 means; features; a little KL; no specks.

    The coarse term keeps colours true; a larger KL or an early, strong feature term loses them.
    """

    def __init__(self, vae: Vae, percept: ConvNet, alone: bool = False) -> None:
        self.vae, self.percept, self.alone = vae, percept, alone

    def _latents(self, b: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Means and log variances, and what the decoder is given."""
        if not self.alone:
            mean, log_variance = self.vae.encode(b["pixels"])
            return mean, log_variance, mean + (0.5 * log_variance).exp() * b["noise"]
        with torch.no_grad():
            mean, log_variance = self.vae.encode(b["pixels"])
            # a denoiser is wrong by more where latents are large
            grain = b["grain"] * (1 + 2 * _odd(mean).to(mean.dtype))
        return mean, log_variance, mean + grain * b["noise"]

    def __call__(self, b: Batch) -> tuple[Tensor, Tensor]:
        x, seen = b["pixels"], []
        mean, log_variance, z = self._latents(b)
        y = self.vae.decode(z, seen)
        d = (y.float() - x.float()) / 2
        cells = 1 + b["place"] + ODD_WEIGHT * _odd(mean) if self.alone else torch.ones_like(b["place"])
        weight, spikes = F.interpolate(cells, scale_factor=8.0), _spikes(seen)
        specks = ((d.abs() - SPECK).clamp(min=0).square() * weight).mean()
        l1, gradient = (d.abs() * weight).mean(), _gradient(d, weight)
        coarse = (F.avg_pool2d(d, 4).abs() * F.interpolate(cells, scale_factor=2.0)).mean()
        corner, left = d[..., -CORNER:, -CORNER:].abs().mean(), d[..., -CORNER:, :CORNER].abs().mean()
        mean, log_variance = mean.float(), log_variance.float()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        # a piece is cut by two products with 0/1 matrices, whose gradient is a product again
        cut = lambda picture: b["rows"] @ picture @ b["columns"]  # noqa: E731
        percept = self._percept(cut(x), cut(y))
        loss = l1 + 0.5 * gradient + coarse + b["percept_weight"][0] * percept + 2e-5 * kl
        loss = loss + SPIKE_WEIGHT * spikes + SPECK_WEIGHT * specks
        figures = [d.abs().mean(), d.square().mean(), gradient, coarse, percept, kl, spikes, specks, corner, left]
        return loss, torch.stack(figures)

    def _percept(self, x: Tensor, y: Tensor) -> Tensor:
        """Difference of features over one piece of the picture at full resolution."""
        total = 0.0
        both = torch.cat([y, x]).contiguous(memory_format=torch.channels_last)
        for feature in self.percept.features(both)[:4]:
            ours, theirs = feature.float().chunk(2)
            total = total + (ours - theirs).abs().mean() / (theirs.abs().mean() + 1e-4)
        return total


class Percept:
    """The frozen network of the feature term, and the term's weight.

    It is used once a quarter of the time is over, and may be trained beside the autoencoder until
    then: its weight is 0 as long as there is no file of it. A decoder alone is given it from the start.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.since = run, None
        self.net = checkpoint.frozen(convnets.build(), run.device, run.dtype)
        self.path = run.out / "percept.safetensors"

    def weight(self, fraction: float) -> float:
        """Rises from 0 to 0.02 over a sixth of the time."""
        late = 0.0 if self.run.decoder else 0.25
        if self.since is None and fraction >= late and self.path.exists():
            # only its features are asked for: the file may hold no more than those
            self.net.load_state_dict(checkpoint.load(self.path)[0], strict=False)
            self.since = fraction
            self.run.log(f"features from {self.path.name} at {fraction:.2f} of the time")
        return 0.0 if self.since is None else 0.02 * min(1.0, (fraction - self.since) / 0.15)


def _batch(run: Run, feed: pictures.Feed, size: int, weight: float) -> Batch:
    feed.refresh()
    shown = feed.bank.draw(size)["picture"]
    shown = shown.flip(3) if torch.rand(()) < 0.5 else shown
    pixels = (shown.to(run.dtype) / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    grain = GRAIN * torch.rand(size, 1, 1, 1, device=run.device)
    grain[::2] = 0
    every = torch.eye(SIDE, device=run.device, dtype=run.dtype)
    top, left = (int(v) for v in torch.randint(0, SIDE - JUDGE_SIDE + 1, (2,)))
    if run.decoder and torch.rand(()) < 0.25:  # the corner that needs it most
        top = left = SIDE - JUDGE_SIDE
    return {
        "pixels": pixels,
        "noise": torch.randn(size, LATENT_CHANNELS, LATENT, LATENT, device=run.device, dtype=run.dtype),
        "grain": grain.to(run.dtype),
        "rows": every[top : top + JUDGE_SIDE],
        "columns": every[:, left : left + JUDGE_SIDE].contiguous(),
        "percept_weight": torch.full((1,), weight, device=run.device),
        "place": _place(run.device),
    }


def train(run: Run) -> None:
    """Runs the stage, then measures: writes ``vae`` with the latents' statistics in its notes.

    With ``decoder`` the encoder stays as it is, so that whatever was trained on its latents remains right.
    """
    clock = Clock(run.budget)
    feed = pictures.open_feed(run, pictures.keep_pictures, 40000, held_out=True)
    vae, path = Vae(), run.out / f"{NAME}.safetensors"
    notes: dict[str, object] = checkpoint.restore(vae, path) if path.exists() else {"samples": 0}
    percept = Percept(run)
    # cloned before the trainer turns everything to its own type
    still = {k: v.clone() for k, v in vae.state_dict().items() if run.decoder and k.startswith(("encoder", "quant"))}
    if run.decoder:
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    loss, schedule = VaeLoss(vae, percept.net, run.decoder), Schedule(8e-4 if run.decoder else 1.2e-3, run.pick(150, 2))
    trainer = Trainer(run, [vae], loss, schedule, FIGURES, 0.998, 1e-4)
    run.log(f"{trainer.flat.parameters() / 1e6:.2f} M weights")
    feed.fill(run.pick(8192, 8))
    size = run.batch or run.pick(64, 2)
    before = int(notes.get("decoder samples", 0) if run.decoder else notes["samples"])

    def save(**measured: object) -> None:
        kept = {k: v for k, v in notes.items() if run.decoder}  # the latents' statistics among them
        count = {"decoder samples" if run.decoder else "samples": before + trainer.samples}
        checkpoint.save(path, still | trainer.flat.averaged(0), kept | count | measured)

    if not clock.over:
        trainer.prepare(_batch(run, feed, size, 0.0))
        feed.start()
        status = lambda: f"pictures {feed.bank.written}"  # noqa: E731
        trainer.fit(clock, lambda: _batch(run, feed, size, percept.weight(clock.fraction)), save, status)
    feed.close()
    trainer.flat.use_average()
    if run.rank == 0:
        statistics = measure(run, vae, feed)
        save(**({} if run.decoder else statistics))


#: The corners, and which axes to flip so that they are at the lower right.
CORNERS = {"upper left": (2, 3), "upper right": (2,), "lower left": (3,), "lower right": ()}


def _corner(wrong: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Each picture's root mean square error in a corner, of 255."""
    return 255 * wrong.flip(axes)[..., -CORNER:, -CORNER:].mean((1, 2, 3)).sqrt()


@torch.no_grad()
def measure(run: Run, vae: Vae, feed: pictures.Feed) -> dict[str, list[float]]:
    """Latent mean and deviation, PSNR by style (logged), and a sheet of pictures beside copies."""
    rows = feed.bank.draw(run.pick(4096, 4))
    latents, errors, pairs, corners = [], [], [], []
    for part in rows["picture"].split(64):
        x = (part.to(run.dtype) / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        mean, _ = vae.encode(x)
        y = vae.decode(mean).float().clamp(-1, 1)
        latents.append(mean.float())
        wrong = ((y - x.float()) / 2).square()
        errors.append(wrong.mean((1, 2, 3)))
        corners.append(torch.stack([_corner(wrong, axes) for axes in CORNERS.values()], 1))
        pairs.append(torch.stack([x.float(), y], 1)[:8].flatten(0, 1) / 2 + 0.5)
    z, error = torch.cat(latents), torch.cat(errors)
    decibels = lambda e: round(float(-10 * torch.log10(e.mean())), 1)  # noqa: E731
    by_style = {s.name: decibels(error[rows["style"] == i]) for i, s in enumerate(STYLES) if (rows["style"] == i).any()}
    run.log("PSNR", decibels(error), "by style", by_style)
    medians = torch.cat(corners).median(0)[0].tolist()
    run.log("corners, of 255:", {name: round(v, 1) for name, v in zip(CORNERS, medians, strict=True)})
    sheet(torch.cat(pairs)[:80], 10, run.out / "vae.jpg")
    return {"mean": z.mean((0, 2, 3)).tolist(), "deviation": z.std((0, 2, 3)).tolist()}


def load(run: Run) -> Vae:
    """The trained autoencoder, its latents made unit normal, frozen."""
    vae = Vae()
    notes = checkpoint.restore(vae, run.out / f"{NAME}.safetensors")
    if "mean" not in notes:
        raise ValueError("the autoencoder was not measured: run the stage 'vae' with --budget 0")
    vae.fold(torch.tensor(notes["mean"]), torch.tensor(notes["deviation"]))
    return checkpoint.frozen(vae, run.device, run.dtype)
