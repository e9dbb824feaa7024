"""Writes tests/judges: tiny CLIP and ViT networks with random weights, pictures,
and what transformers computes with them. Needs transformers, torch and Pillow:

    python tools/metrics/goldens.py tests/judges
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import (CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer, ViTConfig,
                          ViTImageProcessor, ViTModel)

TEXTS = ["a fox", "a castle, watercolour", "ein Fuchs & 2 Häuser!", ""]
# None is taller than wide: Pillow 13 filters rows first where that is cheaper, which rounds
# otherwise than every Pillow before it, and than transformers had when CLIP was published.
SIZES = [(64, 64), (90, 50), (121, 37)]


def spread(model):
    """Random weights that are far enough from zero for every layer to count."""
    torch.manual_seed(7)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if tensor.dim() > 1:
                tensor.normal_(0, 1.5 / tensor.shape[-1] ** 0.5)
            elif name.endswith("bias"):
                tensor.normal_(0, 0.2)
            else:
                tensor.normal_(1, 0.2)
    return model.eval()


def tokenizer(folder):
    """CLIP's own bytes and a few merges."""
    from transformers.models.clip.tokenization_clip import bytes_to_unicode
    letters = list(bytes_to_unicode().values())
    merges = [("a", "</w>"), ("f", "o"), ("fo", "x</w>"), ("c", "a"), ("s", "t"), ("ca", "st")]
    merges = [m for m in merges if m != ("a", "</w>")]
    tokens = letters + [letter + "</w>" for letter in letters]
    tokens += ["".join(pair) for pair in merges] + ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    lines = ["#version: 0.2"] + [" ".join(pair) for pair in merges]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")
    made = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"),
                         model_max_length=16)
    config = {"model_max_length": 16, "bos_token": "<|startoftext|>",
              "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
              "pad_token": "<|endoftext|>", "tokenizer_class": "CLIPTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    return made, len(tokens)


def picture(index, size):
    """A picture with edges, slopes and noise."""
    width, height = size
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    noise = np.random.default_rng(index).normal(0, 20, (height, width, 3))
    base = np.stack([255 * x, 255 * y, 127 + 120 * np.sin(9 * x * (index + 1) + 5 * y)], -1)
    base[height // 4: height // 2, width // 3: width // 2] = [250, 20, 60 * index]
    return Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))


def main(root):
    root.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    pictures = [picture(i, size) for i, size in enumerate(SIZES)]
    for i, image in enumerate(pictures):
        image.save(root / f"{i}.png")
    golden = {}

    clip = root / "tiny-clip"
    clip.mkdir(exist_ok=True)
    tokens, count = tokenizer(clip)
    sides = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2}
    model = spread(CLIPModel(CLIPConfig(
        projection_dim=16,
        text_config={**sides, "num_attention_heads": 3, "vocab_size": count,
                     "max_position_embeddings": 16, "eos_token_id": 2,
                     "hidden_act": "quick_gelu", "projection_dim": 16},
        vision_config={**sides, "hidden_size": 32, "num_attention_heads": 4, "image_size": 32,
                       "patch_size": 8, "hidden_act": "quick_gelu", "projection_dim": 16})))
    model.save_pretrained(clip)
    # As the published files write it: numbers for sizes, the processor's old name.
    published = {"feature_extractor_type": "CLIPFeatureExtractor", "do_resize": True, "size": 32,
                 "do_center_crop": True, "crop_size": 32, "resample": 3, "do_normalize": True,
                 "image_mean": [0.48145466, 0.4578275, 0.40821073],
                 "image_std": [0.26862954, 0.26130258, 0.27577711]}
    (clip / "preprocessor_config.json").write_text(json.dumps(published, indent=1) + "\n")
    processor = CLIPImageProcessor.from_pretrained(clip)
    batch = processor(pictures, return_tensors="pt")["pixel_values"]
    ids = tokens(TEXTS, padding="max_length", truncation=True, return_tensors="pt")
    with torch.no_grad():
        golden["clip.pixels"] = batch
        golden["clip.pictures"] = model.get_image_features(batch)
        golden["clip.texts"] = model.get_text_features(**ids)
    golden["clip.ids"] = ids["input_ids"]

    vit = root / "tiny-vit"
    vit.mkdir(exist_ok=True)
    model = spread(ViTModel(ViTConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2,
        image_size=24, patch_size=8, hidden_act="gelu", layer_norm_eps=1e-12),
        add_pooling_layer=False))
    model.save_pretrained(vit)
    published = {"feature_extractor_type": "ViTFeatureExtractor", "do_resize": True, "size": 24,
                 "resample": 2, "do_normalize": True, "image_mean": [0.485, 0.456, 0.406],
                 "image_std": [0.229, 0.224, 0.225]}
    (vit / "preprocessor_config.json").write_text(json.dumps(published, indent=1) + "\n")
    processor = ViTImageProcessor.from_pretrained(vit)
    batch = processor(pictures, return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        golden["vit.pixels"] = batch
        golden["vit.pictures"] = model(batch).last_hidden_state[:, 0]
    save_file({k: v.contiguous() for k, v in golden.items()}, root / "golden.safetensors")
    (root / "texts.json").write_text(json.dumps(TEXTS, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
