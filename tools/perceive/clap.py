"""A tiny CLAP with random weights, and what transformers makes of a sound and of labels."""

import json
import wave

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizerFast

LABELS = {"calm": "calm and quiet music", "joyful": "joyful music", "old": "old music in the rain"}
RATE = 48000


def tokenizer():
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    words = sorted({word for text in LABELS.values() for word in text.split()})
    names = special + list("abcdefghijklmnopqrstuvwxyz") + ["Ġ"] + words + ["Ġ" + w for w in words]
    # A byte-level BPE whose merges spell these words letter by letter.
    vocab, merges = {name: i for i, name in enumerate(names)}, []
    for word in [*words, *("Ġ" + w for w in words)]:
        for end in range(2, len(word) + 1):
            piece = word[:end]
            if (piece[:-1], piece[-1]) not in merges:
                merges.append((piece[:-1], piece[-1]))
            vocab.setdefault(piece, len(vocab))
    made = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(name, special=True) for name in special])
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return made


def clap(root, golden, spread, half, save):
    """`spread`, `half` and `save` are as in goldens.py."""
    folder = root / "tiny-clap"
    folder.mkdir(exist_ok=True)
    made = tokenizer()
    made.save(str(folder / "tokenizer.json"))
    config = ClapConfig(
        text_config={"vocab_size": made.get_vocab_size(), "hidden_size": 16, "num_hidden_layers": 2,
                     "num_attention_heads": 2, "intermediate_size": 24,
                     "max_position_embeddings": 48},
        audio_config={"window_size": 4, "num_mel_bins": 8, "spec_size": 32, "patch_size": 4,
                      "patch_stride": [4, 4], "depths": [2, 2], "num_attention_heads": [2, 4],
                      "patch_embeds_hidden_size": 8, "hidden_size": 16, "mlp_ratio": 2.0},
        projection_dim=12)
    model = spread(ClapModel(config), 1.5, 11)
    torch.manual_seed(12)
    with torch.no_grad():
        norm = model.audio_model.audio_encoder.batch_norm
        norm.running_mean.normal_(-40, 5)
        norm.running_var.uniform_(100, 400)
        model.logit_scale_a.fill_(2.5)
        for name, table in model.named_parameters():
            if name.endswith("relative_position_bias_table"):
                table.normal_(0, 1)
    model = half(model)
    save(model, folder)
    hear = ClapFeatureExtractor(feature_size=8, sampling_rate=RATE, max_length_s=1, frequency_min=50,
                                frequency_max=14000, truncation="rand_trunc", padding="repeatpad")
    hear.save_pretrained(folder)
    with wave.open(str(root / "sound.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    # The samples of the sound, taken as if they were RATE a second.
    whole = np.concatenate([sound, sound[::-1], sound, sound])[:RATE]
    read = RobertaTokenizerFast(tokenizer_object=made)
    with torch.no_grad():
        heard = []
        for name, samples in [("short", sound), ("whole", whole)]:
            features = hear(samples, sampling_rate=RATE, return_tensors="pt")["input_features"]
            golden["clap.mel." + name] = features
            heard.append(model.get_audio_features(input_features=features))
        golden["clap.heard"] = torch.cat(heard)
        texts = [read(text, return_tensors="pt") for text in LABELS.values()]
        golden["clap.ids"] = texts[2]["input_ids"][0]
        golden["clap.read"] = torch.cat([model.get_text_features(**text) for text in texts])
        both = model(input_ids=texts[0]["input_ids"], input_features=golden["clap.mel.short"])
        near = golden["clap.heard"][:1] @ golden["clap.read"].T
        logits = near * model.logit_scale_a.exp()
        assert torch.allclose(both.logits_per_audio[0, 0], logits[0, 0], atol=1e-5)
        golden["clap.shares"] = logits.softmax(-1)[0]
    print("clap", json.dumps(dict(zip(LABELS, golden["clap.shares"].tolist()))))
