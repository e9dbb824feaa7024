"""What runs where and until when: the tables that conduct.py goes by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """One stage: its GPUs, when it starts and ends (seconds), what must be over before it starts."""

    name: str
    stage: str
    gpus: tuple[int, ...]
    until: float
    start: float = 0.0
    after: tuple[str, ...] = ()


def _figures(gpus: tuple[int, ...], end: float) -> list[Job]:
    """The end of the run: prompts, and sets in one style, graded and painted side by side."""
    first, last = gpus[0], gpus[-1]
    return [
        Job("grid", "evaluate --parts prompts", (first,), end + 60, after=("unet", "judges")),
        Job("sets", "evaluate --parts aligned,inversion,control", (last,), end + 60, after=("unet", "judges")),
    ]


def plan(gpus: int, end: float) -> list[Job]:
    """What runs where. ``end``: when the figures should be there; the denoiser ends 100 s earlier."""
    last, denoise = end - 100, "unet --mix first --anneal --wait text,vae --seed 2 --fresh 300"
    if gpus >= 4:  # the fourth is given back after 500 s
        return [
            Job("speed", "speed --batch 256", (0,), 150),
            Job("text", "text --fresh 1000", (0,), 485),
            Job("vae", "vae --seed 1 --fresh 400", (1, 2), 520),
            Job("percept", "percept --fresh 1000", (3,), 160),
            Job("examiner", "examiner --fresh 700", (3,), 475),
            Job("style", "style --fresh 700", (3,), 490, after=("percept",)),
            Job("judges", "judges", (3,), last, after=("text", "examiner", "style")),
            Job("unet", denoise, (0, 1, 2), last, start=455),
            *_figures((0, 1), end),
        ]
    if gpus >= 2:
        return [
            Job("speed", "speed --batch 256", (0,), 150),
            Job("percept", "percept --fresh 1000", (0,), 180),
            Job("text", "text --fresh 1000", (0,), 560),
            Job("examiner", "examiner --fresh 700", (0,), 560),
            Job("vae", "vae --seed 1 --fresh 400", (1,), 580),
            Job("style", "style --fresh 700", (0,), 580, after=("percept",)),
            Job("judges", "judges", (0,), last, after=("text", "examiner", "style")),
            Job("unet", denoise, (0, 1), last, start=515),
            *_figures((0, 1), end),
        ]
    return [
        Job("percept", "percept --fresh 1000", (0,), 200),
        Job("text", "text --fresh 1000", (0,), 600),
        Job("vae", "vae --seed 1 --fresh 400", (0,), 620),
        Job("examiner", "examiner --fresh 700", (0,), 600, after=("percept",)),
        Job("unet", denoise, (0,), end - 20, start=560),
    ]


def _onwards(control: tuple[int, ...], rest: int, since: float, end: float) -> list[Job]:
    """Beside a denoiser that goes on until 330 s before the end: the control net after it as it grows,
    then beside the finished one on every GPU but ``rest``, which has decoder, judges and figures."""
    last, spare, guided = end - 330, (rest,), "control --mix spread --fresh 400"
    following = [Job("following", f"{guided} --seed 8", control[-1:], last, start=since)]
    return [
        *(following if len(control) > 1 else []),
        Job("vae", "vae --decoder --seed 7 --fresh 400", spare, 520),
        Job("examiner", "examiner --seed 7 --fresh 700", spare, 900, start=530),
        Job("style", "style --seed 7 --fresh 700", spare, last, start=535),
        Job("judges", "judges", spare, end, after=("examiner", "style")),
        Job("control", f"{guided} --seed 9", control, end - 45, after=("unet", "following")[: len(control)]),
        Job("prompts", "evaluate --parts prompts,grain", spare, end, after=("unet", "judges", "vae")),
        Job("sets", "evaluate --parts aligned,inversion", spare, end, after=("prompts",)),
        Job("maps", "evaluate --parts control", (control[0],), end + 60, after=("control", "judges")),
    ]


def further(gpus: int, end: float) -> list[Job]:
    """Everything once more from its checkpoint, the latents as they are. Four GPUs: the last stays free
    until 340 s."""
    denoise = "unet --mix full --anneal --seed 7 --fresh 300"
    if gpus >= 4:
        return [Job("unet", denoise, (0, 1), end - 330), *_onwards((0, 1, 3), 2, 340, end)]
    if gpus >= 2:
        return [Job("unet", denoise, (0,), end - 330), *_onwards((0,), 1, 0, end)]
    third = end / 3
    return [
        Job("vae", "vae --decoder --seed 7 --fresh 400", (0,), third),
        Job("examiner", "examiner --seed 7 --fresh 700", (0,), third, start=40),
        Job("unet", denoise, (0,), 2 * third, after=("vae",)),
        Job("style", "style --seed 7 --fresh 700", (0,), end - 45, after=("unet",)),
        Job("control", "control --mix spread --seed 9 --fresh 400", (0,), end - 45, after=("unet",)),
        Job("judges", "judges", (0,), end + 60, after=("style",)),
        Job("maps", "evaluate", (0,), end + 120, after=("control", "judges")),
    ]
