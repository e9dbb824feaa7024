"""Contact sheets: many pictures in one, to be looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor


def sheet(pictures: Tensor, columns: int, path: Path, gap: int = 3) -> None:
    """Writes float [n, 3, H, W] in 0..1 as one picture, row by row; the suffix picks the format."""
    pixels = (pictures.float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    n, height, width, _ = pixels.shape
    rows = -(-n // columns)
    out = np.full((rows * (height + gap), columns * (width + gap), 3), 24, np.uint8)
    for i, picture in enumerate(pixels):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        out[top : top + height, left : left + width] = picture
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"quality": 90} if path.suffix == ".jpg" else {}
    Image.fromarray(out).save(path, **options)
