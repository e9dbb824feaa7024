"""The arithmetic of the figures, and inversion with a denoiser that can be undone."""

from __future__ import annotations

import torch

from mini.judge import measures
from mini.judge.sampler import Sampler
from mini.nn.style import Sharing
from mini.train.settings import Run


def test_measures():
    a = torch.rand(3, 3, 16, 16)
    assert abs(measures.psnr(a, a + 0.1) - 20) < 1e-3
    depth = torch.rand(3, 1, 8, 8)
    assert abs(measures.rank_correlation(depth, depth**3) - 1) < 1e-4
    assert abs(measures.rank_correlation(depth, -depth) + 1) < 1e-4
    edge = torch.zeros(1, 1, 32, 32)
    edge[..., 10, :] = 1
    assert measures.edge_f1(edge, edge) == 1
    assert measures.edge_f1(edge.roll(2, 2), edge) == 1
    assert measures.edge_f1(edge.roll(6, 2), edge) == 0
    v = torch.eye(4).repeat(2, 1)
    assert measures.pair_cosine(v, 4) == 0 and measures.pair_cosine(v[:1].expand(8, -1), 4) == 1


class _Still(Sampler):
    """Predicts the same noise at every step: DDIM is then exactly invertible."""

    def __init__(self) -> None:
        super().__init__(Run(None, None, 0.0, "cpu"), None, None, None, None)
        self.e = torch.randn(2, 4, 32, 32)

    def _text(self, prompts):
        return None

    def _predict(self, z, t, text, guidance, hint):
        return self.e

    def encode(self, pictures):
        return pictures


def test_inversion_undoes_sampling():
    still, z = _Still(), torch.randn(2, 4, 32, 32)
    start = still.invert(z, [""], 2.0, 50)
    assert not torch.allclose(start, z, atol=0.1)
    assert torch.allclose(still.latents([""], start, 2.0, 50), z, atol=1e-3)


def test_sharing_leaves_the_first_of_each_set_alone():
    q, k, v = (torch.randn(8, 2, 16, 8) for _ in range(3))
    attend = torch.nn.functional.scaled_dot_product_attention
    shared = attend(*Sharing(4)(q, k, v))
    plain = attend(q, k, v)
    assert torch.allclose(shared[[0, 4]], plain[[0, 4]], atol=1e-5)
    assert not torch.allclose(shared[1], plain[1], atol=1e-2)
