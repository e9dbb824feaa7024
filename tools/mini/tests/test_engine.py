"""The optimizer against PyTorch's own, and the loop on a task that must be learnt."""

from __future__ import annotations

import copy

import torch
from torch import nn

from mini.nn.shapes import VaeShape
from mini.nn.vae import Vae
from mini.train import checkpoint
from mini.train.engine import Schedule, Trainer
from mini.train.flat import FlatAdam
from mini.train.settings import Run
from mini.train.vae import CORNERS, VaeLoss, _corner, _odd, _place, _spikes


def _net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(4, 8), nn.SiLU(), nn.Conv2d(8, 2, 1))


def test_flat_adam_equals_adamw():
    ours, theirs = _net(), _net()
    flat = FlatAdam([ours], "cpu", torch.float32, 0.9, 0.1)
    groups = [
        {"params": [p for p in theirs.parameters() if p.ndim >= 2], "weight_decay": 0.1},
        {"params": [p for p in theirs.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.99))
    for step in range(5):
        x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        for net in (ours, theirs):
            net(x).square().mean().backward()
        norm = nn.utils.clip_grad_norm_(theirs.parameters(), 0.05)
        assert torch.allclose(flat.step(1e-2, clip=0.05), norm, rtol=1e-4)
        adam.step()
        adam.zero_grad()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_flat_keeps_weights_and_drops_a_poisoned_step():
    net = _net()
    before = copy.deepcopy(net.state_dict())
    flat = FlatAdam([net], "cpu", torch.float32, 0.9, 0.0)
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    (net(torch.randn(1, 3, 8, 8)).sum() * float("inf")).backward()
    flat.step(1e-2)
    assert all(torch.allclose(before[k], v) for k, v in net.state_dict().items())
    averaged = flat.averaged(0)
    assert set(averaged) == set(before) and all(averaged[k].shape == before[k].shape for k in before)


class _Square:
    def __init__(self, net: nn.Module) -> None:
        self.net = net

    def __call__(self, b: dict) -> tuple[torch.Tensor, torch.Tensor]:
        error = (self.net(b["x"]) - b["y"]).square().mean()
        return error, error.detach().view(1)


def test_trainer_learns(tmp_path):
    run = Run(tmp_path, tmp_path, 60.0, "cpu", compile="none", graph=False)
    net = _net()
    trainer = Trainer(run, [net], _Square(net), Schedule(2e-2, warmup=2, cosine=False), ("error",), 0.9, 0.0)
    x = torch.randn(16, 3, 8, 8)
    batch = {"x": x, "y": torch.stack([x.mean(1), x[:, 0]], 1)}
    first = float(trainer.train_step(batch, 0.0)[0])
    for _ in range(120):
        last = float(trainer.train_step(batch, 0.0)[0])
    assert last < 0.2 * first
    checkpoint.save(tmp_path / "net.safetensors", trainer.flat.averaged(0), {"samples": trainer.samples})
    again = _net()
    assert checkpoint.restore(again, tmp_path / "net.safetensors")["samples"] == 121 * 16
    assert torch.allclose(again(x), net(x), atol=0.1)


def test_schedule():
    s = Schedule(1.0, warmup=10, cosine=True, floor=0.1)
    assert s.rate(0, 0.0) == 0.1
    assert s.rate(100, 0.0) == 1.0
    assert abs(s.rate(100, 1.0) - 0.1) < 1e-9
    assert Schedule(1.0, warmup=1, cosine=False).rate(5, 0.9) == 1.0


def test_a_spike_is_told_from_strong_texture():
    texture = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(1))
    spiked = texture.clone()
    spiked[0, 0, 60, 60] = 60.0
    assert float(_spikes([texture])) == 0.0 < float(_spikes([texture, spiked]))


def test_pixels_count_more_where_latents_stand_out_and_in_the_corner():
    latents = torch.zeros(1, 4, 32, 32)
    latents[0, 3, 10, 20] = -5.0
    assert _odd(latents).sum() == 9 and _odd(latents)[0, 0, 9:12, 19:22].min() == 1
    place = _place("cpu")[0, 0]
    assert place[16, 16] == 0 < place[0, 16] == place[16, 31] < place[30, 30] == place[31, 28]


def test_each_corner_is_measured_where_it_is():
    wrong = torch.zeros(1, 3, 64, 64)
    wrong[..., -16:, :16] = 1.0
    found = {name: float(_corner(wrong, axes)) for name, axes in CORNERS.items()}
    assert found == {"upper left": 0.0, "upper right": 0.0, "lower left": 255.0, "lower right": 0.0}


def test_a_decoder_trained_alone_sees_the_encoders_means_and_gives_it_no_gradient():
    vae = Vae(VaeShape(channels=(32, 32), groups=16))
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    seen: list[torch.Tensor] = []
    pixels = torch.rand(2, 3, 16, 16) * 2 - 1
    mean, _, given = VaeLoss(vae, None, alone=True)._latents(
        {"pixels": pixels, "noise": torch.ones(1), "grain": torch.tensor([0.0, 0.5]).view(2, 1, 1, 1)}
    )
    assert torch.allclose(given[0], mean[0]) and torch.allclose(given[1], mean[1] + 0.5)
    vae.decode(given, seen).square().mean().backward()
    assert len(seen) == 3 and vae.decoder.conv_in.weight.grad is not None
    assert vae.encoder.conv_in.weight.grad is None and vae.quant_conv.weight.grad is None
