"""Stage ``export``: checkpoints to folders that diffusers and transformers load."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from . import card, take
from .art.subjects import of_tiers
from .nn import shapes
from .nn.unet import Unet
from .nn.vae import Vae
from .scene.styles import STYLES
from .scene.vocab import COLOUR_NAMES, SCENES
from .text.tokens import END, Tokens
from .train import checkpoint

#: The version whose configs these are.
DIFFUSERS = "0.35.2"
_COSINE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}


def _weights(folder: Path, name: str, tensors: dict[str, Tensor], config: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    half = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in tensors.items()}
    save_file(half, folder / name, metadata={"format": "pt"})
    (folder / name).chmod(0o644)
    _json(folder / "config.json", config)


def _json(path: Path, value: dict[str, object]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


def _unet_common() -> dict[str, object]:
    s = shapes.UNET
    cross = len(s.channels) - 1
    return {
        "_diffusers_version": DIFFUSERS, "in_channels": shapes.LATENT_CHANNELS, "act_fn": "silu",
        "down_block_types": ["DownBlock2D"] + ["CrossAttnDownBlock2D"] * cross,
        "block_out_channels": list(s.channels), "layers_per_block": s.layers, "norm_num_groups": s.groups,
        "attention_head_dim": [c // s.head_width for c in s.channels], "cross_attention_dim": s.context,
        "transformer_layers_per_block": [1] * len(s.channels), "use_linear_projection": True,
        "addition_embed_type": "text_time", "addition_time_embed_dim": s.time_id_width,
        "projection_class_embeddings_input_dim": s.pooled + 6 * s.time_id_width,
        "flip_sin_to_cos": True, "freq_shift": 0, "norm_eps": 1e-5,
    }  # fmt: skip


def _unet_config() -> dict[str, object]:
    cross = len(shapes.UNET.channels) - 1
    up = ["CrossAttnUpBlock2D"] * cross + ["UpBlock2D"]
    own = {"_class_name": "UNet2DConditionModel", "out_channels": shapes.LATENT_CHANNELS, "up_block_types": up}
    return {**_unet_common(), **own, "sample_size": shapes.LATENT, "mid_block_type": "UNetMidBlock2DCrossAttn"}


def _control_config() -> dict[str, object]:
    own = {"_class_name": "ControlNetModel", "conditioning_channels": 3, "controlnet_conditioning_channel_order": "rgb"}
    # the last two are ours: which kinds of map, and that the third channel holds the kind's place in the list
    kinds = {"control_kinds": ["canny", "depth"], "control_kind_channel": 2}
    return {**_unet_common(), **own, "conditioning_embedding_out_channels": list(shapes.CONTROL_EMBEDDING), **kinds}


def _vae_config() -> dict[str, object]:
    s = shapes.VAE
    return {
        "_class_name": "AutoencoderKL", "_diffusers_version": DIFFUSERS, "in_channels": 3, "out_channels": 3,
        "latent_channels": s.latent, "block_out_channels": list(s.channels), "layers_per_block": s.layers,
        "norm_num_groups": s.groups, "act_fn": "silu", "sample_size": shapes.SIDE, "scaling_factor": 1.0,
        "down_block_types": ["DownEncoderBlock2D"] * len(s.channels), "force_upcast": False,
        "up_block_types": ["UpDecoderBlock2D"] * len(s.channels),
    }  # fmt: skip


def _text_config(shape: shapes.EncoderShape, tokens: Tokens, kind: str) -> dict[str, object]:
    return {
        "architectures": [kind], "model_type": "clip_text_model", "vocab_size": len(tokens),
        "max_position_embeddings": shapes.TOKENS, "bos_token_id": tokens.start, "eos_token_id": tokens.end,
        "pad_token_id": tokens.end, "hidden_size": shape.width, "intermediate_size": shape.width * shape.expansion,
        "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads, "projection_dim": shape.projection,
        "hidden_act": shape.activation, "layer_norm_eps": 1e-5, "torch_dtype": "float16",
    }  # fmt: skip


def _vision_config() -> dict[str, object]:
    s = shapes.VISION
    return {
        "model_type": "clip_vision_model", "hidden_size": s.width, "intermediate_size": s.width * s.expansion,
        "num_hidden_layers": s.layers, "num_attention_heads": s.heads, "projection_dim": s.projection,
        "image_size": shapes.JUDGE_SIDE, "patch_size": shapes.JUDGE_PATCH, "hidden_act": s.activation,
        "num_channels": 3, "layer_norm_eps": 1e-5,
    }  # fmt: skip


def _style_config() -> dict[str, object]:
    s = shapes.STYLE_VIT
    return {
        "architectures": ["ViTModel"], "model_type": "vit", "hidden_size": s.width, "num_hidden_layers": s.layers,
        "num_attention_heads": s.heads, "intermediate_size": s.width * s.expansion, "hidden_act": s.activation,
        "image_size": shapes.JUDGE_SIDE, "patch_size": shapes.JUDGE_PATCH, "num_channels": 3, "qkv_bias": True,
        "layer_norm_eps": 1e-12, "torch_dtype": "float16",
    }  # fmt: skip


def _preprocessor(folder: Path, kind: str) -> None:
    side = {"height": shapes.JUDGE_SIDE, "width": shapes.JUDGE_SIDE}
    _json(folder / "preprocessor_config.json", {
        "image_processor_type": kind, "do_resize": True, "size": side, "resample": 3, "do_center_crop": False,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "do_convert_rgb": True,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    })  # fmt: skip


def _pipeline_files(to: Path, pack: Path) -> None:
    ddim = {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1, "timestep_spacing": "leading"}
    scheduler = {"_class_name": "DDIMScheduler", "_diffusers_version": DIFFUSERS, **_COSINE, **ddim}
    (to / "scheduler").mkdir(parents=True, exist_ok=True)
    _json(to / "scheduler" / "scheduler_config.json", {**scheduler, "prediction_type": "epsilon"})
    for name in ("tokenizer", "tokenizer_2"):
        shutil.copytree(pack / "tokenizer", to / name, dirs_exist_ok=True)
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "tokenizer_2": ["transformers", "CLIPTokenizer"],
    }  # fmt: skip
    head = {"_class_name": "StableDiffusionXLPipeline", "_diffusers_version": DIFFUSERS}
    _json(to / "model_index.json", {**head, "force_zeros_for_empty_prompt": True, "add_watermarker": False, **parts})


def _vocabulary(tiers: tuple[str, ...]) -> dict[str, object]:
    """The words the model was taught, so that the studio can list them."""
    subjects = [{"noun": s.noun, "also": s.other_words, "kind": s.kind} for s in of_tiers(tiers)]
    styles = [{"name": s.name, "phrases": s.phrases} for s in STYLES]
    places = [{"name": s.name, "phrases": s.phrases} for s in SCENES]
    return {"subjects": subjects, "styles": styles, "places": places, "colours": COLOUR_NAMES}


def _model(pack: Path, out: Path, to: Path, tokens: Tokens) -> None:
    unet, notes = checkpoint.load(out / "unet.safetensors")
    Unet().load_state_dict(unet)
    _weights(to / "unet", "diffusion_pytorch_model.safetensors", unet, _unet_config())
    vae = Vae()
    statistics = checkpoint.restore(vae, out / "vae.safetensors")
    vae.fold(torch.tensor(statistics["mean"]), torch.tensor(statistics["deviation"]))
    _weights(to / "vae", "diffusion_pytorch_model.safetensors", vae.state_dict(), _vae_config())
    text, _ = checkpoint.load(out / "text.safetensors")
    towers = (("text_encoder", "first.", shapes.TEXT_1, "CLIPTextModel"),
              ("text_encoder_2", "second.", shapes.TEXT_2, "CLIPTextModelWithProjection"))  # fmt: skip
    for name, mark, shape, kind in towers:
        state = {k[len(mark) :]: v for k, v in text.items() if k.startswith(mark)}
        _weights(to / name, "model.safetensors", state, _text_config(shape, tokens, kind))
    _pipeline_files(to, pack)
    _json(to / "vocabulary.json", _vocabulary(tuple(notes.get("tiers", ("core",)))))


def _judges(pack: Path, out: Path, to: Path, tokens: Tokens) -> None:
    text, _ = checkpoint.load(out / "text.safetensors")
    vision, _ = checkpoint.load(out / "vision.safetensors")
    state = {k[len("second.") :]: v for k, v in text.items() if k.startswith("second.")}
    state |= {k[len("tower.") :]: v for k, v in vision.items() if k.startswith("tower.")}
    state["logit_scale"] = vision["heads.scale"].clamp(max=math.log(60.0)).reshape(())
    second = _text_config(shapes.TEXT_2, tokens, "CLIPTextModelWithProjection")
    config = {"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": shapes.VISION.projection}
    config |= {"text_config": second, "vision_config": _vision_config(), "torch_dtype": "float16"}
    _weights(to / "judge-clip", "model.safetensors", state, config)
    shutil.copytree(pack / "tokenizer", to / "judge-clip", dirs_exist_ok=True)
    _preprocessor(to / "judge-clip", "CLIPImageProcessor")
    style, _ = checkpoint.load(out / "style.safetensors")
    style = {k[len("vit.") :]: v for k, v in style.items() if k.startswith("vit.")}
    _weights(to / "judge-style", "model.safetensors", style, _style_config())
    _preprocessor(to / "judge-style", "ViTImageProcessor")


def write(pack: Path, out: Path, to: Path) -> None:
    """``mini`` (the model), ``judge-clip``, ``judge-style``, ``trained`` and, if trained, ``mini-control``."""
    tokens = Tokens(pack / "tokenizer")
    assert tokens.vocabulary[END] == tokens.end
    _model(pack, out, to / "mini", tokens)
    _judges(pack, out, to, tokens)
    if (out / "control.safetensors").exists():
        net, _ = checkpoint.load(out / "control.safetensors")
        _weights(to / "mini-control", "diffusion_pytorch_model.safetensors", net, _control_config())
    take.keep(out, to / "trained")
    (to / "MODEL_CARD.md").write_text(card.write(out), encoding="utf8")
    for folder in sorted(path for path in to.iterdir() if path.is_dir()):
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{folder.name:14} {size / 1e6:6.2f} MB")
