"""The sprite pack: every drawing already rasterised, in one file that travels to the GPU machine.

``index.json`` holds the drawings as [subject id, pack, offset, length]; ``sprites.bin`` the WebP
pictures end to end.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .raster import SIDE, premultiplied, sprite
from .sources import Library
from .subjects import of_tiers


@dataclass(frozen=True)
class Drawing:
    """One sprite of a subject: where it is from and where its bytes lie in ``sprites.bin``."""

    subject: int
    pack: str
    offset: int
    length: int


def _encode(job: tuple[int, str, str | bytes]) -> tuple[int, str, bytes]:
    subject, pack, drawing = job
    out = io.BytesIO()
    try:
        sprite(drawing).save(out, "WEBP", quality=76, alpha_quality=80, method=6)
    except ValueError:
        return subject, pack, b""
    return subject, pack, out.getvalue()


def build(node_modules: Path, out: Path, tiers: tuple[str, ...], workers: int) -> Counter:
    """Rasterises the drawings of the tiers into ``out``; returns how many each pack gave."""
    library = Library(node_modules)
    jobs = [(s.id, pack, art) for s in of_tiers(tiers) for pack, art in library.drawings(s).items()]
    out.mkdir(parents=True, exist_ok=True)
    index: list[tuple[int, str, int, int]] = []
    with ProcessPoolExecutor(workers) as pool, (out / "sprites.bin").open("wb") as file:
        for subject, pack, data in pool.map(_encode, jobs, chunksize=16):
            if data:
                index.append((subject, pack, file.tell(), len(data)))
                file.write(data)
    (out / "index.json").write_text(json.dumps({"tiers": tiers, "drawings": index}))
    return Counter(pack for _, pack, _, _ in index)


def drawings(pack: Path) -> list[Drawing]:
    """What the pack holds, in the order of the sprites."""
    return [Drawing(*row) for row in json.loads((pack / "index.json").read_text())["drawings"]]


def load_sprites(pack: Path, chosen: list[Drawing], threads: int = 16) -> np.ndarray:
    """uint8 [N, 4, 256, 256], premultiplied (the decoder releases the interpreter lock)."""
    from PIL import Image

    blob = (pack / "sprites.bin").read_bytes()
    sprites = np.zeros((len(chosen), 4, SIDE, SIDE), np.uint8)

    def fill(slot: int) -> None:
        drawing = chosen[slot]
        data = blob[drawing.offset : drawing.offset + drawing.length]
        sprites[slot] = premultiplied(Image.open(io.BytesIO(data)))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(len(chosen))))
    return sprites
