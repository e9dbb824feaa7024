"""``python -m mini STAGE``: every stage of making the embedded model. See README.md."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from .nn import layers
from .scene.vocab import MIXES
from .train import settings


def _run(args: argparse.Namespace) -> settings.Run:
    layers.GroupNorm.by_channel = not args.plain_norm
    return settings.start(
        args.pack, args.out, args.budget, mix=args.mix, tiers=tuple(args.tiers.split(",")), batch=args.batch,
        fresh=args.fresh, anneal=args.anneal, decoder=args.decoder, compile=args.compile, graph=not args.no_graph,
        seed=args.seed, stage=args.stage, parts=tuple(args.parts.split(",")),
        awaited=tuple(filter(None, args.wait.split(","))),
    )  # fmt: skip


def _pack(args: argparse.Namespace) -> None:
    from .art import pack

    tiers = ("core", "prop") if "wide" not in args.tiers else ("core", "prop", "wide")
    print(dict(pack.build(args.art / "node_modules", args.pack, tiers, os.cpu_count() or 2)))


def _words(args: argparse.Namespace) -> None:
    from .text import build

    print(build.build(args.pack, args.minilm, args.art / "node_modules" / "emojibase-data", settings.TINY))


def _sheets(args: argparse.Namespace) -> None:
    from .art import sheets

    sheets.write(args.pack, args.out)


def _references(args: argparse.Namespace) -> None:
    from .art import references

    references.write(args.pack, args.out, args.seed)


def _trained(module: str) -> Callable[[argparse.Namespace], None]:
    def go(args: argparse.Namespace) -> None:
        from importlib import import_module

        run = _run(args)
        import_module(f".train.{module}", __package__).train(run)
        settings.finish(run)

    return go


def _convnet(name: str, crops: bool) -> Callable[[argparse.Namespace], None]:
    def go(args: argparse.Namespace) -> None:
        from .train import convnets

        run = _run(args)
        convnets.train(run, name, crops)
        settings.finish(run)

    return go


def _judged(module: str) -> Callable[[argparse.Namespace], None]:
    def go(args: argparse.Namespace) -> None:
        from importlib import import_module

        run = _run(args)
        import_module(f".judge.{module}", __package__).run(run)
        settings.finish(run)

    return go


def _export(args: argparse.Namespace) -> None:
    from . import export

    export.write(args.pack, args.out, args.to)


def _take(args: argparse.Namespace) -> None:
    from . import take

    take.write(args.to, args.out, args.pack)


def _check(args: argparse.Namespace) -> None:
    from . import check

    check.run(args.to)


STAGES: dict[str, tuple[Callable[[argparse.Namespace], None], str]] = {
    "pack": (_pack, "rasterise the drawings of the npm packages under --art into --pack"),
    "words": (_words, "train the tokenizer and take phrase vectors from the teacher under --minilm"),
    "sheets": (_sheets, "contact sheets of subjects and styles, to be looked at"),
    "references": (_references, "pictures that lend their style, never seen in training, and the list of them"),
    "text": (_trained("text"), "train both text encoders and the judge's picture tower"),
    "percept": (_convnet("percept", True), "train the network whose features the autoencoder's loss uses"),
    "examiner": (_convnet("examiner", False), "train the network that grades pictures and nothing else"),
    "style": (_trained("style"), "train the style encoder"),
    "vae": (_trained("vae"), "train the autoencoder"),
    "unet": (_trained("unet"), "train the denoiser"),
    "control": (_trained("control"), "train the control net"),
    "judges": (_judged("judges"), "how right the judges are on real renderings: the gate before all other figures"),
    "evaluate": (_judged("evaluate"), "the model card's figures and contact sheets"),
    "speed": (_judged("speed"), "samples a second of the denoiser's step, for choosing batch and graph"),
    "export": (_export, "write the diffusers folders to --to"),
    "take": (_take, "checkpoints in --out from the models in --to, to go on training from them"),
    "check": (_check, "compare the exported folders in diffusers and transformers with our own networks"),
}


def main() -> None:
    """Parses the command line and runs one stage."""
    lines = "\n".join(f"  {name:10} {text}" for name, (_, text) in STAGES.items())
    parser = argparse.ArgumentParser(
        "mini", description=f"stages:\n{lines}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=STAGES, metavar="STAGE")
    parser.add_argument("--pack", type=Path, default=Path("build/pack"), help="the sprite pack")
    parser.add_argument("--out", type=Path, default=Path("build/run"), help="checkpoints, sheets and figures")
    parser.add_argument("--to", type=Path, default=Path("build/model"), help="the exported model")
    parser.add_argument("--art", type=Path, default=Path("build/art"), help="where npm installed the drawings")
    parser.add_argument("--minilm", type=Path, default=Path("build/minilm"), help="the teacher's folder")
    parser.add_argument("--budget", type=float, default=600, help="wall-clock seconds, the start included")
    parser.add_argument("--mix", choices=tuple(MIXES), default="full", help="which pictures to draw")
    parser.add_argument("--tiers", default="core", help="subjects: core, or core,wide")
    parser.add_argument("--batch", type=int, default=0, help="samples a step and GPU (0: the stage's own)")
    parser.add_argument("--fresh", type=float, default=0, help="new pictures a second at most (0: the stage's own)")
    parser.add_argument("--anneal", action="store_true", help="unet: cosine the rate down, for the last piece")
    parser.add_argument("--decoder", action="store_true", help="vae: its decoder alone; latents stay as they are")
    parser.add_argument("--compile", default="inductor", help="backend of torch.compile, or none")
    parser.add_argument("--no-graph", action="store_true", help="do not record the step as a CUDA graph")
    parser.add_argument("--plain-norm", action="store_true", help="compile PyTorch's GroupNorm, not ours")
    parser.add_argument("--wait", default="", help="unet: stages (commas between) that must be over first")
    parser.add_argument("--parts", default="prompts,grain,aligned,inversion,control", help="what evaluate measures")
    parser.add_argument("--seed", type=int, default=0, help="change it in every piece: other pictures")
    args = parser.parse_args()
    STAGES[args.stage][0](args)


if __name__ == "__main__":
    main()
