"""The bank the denoiser trains on: latents, text states and, for the control net, maps."""

from __future__ import annotations

import torch
from torch import Tensor

from ..nn.clip import TextPair
from ..nn.shapes import TEXT_1, TEXT_2, TIME_IDS
from ..nn.vae import Vae
from ..scene import canny
from ..scene.compose import Pictures
from ..scene.feed import to_device
from ..scene.plan import Plan
from ..text.tokens import Tokens
from . import checkpoint
from .engine import Batch
from .settings import Run

STEPS = 1000


def load_text(run: Run) -> tuple[TextPair, Tokens]:
    """The trained text encoders, frozen, and their tokenizer."""
    tokens = Tokens(run.pack / "tokenizer")
    pair = TextPair(TEXT_1, TEXT_2, len(tokens), tokens.end)
    checkpoint.restore(pair, run.out / "text.safetensors")
    return checkpoint.frozen(pair, run.device, run.dtype), tokens


def signal_power(device: str) -> Tensor:
    """float32 [1000]: the cumulative alphas of the scaled-linear schedule .00085 to .012."""
    root = torch.linspace(0.00085**0.5, 0.012**0.5, STEPS, dtype=torch.float64)
    return torch.cumprod(1 - root.square(), 0).float().to(device)


class Maker:
    """Rendered pictures to rows of the bank. Text states are computed once a picture, here."""

    def __init__(self, run: Run, vae: Vae, pair: TextPair, maps: bool) -> None:
        self.run, self.vae, self.pair, self.maps = run, vae, pair, maps

    @torch.no_grad()
    def __call__(self, pictures: Pictures, plan: Plan) -> dict[str, Tensor]:
        pixels = (pictures.styled * 2 - 1).to(self.run.dtype).contiguous(memory_format=torch.channels_last)
        hidden, pooled = self.pair(to_device(plan.tokens, self.run.device).long())
        rows = {"latent": self.vae.encode(pixels)[0].half(), "hidden": hidden, "pooled": pooled}
        if not self.maps:
            return rows
        own = torch.rand(len(pixels), 1, 1, 1, device=pixels.device) < 0.5
        return {**rows, "maps": control_maps(pictures, torch.where(own, pictures.styled, pictures.clean))}


def control_maps(pictures: Pictures, outlined: Tensor) -> Tensor:
    """uint8 [b, 2, H, W]: Canny edges of ``outlined``, the styled pictures or the clean ones, and the
    pictures' depth stretched to 0..255."""
    edges = canny.canny(canny.grey(outlined)).float()
    depth = pictures.depth
    low, high = depth.amin((2, 3), keepdim=True), depth.amax((2, 3), keepdim=True)
    depth = (depth - low) / (high - low).clamp(min=1e-3)
    return (torch.cat([edges, depth], 1) * 255).round().to(torch.uint8)


def hint_of(maps: Tensor, kind: Tensor) -> Tensor:
    """What the control net takes: the chosen map twice, and its kind (0 edges, 1 depth) as a plane.

    ``maps`` float [b, 2, H, W] in 0..1, ``kind`` long [b].
    """
    chosen = maps[torch.arange(len(maps), device=maps.device), kind].unsqueeze(1)
    plane = kind.to(maps.dtype).view(-1, 1, 1, 1).expand_as(chosen)
    return torch.cat([chosen, chosen, plane], 1)


class Noising:
    """Training pairs: noised latents, their noise, and the min-SNR-5 weight of the step."""

    def __init__(self, run: Run, pair: TextPair, tokens: Tokens) -> None:
        self.run, self.power = run, signal_power(run.device)
        ratio = self.power / (1 - self.power)
        self.weight = ratio.clamp(max=5) / ratio
        empty = torch.from_numpy(tokens.encode([""])).long().to(run.device)
        with torch.no_grad():
            self.empty_hidden, self.empty_pooled = pair(empty)
        self.time_ids = torch.tensor(TIME_IDS, device=run.device)

    def __call__(self, rows: dict[str, Tensor], zeros: float = 0.07, empties: float = 0.05) -> Batch:
        """``zeros``: share without text as SDXL does it; ``empties``: share with an empty prompt."""
        z, n = rows["latent"].float(), len(rows["latent"])
        t = torch.randint(0, STEPS, (n,), device=z.device)
        noise = torch.randn_like(z)
        a = self.power[t].view(-1, 1, 1, 1)
        u = torch.rand(n, device=z.device)
        drop, empty = u < zeros, (u >= zeros) & (u < zeros + empties)
        hidden = torch.where(empty[:, None, None], self.empty_hidden, rows["hidden"])
        pooled = torch.where(empty[:, None], self.empty_pooled, rows["pooled"])
        noised = (a.sqrt() * z + (1 - a).sqrt() * noise).to(self.run.dtype)
        return {
            "latents": noised.contiguous(memory_format=torch.channels_last),
            "noise": noise,
            "t": t,
            "weight": self.weight[t],
            "hidden": hidden * ~drop[:, None, None],
            "pooled": pooled * ~drop[:, None],
            "time_ids": self.time_ids.expand(n, -1).contiguous(),
        }
