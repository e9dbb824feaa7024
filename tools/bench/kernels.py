"""The kernels of `predella bench` in PyTorch, from the shapes in its report.

Tensors have the layout that predella's kernels take, so that what a network
has to do around an operation (splitting heads, say) counts on both sides.
"""

import torch
import torch.nn.functional as F


def adain(x, sets):
    """StyleAligned, section 3.2: rows take mean and deviation of their set's first row.

    x is (rows, ..., tokens, channels).
    """
    mean = x.mean(-2, keepdim=True)
    deviation = (x.var(-2, keepdim=True) + 1e-5).sqrt()
    return (x - mean) / deviation * anchors(deviation, sets) + anchors(mean, sets)


def anchors(x, sets):
    """Each row replaced by the first of its set."""
    grouped = x.unflatten(0, (sets, x.shape[0] // sets))
    return grouped[:, :1].expand_as(grouped).flatten(0, 1)


def attend(q, k, v, heads, sets=None, causal=False):
    """Attention of (rows, tokens, heads * width); with `sets` also to the set's first row."""
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v))
    if sets is not None:
        k, v = (torch.cat([x, anchors(x, sets)], dim=2) for x in (k, v))
    out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return out.transpose(1, 2).flatten(2)


def pooled_group_norm(x, groups, weight, bias, sets):
    """Group norm whose statistics are those of a row and its set's first row together."""
    both = torch.cat([x, anchors(x, sets)], dim=2)
    return F.group_norm(both, groups, weight, bias, 1e-5)[:, :, : x.shape[2]]


def work(op, device, dtype):
    """A function without arguments that runs the operation of one measurement."""
    normal = lambda *shape: torch.randn(shape, device=device).to(dtype)
    kind = op["op"]
    if kind == "conv2d":
        x = normal(op["rows"], op["inputs"], op["height"], op["width"])
        kernel = op["kernel"]
        weight, bias = normal(op["outputs"], op["inputs"], kernel, kernel), normal(op["outputs"])
        conv = lambda: F.conv2d(x, weight, bias, op["stride"], kernel // 2)
        if op["plus"] is None:
            return conv
        more = normal(op["rows"], op["outputs"], 1, 1) if op["plus"] == "shift" else torch.randn_like(conv())
        return lambda: conv() + more
    if kind == "linear":
        x = normal(op["rows"], op["tokens"], op["inputs"])
        weight = normal(op["outputs"], op["inputs"])
        bias = normal(op["outputs"]) if op["bias"] else None
        if op["residual"]:
            residual = normal(op["rows"], op["tokens"], op["outputs"])
            return lambda: F.linear(x, weight, bias) + residual
        return lambda: F.linear(x, weight, bias)
    if kind in ("attention", "causal_attention"):
        tokens, width = op["tokens"], op["heads"] * op["width"]
        keys, causal = op.get("keys", tokens), kind == "causal_attention"
        q = normal(op["rows"], tokens, width)
        k, v = normal(op["rows"], keys, width), normal(op["rows"], keys, width)
        return lambda: attend(q, k, v, op["heads"], op.get("sets"), causal)
    if kind in ("group_norm", "upsample_nearest"):
        x = normal(op["rows"], op["channels"], op["height"], op["width"])
        if kind == "upsample_nearest":
            return lambda: F.interpolate(x, scale_factor=2, mode="nearest")
        scale, groups, sets = normal(op["channels"]), op["groups"], op["sets"]
        if sets is None:
            return lambda: F.silu(F.group_norm(x, groups, scale, scale, 1e-5))
        return lambda: F.silu(pooled_group_norm(x, groups, scale, scale, sets))
    if kind in ("add", "concat_channels", "tokens", "feature_map"):
        return whole_maps(kind, op, normal)
    return pointwise(kind, op, normal)


def whole_maps(kind, op, normal):
    rows, channels, sides = op["rows"], op["channels"], (op["height"], op["width"])
    if kind == "concat_channels":
        a, b = (normal(rows, one, *sides) for one in channels)
        return lambda: torch.cat([a, b], dim=1)
    if kind == "feature_map":
        x = normal(rows, sides[0] * sides[1], channels)
        return lambda: x.transpose(1, 2).reshape(rows, channels, *sides).contiguous()
    x = normal(rows, channels, *sides)
    if kind == "tokens":
        return lambda: x.flatten(2).transpose(1, 2).contiguous()
    y = torch.randn_like(x)
    return lambda: x + y


def pointwise(kind, op, normal):
    x = normal(op["rows"], op["tokens"], op["channels"])
    if kind == "layer_norm":
        scale = normal(op["channels"])
        return lambda: F.layer_norm(x, scale.shape, scale, scale, 1e-5)
    if kind == "geglu":

        def geglu():
            value, gate = x.chunk(2, dim=-1)
            return value * F.gelu(gate)

        return geglu
    return {
        "adain": lambda: adain(x, op["sets"]),
        "silu": lambda: F.silu(x),
        "gelu_erf": lambda: F.gelu(x),
        "quick_gelu": lambda: x * torch.sigmoid(1.702 * x),
    }[kind]
