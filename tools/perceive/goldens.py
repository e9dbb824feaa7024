"""Writes tests/perceive: tiny BLIP, Whisper, T5, Depth Anything and CLAP networks with random
weights, a picture, a sound, a text, and what transformers makes of them. Needs transformers, torch, tokenizers:

    python tools/perceive/goldens.py tests/perceive
"""

import json
import sys
import wave
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (DepthAnythingConfig, DepthAnythingForDepthEstimation, DPTImageProcessor,
                          BlipConfig, BlipForConditionalGeneration, BlipImageProcessor, T5Config,
                          T5ForConditionalGeneration, WhisperConfig, WhisperFeatureExtractor,
                          WhisperForConditionalGeneration)

from clap import clap

WORDS = ("a fox castle boat fish red blue snow tree house on in the and of painting old small "
         "bright storm wind rain sun cloud sea night").split()
TEXT = "the old castle in the rain"
LONGEST = 12


def spread(model, size, seed):
    """Random weights that are far enough from zero for every layer to count."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if name == "model.encoder.embed_positions.weight":
                continue  # waves, which candle does not read but makes
            if tensor.dim() > 1:
                tensor.normal_(0, size / tensor[0].numel() ** 0.5)
            elif name.endswith("bias"):
                tensor.normal_(0, 0.2)
            else:
                tensor.normal_(1, 0.2)
    return model.eval()


def first_that_talks(make):
    """The result of the first seed whose text is not the same token again and again."""
    for seed in range(200):
        ids, result = make(seed)
        if len(set(ids)) >= 6:
            return result
    raise SystemExit("no seed talks")


def before(ids, end):
    """The tokens without the one that ends them."""
    return ids[:-1] if ids[-1] == end else ids


def half(model):
    """Weights that f16 holds exactly, so that small files lose nothing."""
    return model.half().float()


def save(model, folder):
    model.half().save_pretrained(folder)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    model.float()


def blip(root, golden):
    folder = root / "tiny-blip"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]"]
    names = special + WORDS + ["##s", "##es"]
    vocab = {name: i for i, name in enumerate(names)}
    made = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.add_special_tokens([AddedToken(name, special=True) for name in special])
    both = {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    config = BlipConfig(
        text_config={**both, "hidden_size": 24, "encoder_hidden_size": 32, "projection_dim": 24,
                     "vocab_size": len(names), "max_position_embeddings": 32,
                     "bos_token_id": vocab["[DEC]"], "sep_token_id": vocab["[SEP]"],
                     "eos_token_id": vocab["[SEP]"], "pad_token_id": 0, "is_decoder": True},
        vision_config={**both, "hidden_size": 32, "image_size": 32, "patch_size": 8,
                       "projection_dim": 16},
        projection_dim=16, image_text_hidden_size=16)
    folder.mkdir(exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    feed = {"image_processor_type": "BlipImageProcessor", "do_resize": True, "resample": 3,
            "size": {"height": 32, "width": 32}, "do_normalize": True, "do_rescale": True,
            "rescale_factor": 0.00392156862745098,
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711]}
    (folder / "preprocessor_config.json").write_text(json.dumps(feed, indent=1) + "\n")
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:50, :70]
    base = np.stack([x * 3, y * 5, 128 + 100 * np.sin(x / 5)], -1)
    picture = Image.fromarray(np.clip(base + rng.normal(0, 20, base.shape), 0, 255).astype(np.uint8))
    picture.save(root / "picture.png")
    pixels = BlipImageProcessor.from_pretrained(folder)(picture, return_tensors="pt")["pixel_values"]
    def make(seed):
        model = half(spread(BlipForConditionalGeneration(config), 2.0, seed))
        ids = model.generate(pixel_values=pixels, max_length=LONGEST, num_beams=1, do_sample=False)
        return ids[0].tolist(), (model, ids)

    with torch.no_grad():
        model, ids = first_that_talks(make)
        save(model, folder)
        seen = model.vision_model(pixels).last_hidden_state
        start = torch.tensor([[vocab["[DEC]"]]])
        logits = model.text_decoder(start, encoder_hidden_states=seen).logits
    golden["blip.seen"], golden["blip.logits"], golden["blip.ids"] = seen, logits[0], before(ids[0], vocab["[SEP]"])
    return made.decode(ids[0].tolist(), skip_special_tokens=True)


def whisper(root, golden):
    folder = root / "tiny-whisper"
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>",
               "<|transcribe|>", "<|nocaptions|>", "<|notimestamps|>"]
    names = list("abcdefghijklmnopqrst") + ["Ġ" + word for word in WORDS] + special
    vocab = {name: i for i, name in enumerate(names)}
    made = Tokenizer(models.BPE(vocab, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(name, special=True) for name in special])
    token = vocab.__getitem__
    config = WhisperConfig(
        vocab_size=len(names), num_mel_bins=80, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=128,
        decoder_ffn_dim=128, max_source_positions=50, max_target_positions=24,
        pad_token_id=token("<|endoftext|>"), bos_token_id=token("<|endoftext|>"),
        eos_token_id=token("<|endoftext|>"), decoder_start_token_id=token("<|startoftranscript|>"),
        suppress_tokens=None, begin_suppress_tokens=None)
    folder.mkdir(exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    hearing = WhisperFeatureExtractor(feature_size=80, chunk_length=1)
    hearing.save_pretrained(folder)
    rate = 16000
    t = np.arange(int(0.8 * rate)) / rate
    sound = 0.3 * np.sin(2 * np.pi * (300 + 500 * t) * t) + 0.1 * np.sin(2 * np.pi * 1700 * t)
    sound += np.random.default_rng(5).normal(0, 0.02, sound.shape)
    whole = np.clip(np.round(sound * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(root / "sound.wav"), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(rate)
        out.writeframes(whole.tobytes())
    mel = hearing(whole.astype(np.float32) / 32768, sampling_rate=rate,
                  return_tensors="pt")["input_features"]
    start = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]

    def make(seed):
        model = half(spread(WhisperForConditionalGeneration(config), 2.2, seed))
        ids, first = [token(name) for name in start], None
        while len(ids) < LONGEST:
            logits = model(input_features=mel, decoder_input_ids=torch.tensor([ids])).logits[0, -1]
            first = logits.clone() if first is None else first
            logits[special_ids(vocab, special)] = -torch.inf
            if len(ids) == len(start):
                logits[token("<|endoftext|>")] = -torch.inf
            best = int(logits.argmax())
            if best == token("<|endoftext|>"):
                break
            ids.append(best)
        return ids[len(start):], (model, first, ids[len(start):])

    with torch.no_grad():
        model, golden["whisper.logits"], kept = first_that_talks(make)
        save(model, folder)
        heard = model.model.encoder(mel).last_hidden_state
    golden["whisper.mel"], golden["whisper.heard"] = mel, heard
    golden["whisper.ids"] = torch.tensor(kept)
    return made.decode(kept)


def special_ids(vocab, special):
    """What a transcript never holds: every special token but the end."""
    return [vocab[name] for name in special[1:]]


def t5(root, golden):
    folder = root / "tiny-t5"
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("▁" + word, -2.0 - i / 50) for i, word in enumerate(WORDS + ["summarize"])]
    pieces += [(letter, -9.0) for letter in "▁abcdefghijklmnopqrstuvwxyz:.,"]
    made = Tokenizer(models.Unigram(pieces, unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.add_special_tokens([AddedToken(name, special=True) for name in ["<pad>", "</s>", "<unk>"]])
    config = T5Config(vocab_size=len(pieces), d_model=32, d_kv=8, d_ff=48, num_layers=2,
                      num_decoder_layers=2, num_heads=4, relative_attention_num_buckets=8,
                      relative_attention_max_distance=16, feed_forward_proj="gated-gelu",
                      tie_word_embeddings=False, pad_token_id=0, eos_token_id=1,
                      decoder_start_token_id=0, dropout_rate=0.0)
    folder.mkdir(exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    ids = made.encode("summarize: " + TEXT).ids + [1]

    def make(seed):
        model = half(spread(T5ForConditionalGeneration(config), 2.0, seed))
        out = model.generate(torch.tensor([ids]), max_new_tokens=LONGEST, num_beams=1,
                             do_sample=False)
        return out[0].tolist(), (model, out)

    with torch.no_grad():
        model, out = first_that_talks(make)
        save(model, folder)
        start = torch.tensor([[0]])
        golden["t5.logits"] = model(torch.tensor([ids]), decoder_input_ids=start).logits[0]
    golden["t5.in"], golden["t5.ids"] = torch.tensor(ids), before(out[0], 1)
    return made.decode(out[0].tolist(), skip_special_tokens=True)


def depth(root, golden):
    folder = root / "tiny-depth"
    config = DepthAnythingConfig(
        backbone_config={"model_type": "dinov2", "hidden_size": 24, "num_hidden_layers": 4,
                         "num_attention_heads": 2, "mlp_ratio": 2, "image_size": 56,
                         "patch_size": 14, "out_indices": [1, 2, 3, 4],
                         "reshape_hidden_states": False},
        reassemble_hidden_size=24, neck_hidden_sizes=[6, 8, 10, 12], fusion_hidden_size=8,
        head_hidden_size=6)
    model = half(spread(DepthAnythingForDepthEstimation(config), 1.5, 4))
    save(model, folder)
    look = DPTImageProcessor(size={"height": 56, "width": 56}, keep_aspect_ratio=True,
                             ensure_multiple_of=14, resample=3, do_pad=False,
                             image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    picture = Image.open(root / "picture.png")
    with torch.no_grad():
        for name, shown in [("wide", picture), ("square", picture.crop((0, 0, 50, 50)))]:
            pixels = look(shown, return_tensors="pt")["pixel_values"]
            near = model(pixels).predicted_depth
            golden["depth." + name] = near[0]
            print("depth", name, tuple(pixels.shape), float(near.min()), float(near.max()))


def main(root):
    root.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    golden = {}
    words = {"blip": blip(root, golden), "whisper": whisper(root, golden), "t5": t5(root, golden),
             "t5_from": TEXT}
    depth(root, golden)
    clap(root, golden, spread, half, save)
    save_file({k: v.contiguous() for k, v in golden.items()}, root / "golden.safetensors")
    (root / "golden.safetensors").chmod(0o644)
    (root / "words.json").write_text(json.dumps(words, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(words, ensure_ascii=False))
    for name, value in golden.items():
        print(name, tuple(value.shape), value.tolist() if "ids" in name else "")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
