"""predella and PyTorch on the same shapes and threads, in turns, and the ratios between them.

    python tools/bench/peer.py                        # all parts, mini, on the CPU
    python tools/bench/peer.py set --rounds 5
    python tools/bench/peer.py kernels step --random sdxl --device cuda

Each measurement of PyTorch is a process of its own, as each of predella is.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARTS = ["kernels", "step", "decode", "set"]
SUBJECTS = ["a fox", "a castle", "a sailboat", "a strawberry"]


def main():
    args = arguments()
    args.predella = str(Path(args.predella).resolve())
    with tempfile.TemporaryDirectory(prefix="predella-peer-") as scratch:
        args.scratch = Path(scratch)
        rows = []
        for part in args.parts or PARTS:
            if missing := lacks(part, args):
                print(f"{part} is left out: {missing}", file=sys.stderr)
                continue
            rows += whole_set(args) if part == "set" else bench(part, args)
    if args.json:
        print(json.dumps(rows, indent=2))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them if left out")
    parser.add_argument("--predella", default=ROOT / "target/release/predella", help="the program to measure")
    parser.add_argument("--model", default=str(ROOT / "models/mini"), help="a folder in the diffusers layout")
    parser.add_argument("--random", choices=["sdxl"], help="a shape with random weights instead of a model")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", default="auto", choices=["auto", "f32", "f16", "bf16"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--seconds", type=float, default=1.0, help="least seconds of one measurement")
    parser.add_argument("--panels", type=int, default=4)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--only", help="only kernels whose line holds this text")
    parser.add_argument("--json", action="store_true", help="also print every number as JSON")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(unknown)}")
    return args


def lacks(part, args):
    """Why a part cannot be measured, if it cannot."""
    if part == "set" and args.random:
        return "random weights come without text encoders"
    needed = {"decode": ["diffusers"], "set": ["diffusers", "transformers", "PIL"]}.get(part, [])
    absent = [name for name in needed if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} is not installed" if absent else None


# Kernels and networks, warm.


def bench(part, args):
    """Both sides' medians over some rounds; each row is one kernel or network."""
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(predella_bench(part, args))
        theirs.append(torch_side(part, ours[-1], args))
    if part == "step" and not args.random and not lacks("decode", args):
        error = torch_side("agree", ours[-1], args)["measurements"][0]["error"]
        print(f"\nthe UNet in plain PyTorch differs from diffusers' by {error:.1e}")
    rows = []
    for one in ours[0]["measurements"]:
        if one["part"] != part:
            continue
        sides = [[find(r, one["name"]) for r in reports] for reports in (ours, theirs)]
        row = {"part": part, "name": one["name"]}
        for key in ("wall_ms", "cpu_ms"):
            row[key] = [statistics.median(m[key]["median"] for m in side) for side in sides]
        if part != "kernels":
            row["memory"] = [max(peak(r, one["name"]) for r in reports) for reports in (ours, theirs)]
        rows.append(row)
    table(part, rows)
    return rows


def find(report, name):
    return next(m for m in report["measurements"] if m["name"] == name)


def peak(report, name):
    one = find(report, name)
    return one.get("peak_device_memory_bytes") or one["peak_memory_bytes"]


def predella_bench(part, args):
    model = ["--random", args.random] if args.random else ["--model", args.model]
    command = [args.predella, "bench", part, *model, "--json", "--quiet", "--device", args.device]
    for name in ("precision", "threads", "seconds", "panels", "steps"):
        command += [f"--{name}", str(getattr(args, name))]
    if part == "kernels" and args.only:
        command += ["--only", args.only]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def torch_side(what, report, args):
    options = {name: getattr(args, name) for name in ("model", "random", "threads", "seconds")}
    options |= {"what": what, "device": args.device, "dtype": dtype(report["precision"])}
    (args.scratch / "options.json").write_text(json.dumps({"options": options, "report": report}))
    command = [sys.executable, HERE / "torch_side.py", args.scratch / "options.json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def dtype(precision):
    return {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}[precision]


# A whole set, cold: from the start of the process to its end.


def whole_set(args):
    rounds = [[], []]
    for i in range(args.rounds):
        folders = [args.scratch / f"{side}-{i}" for side in ("ours", "theirs")]
        folders[1].mkdir()
        report = args.scratch / "paint.json"
        rounds[0].append(cold(paint_command(args, folders[0]), report))
        painted = json.loads(report.read_text())
        recipe = args.scratch / "recipe.json"
        recipe.write_text(json.dumps(painted["recipe"]))
        rounds[1].append(cold(torch_paint(args, recipe, folders[1], painted), report))
        ours = [Path(panel["path"]) for panel in painted["panels"]]
        apart = compare_pictures(ours, sorted(folders[1].glob("*.png")))
    median = lambda side, key: statistics.median(one[key] for one in rounds[side])
    row = {"part": "set", "name": f"{args.panels} pictures, {args.steps} steps, cold"}
    row |= {key: [median(side, key) for side in (0, 1)] for key in ("wall_ms", "cpu_ms")}
    row["memory"] = [max(one["memory"] for one in side) for side in rounds]
    warm = {"part": "set", "name": "PyTorch without its start"}
    warm |= {key: [median(0, key), median(1, f"warm_{key}")] for key in ("wall_ms", "cpu_ms")}
    print(f"\nthe pictures differ by {apart} of 255 levels at most")
    table("set", [row, warm])
    return [row, warm]


def paint_command(args, folder):
    prompts = (SUBJECTS * args.panels)[: args.panels]
    command = [args.predella, "paint", *prompts, "--style", "watercolour", "--model", args.model]
    command += ["--scheduler", "ddim", "--out", folder, "--json", "--quiet", "--seed", "7"]
    for name in ("device", "precision", "threads", "steps"):
        command += [f"--{name}", str(getattr(args, name))]
    return command


def torch_paint(args, recipe, folder, painted):
    options = {"what": "paint", "recipe": str(recipe), "out": str(folder), "model": args.model}
    half = {"auto": "float32" if painted["device"] == "cpu" else "float16"}
    options["dtype"] = half.get(args.precision) or dtype(args.precision)
    options |= {"device": args.device, "threads": args.threads, "random": None}
    (args.scratch / "options.json").write_text(json.dumps({"options": options, "report": None}))
    return [sys.executable, HERE / "torch_side.py", args.scratch / "options.json"]


def cold(command, report):
    """Wall, processor time and the most memory of one process."""
    with report.open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    if status:
        sys.exit(f"{command[0]} failed")
    said = json.loads(report.read_text())
    times = {"wall_ms": wall * 1e3, "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3}
    warm = {f"warm_{key}": said[key] for key in times if key in said}
    return times | warm | {"memory": usage.ru_maxrss * 1024}


def compare_pictures(ours, theirs):
    """The largest difference; stops unless both painted the same, since then the work was not the same."""
    import numpy as np
    from PIL import Image

    largest = 0
    for a, b in zip(ours, theirs, strict=True):
        a, b = (np.asarray(Image.open(path).convert("RGB"), dtype=int) for path in (a, b))
        difference = np.abs(a - b)
        largest = max(largest, int(difference.max()))
        if difference.mean() > 0.5:
            sys.exit("the pictures differ, so the times say nothing")
    return largest


def table(title, rows):
    columns = ["ours ms", "torch ms", "ratio", "ours cpu", "torch cpu", "ratio", "ours", "torch MB", "ratio"]
    print(f"\n{title:<42}" + "".join(f"{name:>10}" for name in columns))
    for row in rows:
        cells = []
        for key, scale in (("wall_ms", 1), ("cpu_ms", 1), ("memory", 1e-6)):
            if key in row:
                ours, theirs = (value * scale for value in row[key])
                cells += [f"{ours:10.3f}", f"{theirs:10.3f}", f"{ours / max(theirs, 1e-9):10.2f}"]
        print(f"  {row['name']:<40}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
