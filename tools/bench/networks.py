"""One UNet step and one decoding in PyTorch, on what a report of `predella bench` names."""

import json
from pathlib import Path

import torch

from timing import measure
from unet import SDXL, UNet


def step(report, options, device, dtype):
    """The step plain and style-shared; names as in predella's report."""
    random = options["random"]
    config = SDXL if random else json.loads((Path(options["model"]) / "unet/config.json").read_text())
    with torch.device("meta" if random else "cpu"):
        unet = UNet(config)
    if random:
        unet = fill(unet.to_empty(device=device).to(dtype))
    else:
        from safetensors.torch import load_file

        weights = load_file(Path(options["model"]) / "unet/diffusion_pytorch_model.safetensors")
        unet.load_state_dict(weights)
        unet = unet.to(device, dtype)
    rows, size, latents = report["rows"], report["size"], report["latents"]
    normal = lambda *shape: torch.randn(shape, device=device).to(dtype)
    x = normal(rows, latents["channels"], latents["height"], latents["width"])
    context, added = normal(rows, report["tokens"], config["cross_attention_dim"]), {}
    if config.get("addition_embed_type") == "text_time":
        ids = 6 * config["addition_time_embed_dim"]
        sides = [size["height"], size["width"]]
        added = {
            "pooled": normal(rows, config["projection_class_embeddings_input_dim"] - ids),
            "time_ids": torch.tensor([[*sides, 0, 0, *sides]] * rows, device=device),
        }
    if options["what"] == "agree":
        return [agreement(unet, options["model"], x, context, added)]
    return [
        {"part": "step", "name": f"{name}, {rows} rows"}
        | measure(lambda: unet(x, 481.0, context, **added, sets=sets), device, options["seconds"])
        for name, sets in (("plain", None), ("shared", 2))
    ]


def fill(module):
    """Random weights so scaled that a layer's output is about as large as its input."""
    for name, weight in module.named_parameters():
        if weight.dim() > 1:
            weight.normal_(std=weight[0].numel() ** -0.5)
        else:
            weight.normal_(std=0.02).add_(1.0 if name.endswith("weight") else 0.0)
    return module


def agreement(unet, folder, x, context, added):
    """How far this UNet is from diffusers' with the same weights."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    theirs = UNet2DConditionModel.from_pretrained(Path(folder) / "unet", low_cpu_mem_usage=False)
    theirs = theirs.to(x.device, x.dtype)
    named = {"text_embeds": added["pooled"], "time_ids": added["time_ids"]} if added else {}
    theirs = theirs(x, 481.0, context, added_cond_kwargs=named).sample
    ours = unet(x, 481.0, context, **added)
    return {"part": "agree", "name": "unet", "error": ((ours - theirs).norm() / theirs.norm()).item()}


def decode(report, options, device):
    """One picture from its latents in f32, by diffusers."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    if options["random"]:
        config = {
            "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 4,
            "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
        }  # fmt: skip
        vae = AutoencoderKL(**config)
    else:
        vae = AutoencoderKL.from_pretrained(Path(options["model"]) / "vae", low_cpu_mem_usage=False)
    vae, latents = vae.to(device, torch.float32), report["latents"]
    x = torch.randn(1, latents["channels"], latents["height"], latents["width"], device=device)
    times = measure(lambda: vae.decode(x).sample, device, options["seconds"])
    return [{"part": "decode", "name": "one picture"} | times]
