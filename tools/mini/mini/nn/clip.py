"""CLIP towers in transformers' published key names (``text_model.``, ``vision_model.``)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .shapes import JUDGE_PATCH, JUDGE_SIDE, TEXT_2, TOKENS, VISION, EncoderShape


def _activate(x: Tensor, kind: str) -> Tensor:
    return x * torch.sigmoid(1.702 * x) if kind == "quick_gelu" else F.gelu(x)


class _SelfAttention(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.heads = shape.heads
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            setattr(self, name, nn.Linear(shape.width, shape.width))

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        b, n, width = x.shape
        split = lambda t: t.view(b, n, self.heads, width // self.heads).transpose(1, 2)  # noqa: E731
        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(out.transpose(1, 2).reshape(b, n, width))


class _Mlp(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.fc1 = nn.Linear(shape.width, shape.width * shape.expansion)
        self.fc2 = nn.Linear(shape.width * shape.expansion, shape.width)
        self.activation = shape.activation

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(_activate(self.fc1(x), self.activation))


class _Layer(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.self_attn = _SelfAttention(shape)
        self.layer_norm1 = nn.LayerNorm(shape.width)
        self.mlp = _Mlp(shape)
        self.layer_norm2 = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x), causal)
        return x + self.mlp(self.layer_norm2(x))


class _Stack(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))


class _TextEmbeddings(nn.Module):
    def __init__(self, shape: EncoderShape, vocabulary: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, shape.width)
        self.position_embedding = nn.Embedding(TOKENS, shape.width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.position_embedding.weight, std=0.02)


class _TextModel(nn.Module):
    def __init__(self, shape: EncoderShape, vocabulary: int) -> None:
        super().__init__()
        self.embeddings = _TextEmbeddings(shape, vocabulary)
        self.encoder = _Stack(shape)
        self.final_layer_norm = nn.LayerNorm(shape.width)

    def forward(self, ids: Tensor, end: int) -> tuple[Tensor, Tensor]:
        """Hidden states before the last layer, and the normed state at the first end token."""
        e = self.embeddings
        x = e.token_embedding(ids) + e.position_embedding.weight[: ids.shape[1]]
        penultimate = x
        for layer in self.encoder.layers:
            penultimate, x = x, layer(x, True)
        place = (ids == end).int().argmax(1, keepdim=True)
        # picked by a mask, not by an index: its gradient is then no scattered addition
        chosen = torch.arange(ids.shape[1], device=ids.device) == place
        return penultimate, (self.final_layer_norm(x) * chosen.unsqueeze(-1)).sum(1)


class TextEncoder(nn.Module):
    """CLIPTextModel, or with ``projected`` CLIPTextModelWithProjection."""

    def __init__(self, shape: EncoderShape, vocabulary: int, end: int, projected: bool) -> None:
        super().__init__()
        self.end = end
        self.text_model = _TextModel(shape, vocabulary)
        if projected:
            self.text_projection = nn.Linear(shape.width, shape.projection, bias=False)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Penultimate hidden states [b, n, width] and the pooled (projected) state."""
        hidden, pooled = self.text_model(ids, self.end)
        return hidden, self.text_projection(pooled) if hasattr(self, "text_projection") else pooled


class TextPair(nn.Module):
    """SDXL's pair: hidden states of both side by side, pooled state of the second."""

    def __init__(self, first: EncoderShape, second: EncoderShape, vocabulary: int, end: int) -> None:
        super().__init__()
        self.first = TextEncoder(first, vocabulary, end, False)
        self.second = TextEncoder(second, vocabulary, end, True)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        a, _ = self.first(ids)
        b, pooled = self.second(ids)
        return torch.cat([a, b], -1), pooled


class _VisionEmbeddings(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        tokens = (JUDGE_SIDE // JUDGE_PATCH) ** 2 + 1
        self.class_embedding = nn.Parameter(torch.randn(shape.width) * 0.02)
        self.patch_embedding = nn.Conv2d(3, shape.width, JUDGE_PATCH, JUDGE_PATCH, bias=False)
        self.position_embedding = nn.Embedding(tokens, shape.width)
        nn.init.normal_(self.position_embedding.weight, std=0.02)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        cls = self.class_embedding.expand(len(pixels), 1, -1)
        return torch.cat([cls, patches], 1) + self.position_embedding.weight


class _VisionModel(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.embeddings = _VisionEmbeddings(shape)
        self.pre_layrnorm = nn.LayerNorm(shape.width)  # the published name, spelling and all
        self.encoder = _Stack(shape)
        self.post_layernorm = nn.LayerNorm(shape.width)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.pre_layrnorm(self.embeddings(pixels))
        for layer in self.encoder.layers:
            x = layer(x, False)
        return self.post_layernorm(x[:, 0])


#: What pictures in 0..1 are normalised with before the judges.
MEAN, DEVIATION = 0.5, 0.5


class VisionTower(nn.Module):
    """The picture half of CLIPModel; takes normalised pixels."""

    def __init__(self, shape: EncoderShape = VISION) -> None:
        super().__init__()
        self.vision_model = _VisionModel(shape)
        self.visual_projection = nn.Linear(shape.width, shape.projection, bias=False)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.visual_projection(self.vision_model(pixels))


def second_text_encoder(vocabulary: int, end: int) -> TextEncoder:
    """The text half of the judge: SDXL's second encoder."""
    return TextEncoder(TEXT_2, vocabulary, end, True)
