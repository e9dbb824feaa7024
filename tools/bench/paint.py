"""A style-aligned set painted by diffusers and transformers, as `predella paint` paints it."""

import json
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from PIL import Image
from transformers.models.clip.modeling_clip import CLIPTextModel, CLIPTextModelWithProjection
from transformers.models.clip.tokenization_clip import CLIPTokenizer

from kernels import adain, attend


class StyleAligned:
    """The attention of StyleAligned (arXiv 2312.02133), section 3.2, for diffusers."""

    def __init__(self, sets):
        self.sets = sets

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, **_):
        given = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = attn.to_q(hidden_states), attn.to_k(given), attn.to_v(given)
        sets = self.sets if encoder_hidden_states is None else None
        if sets is not None:
            q, k = adain(q, sets), adain(k, sets)
        return attn.to_out[0](attend(q, k, v, attn.heads, sets))


class Model:
    def __init__(self, folder, device, dtype):
        folder = Path(folder)
        self.device, self.dtype = device, dtype
        load = lambda kind, part: kind.from_pretrained(folder / part, low_cpu_mem_usage=False)
        self.unet = load(UNet2DConditionModel, "unet").to(device, dtype)
        self.vae = load(AutoencoderKL, "vae").to(device, torch.float32)
        kinds = [("", CLIPTextModel), ("_2", CLIPTextModelWithProjection)]
        self.encoders = [
            (
                CLIPTokenizer.from_pretrained(folder / f"tokenizer{suffix}"),
                kind.from_pretrained(folder / f"text_encoder{suffix}").to(device, torch.float32),
            )
            for suffix, kind in kinds
        ]
        self.scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")

    def encode(self, prompts):
        """Hidden states before the last layer side by side, and the second encoder's pooled text."""
        states = []
        for tokenizer, encoder in self.encoders:
            ids = tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids.to(
                self.device
            )
            out = encoder(ids, output_hidden_states=True)
            states.append(out.hidden_states[-2])
        return torch.cat(states, dim=-1).to(self.dtype), out.text_embeds.to(self.dtype)

    def paint(self, recipe, align=True):
        """The pictures of a recipe as predella writes it, as arrays of bytes."""
        panels, size = recipe["panels"], recipe["size"]
        hidden, pooled = self.encode([f"{p['subject']}, {recipe['style_prompt']}" for p in panels])
        hidden, pooled = (torch.cat([torch.zeros_like(x), x]) for x in (hidden, pooled))
        sides = [size["height"], size["width"]]
        ids = torch.tensor([[*sides, 0, 0, *sides]] * (2 * len(panels)), device=self.device)
        self.unet.set_attn_processor(StyleAligned(2 if align else None))
        factor = 2 ** (len(self.vae.config.block_out_channels) - 1)
        shape = (1, self.vae.config.latent_channels, sides[0] // factor, sides[1] // factor)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(p["seed"])) for p in panels]
        latents = torch.cat(noise).to(self.device)
        self.scheduler.set_timesteps(recipe["steps"])
        for timestep in self.scheduler.timesteps:
            both = torch.cat([latents, latents]).to(self.dtype)
            added = {"text_embeds": pooled, "time_ids": ids}
            raw = self.unet(both, timestep, hidden, added_cond_kwargs=added).sample.float()
            without, with_prompt = raw.chunk(2)
            guided = without + recipe["guidance_scale"] * (with_prompt - without)
            latents = self.scheduler.step(guided, timestep, latents).prev_sample
        scale = self.vae.config.scaling_factor
        return [to_bytes(self.vae.decode(one[None] / scale).sample) for one in latents]


def to_bytes(picture):
    levels = (picture / 2 + 0.5).clamp(0, 1)[0].permute(1, 2, 0) * 255
    return levels.round().to(torch.uint8).cpu().numpy()


def run(options):
    """One cold run: loads the model and writes the pictures."""
    recipe = json.loads(Path(options["recipe"]).read_text())
    model = Model(options["model"], torch.device(options["device"]), getattr(torch, options["dtype"]))
    for i, picture in enumerate(model.paint(recipe)):
        Image.fromarray(picture).save(Path(options["out"]) / f"{i + 1:02}.png")
