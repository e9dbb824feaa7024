"""Plans, picture operations, edges."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mini.art import references
from mini.art.pack import Drawing
from mini.art.subjects import all_subjects, of_tiers
from mini.scene import canny, imageops
from mini.scene.feed import Bank
from mini.scene.plan import Planner, runs_of
from mini.scene.styles import STYLES, held_out
from mini.scene.vocab import EASY, FULL, MIXES, SCENES


def _planner(seed: int, mix=FULL) -> Planner:
    drawings = [Drawing(s.id, p, 0, 0) for s in of_tiers(("core", "prop")) for p in ("noto", "fluent-3d")]
    return Planner(drawings, seed, mix)


def test_nouns_are_unique_and_props_exist():
    nouns = [s.noun for s in all_subjects()]
    assert len(set(nouns)) == len(nouns)
    assert all(noun in nouns for scene in SCENES for noun in scene.standing + scene.flying)
    assert len(of_tiers(("core",))) >= 200


def test_plans_repeat_with_the_seed_and_keep_held_out_pairs_away():
    a, b, c = (_planner(seed).batch(256, 8, False) for seed in (1, 1, 2))
    assert a.captions == b.captions and np.array_equal(a.place, b.place)
    assert a.captions != c.captions
    for plan, expected in ((a, False), (_planner(1).batch(256, 8, True), True)):
        pairs = [(int(i), int(t)) for i, t in zip(plan.subject, plan.style, strict=True) if i >= 0]
        assert any(held_out(*pair) for pair in pairs) == expected


def test_references_are_pairs_that_were_kept_away():
    planner = _planner(1)
    drawn = [references.pairs(planner, random.Random(seed)) for seed in (1, 1, 2)]
    pairs = drawn[0]
    assert pairs == drawn[1] != drawn[2] and len(pairs) == references.COUNT
    assert all(held_out(*pair) for pair in pairs)
    assert all(len({pair[i] for pair in pairs}) == len(pairs) for i in (0, 1))
    lent = [subject for subject, _ in pairs]
    for subject, rest in zip(lent, references.others(planner, lent, random.Random(1)), strict=True):
        kinds = [planner.subjects[i].kind for i in (subject, *rest)]
        assert len(set(kinds)) == references.OTHERS + 1


def test_captions_tell_what_is_drawn():
    plan = _planner(3).batch(400, 10, True)
    for row, caption in enumerate(plan.captions):
        named = any(phrase in caption for phrase in STYLES[plan.style[row]].phrases)
        assert named or not plan.names_style[row]
    assert (plan.subject == -1).any(), "two subjects happen"
    assert (_planner(3, EASY).batch(400, 10, True).subject >= 0).all(), "not in the easy mix"


def test_runs():
    assert runs_of([4, 4, 2, 2, 2, 4]) == [(4, 0, 2), (2, 2, 5), (4, 5, 6)]


def test_blur_is_a_gaussian_with_replicated_borders():
    x, sigma, reach = torch.rand(2, 3, 40, 40), 1.7, 4
    k = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * sigma**2))
    k = (k / k.sum()).view(1, 1, 1, -1)
    flat = x.view(6, 1, 40, 40)
    y = F.conv2d(F.pad(flat, (reach, reach, 0, 0), mode="replicate"), k)
    y = F.conv2d(F.pad(y, (0, 0, reach, reach), mode="replicate"), k.transpose(2, 3))
    assert torch.allclose(imageops.blur(x, sigma), y.view_as(x), atol=1e-5)


def test_every_style_draws_within_range():
    x, mask = torch.rand(2, 3, 64, 64), (torch.rand(2, 1, 64, 64) > 0.5).float()
    for style in STYLES:
        if style.draw is not None:
            y = style.draw(x, mask, torch.Generator().manual_seed(0))
            assert y.shape == x.shape and y.isfinite().all(), style.name
            assert y.std() > 0.01, style.name


def test_canny_equals_opencv():
    cv2 = pytest.importorskip("cv2")
    for seed in range(3):
        noise = np.random.default_rng(seed).integers(0, 256, (160, 160), dtype=np.uint8)
        picture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
        ours = canny.canny(torch.from_numpy(picture).int()[None, None], rounds=300)[0, 0].numpy()
        assert np.array_equal(ours, cv2.Canny(picture, 100, 200) > 0)


def test_bank_is_a_ring():
    bank = Bank(4)
    bank.add({"a": torch.arange(3)})
    assert bank.filled == 3 and set(bank.draw(50)["a"].tolist()) <= {0, 1, 2}
    bank.add({"a": torch.arange(10, 13)})
    assert bank.filled == 4 and bank.written == 6
    assert set(bank.rows["a"].tolist()) == {2, 10, 11, 12}


def test_a_subject_anywhere_stays_whole_and_is_not_always_in_the_middle():
    planner = _planner(3, MIXES["spread"])
    places = [planner._anywhere() for _ in range(200)]
    assert all(abs(v) + scale <= 1.03 for x, y, scale in places for v in (x, y))
    assert sum(abs(x) > 0.2 for x, _, _ in places) > 40 < sum(abs(y) > 0.2 for _, y, _ in places)
