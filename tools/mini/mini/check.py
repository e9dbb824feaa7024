"""Stage ``check``: the exported folders, loaded by diffusers and transformers, against our networks.

Needs both packages; run it where the export is made, not where the training is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from .judge.sampler import Sampler
from .nn import clip, shapes
from .nn.unet import ControlNet, Unet
from .nn.vae import Vae
from .nn.vit import Vit
from .text.tokens import Tokens
from .train.settings import TINY, Run

#: Largest difference allowed, relative to the largest value: float32 rounding over a whole sampling.
TOLERANCE = 1e-3
PROMPTS = ["a fox, watercolor painting", "a castle, neon sign"]


def _state(path: Path) -> dict[str, Tensor]:
    return {k: v.float() for k, v in load_file(path).items()}


def _loaded(net: torch.nn.Module, state: dict[str, Tensor]) -> torch.nn.Module:
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)


def _compare(name: str, ours: Tensor, theirs: Tensor) -> None:
    far = float((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-6))
    print(f"{name:34} relative difference {far:.1e}")
    if far > TOLERANCE:
        raise SystemExit(f"{name}: our network and the published class disagree")


def _sampler(folder: Path, tokens: Tokens) -> Sampler:
    pair = clip.TextPair(shapes.TEXT_1, shapes.TEXT_2, len(tokens), tokens.end)
    _loaded(pair.first, _state(folder / "text_encoder" / "model.safetensors"))
    _loaded(pair.second, _state(folder / "text_encoder_2" / "model.safetensors"))
    unet = _loaded(Unet(), _state(folder / "unet" / "diffusion_pytorch_model.safetensors"))
    vae = _loaded(Vae(), _state(folder / "vae" / "diffusion_pytorch_model.safetensors"))
    return Sampler(Run(folder, folder, 0.0, "cpu"), unet, vae, pair, tokens)


def _tokens(folder: Path, tokens: Tokens) -> None:
    from transformers import CLIPTokenizer

    texts = [*PROMPTS, "", "Kitten's  T-shirt, 8 bit", "an owl on the left and a rabbit on the right " * 6]
    theirs = CLIPTokenizer.from_pretrained(folder / "tokenizer")(
        texts, padding="max_length", truncation=True, max_length=shapes.TOKENS, return_tensors="np"
    )
    if not np.array_equal(theirs["input_ids"], tokens.encode(texts)):
        raise SystemExit("the tokenizers disagree")
    print("tokenizer                          equal")


def _pipeline(folder: Path, sampler: Sampler) -> None:
    from diffusers import StableDiffusionXLPipeline

    steps = 2 if TINY else 10
    pipe = StableDiffusionXLPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    start = sampler.noise(len(PROMPTS), 1)
    size = {"height": shapes.SIDE, "width": shapes.SIDE}
    theirs = pipe(PROMPTS, latents=start, num_inference_steps=steps, guidance_scale=5.0, output_type="latent", **size)
    ours = sampler.latents(PROMPTS, start, 5.0, steps)
    _compare(f"{steps} steps of the SDXL pipeline", ours, theirs.images)
    with torch.no_grad():
        _compare("decoded", sampler.vae.decode(ours), pipe.vae.decode(theirs.images).sample)


def _control(folder: Path) -> None:
    from diffusers import ControlNetModel

    theirs = ControlNetModel.from_pretrained(folder, torch_dtype=torch.float32)
    ours = _loaded(ControlNet(), _state(folder / "diffusion_pytorch_model.safetensors"))
    z, t = torch.randn(1, 4, 32, 32), torch.tensor([500])
    text, pooled = torch.randn(1, shapes.TOKENS, shapes.UNET.context), torch.randn(1, shapes.UNET.pooled)
    hint, ids = torch.rand(1, 3, shapes.SIDE, shapes.SIDE), torch.tensor([shapes.TIME_IDS])
    with torch.no_grad():
        out = theirs(z, t, text, hint, added_cond_kwargs={"text_embeds": pooled, "time_ids": ids})
        mine = ours(z, t, text, pooled, ids, hint)
    for a, b in zip(mine, [*out.down_block_res_samples, out.mid_block_res_sample], strict=True):
        _compare("control residual", a, b)


def _judges(to: Path, tokens: Tokens) -> None:
    from transformers import CLIPModel, ViTModel

    pixels = torch.randn(2, 3, shapes.JUDGE_SIDE, shapes.JUDGE_SIDE)
    ids = torch.from_numpy(tokens.encode(PROMPTS)).long()
    theirs = CLIPModel.from_pretrained(to / "judge-clip", torch_dtype=torch.float32).eval()
    state = _state(to / "judge-clip" / "model.safetensors")
    vision = _loaded(clip.VisionTower(), {k: v for k, v in state.items() if k.startswith("vis")})
    text = clip.second_text_encoder(len(tokens), tokens.end)
    _loaded(text, {k: v for k, v in state.items() if k.startswith("text")})
    style = ViTModel.from_pretrained(to / "judge-style", torch_dtype=torch.float32, add_pooling_layer=False).eval()
    vit = _loaded(Vit(), _state(to / "judge-style" / "model.safetensors"))
    with torch.no_grad():
        _compare("judge, pictures", vision(pixels), theirs.get_image_features(pixels))
        _compare("judge, texts", text(ids)[1], theirs.get_text_features(ids))
        _compare("style encoder", vit(pixels), style(pixels).last_hidden_state[:, 0])


def run(to: Path) -> None:
    """Raises SystemExit at the first disagreement."""
    torch.set_num_threads(1 if TINY else 2)
    tokens = Tokens(to / "mini" / "tokenizer")
    _tokens(to / "mini", tokens)
    _pipeline(to / "mini", _sampler(to / "mini", tokens))
    _judges(to, tokens)
    if (to / "mini-control").exists():
        _control(to / "mini-control")
    print("the exported folders are what they say")
