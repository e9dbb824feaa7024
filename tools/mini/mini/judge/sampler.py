"""DDIM sampling and inversion as the studio does them: SDXL's leading spacing with offset 1."""

from __future__ import annotations

import torch
from torch import Tensor

from ..nn.clip import TextPair
from ..nn.shapes import LATENT, LATENT_CHANNELS, TIME_IDS
from ..nn.style import Sharing, share
from ..nn.unet import ControlNet, Unet
from ..nn.vae import Vae
from ..text.tokens import Tokens
from ..train.latents import STEPS, signal_power
from ..train.settings import Run


class Sampler:
    """Paints prompts. All randomness is drawn on the CPU from the seed given."""

    def __init__(self, run: Run, unet: Unet, vae: Vae, pair: TextPair, tokens: Tokens) -> None:
        self.run, self.unet, self.vae, self.pair, self.tokens = run, unet, vae, pair, tokens
        self.power = signal_power(run.device)
        self.control: ControlNet | None = None
        self.steps, self.guidance, self.chunk = run.pick(30, 2), 5.0, 128

    def noise(self, count: int, seed: int) -> Tensor:
        """Unit normal latents."""
        rng = torch.Generator().manual_seed(seed)
        return torch.randn(count, LATENT_CHANNELS, LATENT, LATENT, generator=rng).to(self.run.device)

    def _text(self, prompts: list[str]) -> tuple[Tensor, Tensor]:
        """Zeros for the guidance half, then the prompts' states."""
        ids = torch.from_numpy(self.tokens.encode(prompts)).long().to(self.run.device)
        hidden, pooled = self.pair(ids)
        return torch.cat([torch.zeros_like(hidden), hidden]), torch.cat([torch.zeros_like(pooled), pooled])

    def _predict(self, z: Tensor, t: int, text: tuple[Tensor, Tensor], guidance: float, hint: Tensor | None) -> Tensor:
        n, device = len(z), z.device
        both = torch.cat([z, z]).to(self.run.dtype).contiguous(memory_format=torch.channels_last)
        steps = torch.full((2 * n,), t, device=device)
        ids = torch.tensor(TIME_IDS, device=device).expand(2 * n, -1)
        given = (both, steps, *text, ids)
        residuals = None if hint is None else self.control(*given, torch.cat([hint, hint]))
        free, asked = self.unet(*given, residuals=residuals).float().chunk(2)
        return free + guidance * (asked - free)

    def _times(self, steps: int) -> list[int]:
        """Ascending: 1, 1 + 1000/steps, ..."""
        return [i * (STEPS // steps) + 1 for i in range(steps)]

    @torch.no_grad()
    def latents(
        self, prompts: list[str], start: Tensor, guidance: float, steps: int, hint: Tensor | None = None
    ) -> Tensor:
        """Denoised latents from the noise given."""
        text, z, times = self._text(prompts), start, self._times(steps)
        for i in reversed(range(steps)):
            a = self.power[times[i]]
            before = self.power[times[i - 1]] if i else self.power[0]
            e = self._predict(z, times[i], text, guidance, hint)
            z = before.sqrt() * ((z - (1 - a).sqrt() * e) / a.sqrt()) + (1 - before).sqrt() * e
        return z

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """Pictures in 0..1."""
        parts = [self.vae.decode(part.to(self.run.dtype)).float() for part in z.split(64)]
        return (torch.cat(parts) / 2 + 0.5).clamp(0, 1)

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """Latent means of pictures in 0..1."""
        return self.vae.encode((pictures * 2 - 1).to(self.run.dtype))[0].float()

    def paint(
        self, prompts: list[str], seed: int, sharing: Sharing | None = None, hint: Tensor | None = None
    ) -> Tensor:
        """Pictures [n, 3, 256, 256]. With ``sharing``, prompts come in sets of its size."""
        share(self.unet, sharing)
        start, out = self.noise(len(prompts), seed), []
        for at in range(0, len(prompts), self.chunk):
            piece = slice(at, at + self.chunk)
            part = None if hint is None else hint[piece]
            out.append(self.latents(prompts[piece], start[piece], self.guidance, self.steps, part))
        share(self.unet, None)
        return self.decode(torch.cat(out))

    @torch.no_grad()
    def invert(self, pictures: Tensor, prompts: list[str], guidance: float, steps: int) -> Tensor:
        """DDIM inversion: the noise that would paint the pictures again."""
        text, z = self._text(prompts), self.encode(pictures)
        before = self.power[0]
        for t in self._times(steps):
            after = self.power[t]
            e = self._predict(z, t, text, guidance, None)
            z = after.sqrt() * ((z - (1 - before).sqrt() * e) / before.sqrt()) + (1 - after).sqrt() * e
            before = after
        return z
