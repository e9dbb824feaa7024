"""Our networks against the published classes, with the same random weights."""

from __future__ import annotations

import pytest
import torch

from mini import export
from mini.nn import shapes
from mini.nn.layers import group_norm
from mini.nn.unet import ControlNet, Unet
from mini.nn.vae import Vae

diffusers = pytest.importorskip("diffusers")


def _given() -> tuple:
    z, t = torch.randn(2, 4, 32, 32), torch.tensor([3, 800])
    text, pooled = torch.randn(2, shapes.TOKENS, shapes.UNET.context), torch.randn(2, shapes.UNET.pooled)
    return z, t, text, pooled, torch.tensor([shapes.TIME_IDS] * 2)


def test_group_norm_by_channel():
    torch.manual_seed(0)
    norm = torch.nn.GroupNorm(4, 12)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x = (torch.randn(3, 12, 9, 7) * 2 + 0.5).requires_grad_()
    pull = torch.randn(3, 12, 9, 7)
    theirs = torch.autograd.grad((norm(x) * pull).sum(), [x, norm.weight, norm.bias])
    y = group_norm(x, 4, norm.weight, norm.bias, norm.eps)
    ours = torch.autograd.grad((y * pull).sum(), [x, norm.weight, norm.bias])
    assert torch.allclose(y, norm(x), atol=1e-5)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(ours, theirs, strict=True))


@torch.no_grad()
def test_unet_and_control_net():
    torch.manual_seed(0)
    unet = diffusers.UNet2DConditionModel.from_config(export._unet_config())
    ours = Unet()
    ours.load_state_dict(unet.state_dict())
    control = diffusers.ControlNetModel.from_config(export._control_config())
    for parameter in control.parameters():  # the zero convolutions would hide everything
        parameter.add_(torch.randn_like(parameter) * 0.02)
    our_control = ControlNet()
    our_control.load_state_dict(control.state_dict())
    z, t, text, pooled, ids = _given()
    hint, added = torch.rand(2, 3, 256, 256), {"text_embeds": pooled, "time_ids": ids}
    out = control(z, t, text, hint, added_cond_kwargs=added)
    residuals = our_control(z, t, text, pooled, ids, hint)
    theirs = unet(
        z, t, text, added_cond_kwargs=added, down_block_additional_residuals=out.down_block_res_samples,
        mid_block_additional_residual=out.mid_block_res_sample,
    ).sample  # fmt: skip
    assert torch.allclose(ours(z, t, text, pooled, ids, residuals), theirs, atol=1e-4)


@torch.no_grad()
def test_vae_and_folding():
    torch.manual_seed(0)
    theirs, ours = diffusers.AutoencoderKL.from_config(export._vae_config()), Vae()
    ours.load_state_dict(theirs.state_dict())
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    mean, _ = ours.encode(x)
    picture = ours.decode(mean)
    assert torch.allclose(mean, theirs.encode(x).latent_dist.mean, atol=1e-5)
    assert torch.allclose(picture, theirs.decode(mean).sample, atol=1e-5)
    ours.fold(torch.tensor([0.1, 0.2, -0.3, 0.4]), torch.tensor([2.0, 0.5, 1.5, 0.7]))
    folded, _ = ours.encode(x)
    assert not torch.allclose(folded, mean, atol=1e-2)
    assert torch.allclose(ours.decode(folded), picture, atol=1e-3)
