"""Drawings to sprites: trimmed, centred, premultiplied RGBA squares."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

#: Side of a sprite, and of the box that its drawing fills, in pixels.
SIDE, BOX = 256, 240


def decode(drawing: str | bytes) -> Image.Image:
    """An RGBA picture from SVG text or from the bytes of a picture file."""
    if isinstance(drawing, str):
        import resvg_py  # only the machine that builds the pack needs it

        png = resvg_py.svg_to_bytes(svg_string=drawing, width=300)
        return Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    return Image.open(io.BytesIO(drawing)).convert("RGBA")


def sprite(drawing: str | bytes) -> Image.Image:
    """A 256 x 256 RGBA picture, the drawing trimmed and scaled to fill a 240 px box.

    Scaling is done on premultiplied colours (no dark fringes); the result has straight alpha.
    Raises ValueError for a drawing with nothing in it.
    """
    pixels = np.asarray(decode(drawing)).astype(np.float32)
    rows, columns = np.where(pixels[..., 3] > 12)
    if len(rows) < 50:
        raise ValueError("the drawing is empty")
    pixels = pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    pixels[..., :3] *= pixels[..., 3:] / 255
    factor = BOX / max(pixels.shape[:2])
    size = tuple(max(1, round(pixels.shape[axis] * factor)) for axis in (1, 0))
    small = Image.fromarray(pixels.round().astype(np.uint8), "RGBA").resize(size, Image.LANCZOS)
    out = np.zeros((SIDE, SIDE, 4), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = np.asarray(small)
    out[..., :3] = np.minimum(255, out[..., :3] * 255 / np.maximum(out[..., 3:], 1))
    return Image.fromarray(out.round().astype(np.uint8), "RGBA")


def premultiplied(picture: Image.Image) -> np.ndarray:
    """uint8 [4, H, W], colours multiplied by alpha."""
    pixels = np.asarray(picture.convert("RGBA")).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels.round().astype(np.uint8).transpose(2, 0, 1)
