"""Results of a run in parts under 16 MB: ``python -m mini.bundle RUN DIR [MEGABYTES] [--again]``.

What was sent once is sent again only if it changed, or with ``--again``: ways back are narrow. Logs,
figures and sheets always go along. ``cat DIR/*.tar.* | tar x`` joins the parts.
``python -m mini.bundle RUN --known`` notes the checkpoints that are there as known already.
"""

from __future__ import annotations

import json
import sys
import tarfile
import time
from pathlib import Path

PART = 16_000_000
#: Checkpoints in the order of their worth.
STAGES = ("unet", "vae", "text", "vision", "examiner", "style", "control", "percept")


def _chosen(run: Path, room: int, sent: dict[str, float]) -> list[Path]:
    """Small things, then checkpoints that changed, then compiled code, as far as there is room."""
    kinds = ("*.done", "figures.json", "*.log", "*.jpg")
    small = [path for kind in kinds for path in sorted(run.glob(kind))]
    large = [run / f"{name}.safetensors" for name in STAGES] + [run / "unet.compiled"]
    out = []
    for path in small + [p for p in large if p.exists() and sent.get(p.name) != p.stat().st_mtime]:
        size = path.stat().st_size + 2048
        if size <= room:
            out.append(path)
            room -= size
    return out


def bundle(run: Path, to: Path, megabytes: float, again: bool) -> list[str]:
    """Writes the parts and returns the names of what is in them."""
    note = run / "sent.json"
    sent = json.loads(note.read_text()) if note.exists() and not again else {}
    chosen = _chosen(run, int(megabytes * 1e6) - 20_000, sent)
    whole = run / "bundle.tmp"
    with tarfile.open(whole, "w") as tar:
        for path in chosen:
            with path.open("rb") as file:  # open: a checkpoint may be replaced meanwhile
                info = tar.gettarinfo(arcname=path.name, fileobj=file)
                sent[path.name] = info.mtime if path.suffix == ".log" else path.stat().st_mtime
                tar.addfile(info, file)
    to.mkdir(parents=True, exist_ok=True)
    stamp, data = time.strftime("%H%M%S"), whole.read_bytes()
    for i in range(0, len(data), PART):
        (to / f"mini-{stamp}.tar.{i // PART:02d}").write_bytes(data[i : i + PART])
    whole.unlink()
    note.write_text(json.dumps(sent))
    return [path.name for path in chosen]


def known(run: Path) -> None:
    """Checkpoints that lie there now came from where results go: they are sent only once they change."""
    note = run / "sent.json"
    sent = json.loads(note.read_text()) if note.exists() else {}
    sent |= {path.name: path.stat().st_mtime for path in run.glob("*.safetensors")}
    note.write_text(json.dumps(sent))


def main() -> None:
    """Parses the command line."""
    if "--known" in sys.argv:
        known(Path(sys.argv[1]))
        return
    words = [word for word in sys.argv[1:] if word != "--again"]
    room = float(words[2]) if len(words) > 2 else 58.0
    print("sent:", *bundle(Path(words[0]), Path(words[1]), room, "--again" in sys.argv))


if __name__ == "__main__":
    main()
