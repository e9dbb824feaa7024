"""Stage ``evaluate``: the model card's figures, and contact sheets to be looked at."""

from __future__ import annotations

import json

import torch
from torch.nn import functional as F

from ..art.sheet import sheet
from ..nn.style import Sharing
from ..scene import canny
from ..scene.plan import prompt
from ..scene.styles import STYLES
from ..train import control, latents, unet, vae
from ..train.settings import Run, wake
from .measures import edge_f1, pair_cosine, psnr, rank_correlation, share_right
from .panel import MARKS, Panel, note
from .sampler import Sampler
from .scenes import CLEAN, EIGHT, Studio

Figures = dict[str, float]
#: Prompts of the composition sheet.
COMPOSED = (
    "a red car", "a blue car", "a purple dragon, claymation", "a fox in the snow, watercolor painting",
    "a robot on a beach, 3d render", "a cat and a dog", "an owl on the left and a rabbit on the right, paper cut",
    "a tiny mouse", "a giant strawberry in space", "a penguin at sunset, low poly", "a castle at night, pixel art",
    "a whale underwater, stained glass", "a kitten in a forest, crayon drawing", "an automobile, blueprint",
    "a spaceship, neon sign", "a boat at sunset, oil painting", "a dinosaur in the mountains", "stained glass",
    "a pizza and a beer mug, comic book", "a lion in a city, graffiti", "a wizard in a forest, ukiyo e print",
    "a house, gouache painting", "a guitar, gold relief", "a ghost in a city, hologram",
)  # fmt: skip


class Evaluation:
    """Everything loaded once; each method returns one part of the figures."""

    def __init__(self, run: Run) -> None:
        self.run, self.panel, self.studio = run, Panel(run), Studio(run)
        self.sampler = Sampler(run, unet.load(run), vae.load(run), self.panel.pair, self.panel.tokens)

    def _graded(self, pairs: list[tuple[int, int]], seed: int, name: str) -> Figures:
        shown = self.sampler.paint(self.studio.prompts(pairs), seed)
        sheet(F.avg_pool2d(shown[:96], 2), 12, self.run.out / f"{name}.jpg")
        subject, style, _ = self.panel.examine(shown)
        wanted = self.studio.labels(pairs)
        return {"subject": share_right(subject, wanted[0]), "style": share_right(style, wanted[1])}

    def prompts(self) -> Figures:
        """100 subjects x 8 styles; pairs seen in training against pairs never seen."""
        grid = self.studio.grid(self.studio.subjects(100), EIGHT)
        out = {f"grid {k}": v for k, v in self._graded(grid, 1, "grid").items()}
        for name, held in (("seen", False), ("held out", True)):
            graded = self._graded(self.studio.random_pairs(512, held), 2, name.replace(" ", "-"))
            out |= {f"{name} {k}": v for k, v in graded.items()}
        words = list(COMPOSED[: self.run.pick(24, 1)])
        sheet(self.sampler.paint(words, 3), 6, self.run.out / "composed.jpg")
        return out

    def _sets(self, named: bool, count: int) -> tuple[list[str], torch.Tensor]:
        """Sets of four subjects in one style, the style word in all prompts or in none."""
        prompts, ids = [], []
        for _ in range(self.run.pick(count, 1)):
            style = self.studio.random.choice(self.studio.planner.styles)
            for subject in self.studio.random.sample(self.studio.core, 4):
                ids.append(subject)
                prompts.append(prompt(self.studio.planner.subjects[subject], style if named else None))
        return prompts, torch.tensor(ids, device=self.run.device)

    def aligned(self) -> Figures:
        """Plain, shared without AdaIN, and aligned: same prompts, same noise."""
        out: Figures = {}
        for words, named in (("style named", True), ("no style word", False)):
            prompts, ids = self._sets(named, 50)
            for mode, sharing in (("plain", None), ("no AdaIN", Sharing(4, False)), ("aligned", Sharing(4))):
                shown = self.sampler.paint(prompts, 4, sharing)
                out[f"{words}, {mode}: cosine"] = pair_cosine(self.panel.styles(shown), 4)
                out[f"{words}, {mode}: subject"] = share_right(self.panel.examine(shown)[0], ids)
                name = f"sets-{words}-{mode}".replace(" ", "-")
                sheet(F.avg_pool2d(shown[:96], 2), 8, self.run.out / f"{name}.jpg")
        return out

    def grain(self) -> Figures:
        """Whether a style that is missed was painted wrong, or only hidden by faint grain: renderings,
        the same under 2 % of noise, their copies by the autoencoder, and paintings, before two judges."""
        pairs = self.studio.grid(self.studio.subjects(8), EIGHT)
        real, wanted = self.studio.render(pairs)[0].styled, self.studio.labels(pairs)[1]
        rough = (real + 0.02 * torch.randn(real.shape, generator=torch.Generator().manual_seed(6)).to(real)).clamp(0, 1)
        copy = torch.cat([self.sampler.decode(self.sampler.encode(part)) for part in real.split(8)])
        painted = self.sampler.paint(self.studio.prompts(pairs), 6)
        out: Figures = {}
        for name, shown in (("real", real), ("real, 2 % noise", rough), ("copied", copy), ("painted", painted)):
            out[f"{name}: style by examiner"] = share_right(self.panel.examine(shown)[1], wanted)
            out[f"{name}: style by text"] = share_right(self._style_by_text(pairs, shown), wanted)
        return out

    def _style_by_text(self, pairs: list[tuple[int, int]], shown: torch.Tensor) -> torch.Tensor:
        """The style whose prompt of the same subject fits each picture best."""
        texts = {
            i: self.panel.texts(self.studio.prompts([(i, s) for s in range(len(STYLES))]))
            for i in {i for i, _ in pairs}
        }
        vectors = self.panel.images(shown)
        return torch.stack([(texts[i] @ vector).argmax() for (i, _), vector in zip(pairs, vectors, strict=True)])

    def inversion(self) -> Figures:
        """Real pictures inverted and painted again, at guidance 1 and at the paper's 2."""
        pairs = self.studio.random_pairs(32, False)
        real = self.studio.render(pairs)[0].styled
        prompts, steps = self.studio.prompts(pairs), self.run.pick(50, 2)
        copy = self.sampler.decode(self.sampler.encode(real))
        out = {"autoencoder alone": psnr(copy, real)}
        for guidance in (1.0, 2.0):
            start = self.sampler.invert(real, prompts, guidance, steps)
            again = self.sampler.decode(self.sampler.latents(prompts, start, guidance, steps))
            out[f"guidance {guidance:g}, against the picture"] = psnr(again, real)
            out[f"guidance {guidance:g}, against its copy"] = psnr(again, copy)
        sheet(torch.stack([real, copy, again], 1).flatten(0, 1)[:48], 12, self.run.out / "inversion.jpg")
        return out

    def control(self) -> Figures:
        """Edges and depth asked for against edges and depth found, with and without the net: subjects
        anywhere in the picture, and large and centred, where a picture without the net comes close by itself."""
        self.sampler.control = control.load(self.run)
        pairs = self.studio.grid(self.studio.subjects(64), CLEAN)
        # another subject's name would fight the map: ask for the same subject in a style of its own
        prompts = self.studio.prompts(pairs)
        out: Figures = {}
        for place, anywhere in (("", True), ("centred ", False)):
            real, _ = self.studio.render(pairs, anywhere)
            # the styled pictures' own edges: a sticker's border is in no other map
            maps = latents.control_maps(real, real.styled).to(self.run.dtype) / 255
            copies = [self.sampler.decode(self.sampler.encode(part)) for part in real.styled.split(64)]
            copied = self._edges(torch.cat(copies))
            out[f"{place}edges of the autoencoder's copy"] = edge_f1(copied, maps[:, :1] > 0.5)
            bare = self.sampler.paint(prompts, 5)
            out |= {f"{place}{k} without": v for k, v in self._followed(bare, maps).items()}
            for kind, name in ((0, "edges"), (1, "depth")):
                hint = latents.hint_of(maps, torch.full((len(pairs),), kind, device=self.run.device))
                shown = self.sampler.paint(prompts, 5, hint=hint)
                out[f"{place}{name} with"] = self._followed(shown, maps)[name]
                rows = torch.stack([hint[:, :1].float().expand(-1, 3, -1, -1), shown, bare], 1).flatten(0, 1)
                sheet(F.avg_pool2d(rows[:96], 2), 12, self.run.out / f"control-{place.strip()}{name}.jpg")
        return out

    @staticmethod
    def _edges(shown: torch.Tensor) -> torch.Tensor:
        return canny.canny(canny.grey(shown))

    def _followed(self, shown: torch.Tensor, maps: torch.Tensor) -> Figures:
        """How far pictures have the maps' edges and depth."""
        ranks = rank_correlation(self.panel.examine(shown)[2], F.avg_pool2d(maps[:, 1:].float(), 8))
        return {"edges": edge_f1(self._edges(shown), maps[:, :1] > 0.5), "depth": ranks}


def _trusted(run: Run) -> bool:
    """Whether every judge passed its mark; said aloud if not."""
    path = run.out / "figures.json"
    known = json.loads(path.read_text()).get("judges", {}) if path.exists() else {}
    failed = [name for name, mark in MARKS.items() if known.get(name, 0.0) < mark]
    if failed:
        run.log("NOT TO BE QUOTED: run the stage 'judges' first; below their mark:", ", ".join(failed))
    return not failed


def run(run: Run) -> None:
    """Logs and notes every part. The control net is graded if it is there."""
    wake(run)
    trusted, evaluation = _trusted(run), Evaluation(run)
    parts = {
        "prompts": evaluation.prompts,
        "grain": evaluation.grain,
        "aligned": evaluation.aligned,
        "inversion": evaluation.inversion,
    }
    if (run.out / "control.safetensors").exists():
        parts["control"] = evaluation.control
    for name in [name for name in run.parts if name in parts]:
        figures = parts[name]()
        for key, value in figures.items():
            run.log(f"{name}: {key:44} {value:.3f}")
        note(run.out, name, {**figures, "judges passed": trusted})
