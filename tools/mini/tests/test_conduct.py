"""The conductor's fallbacks and order, the watchdog, and the bundle."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile

import pytest

from mini import bundle, conduct
from mini.conduct import LINKS, STEPS, Conductor, Job
from mini.train.watchdog import STUCK, UNLINKED


class _Scripted(Conductor):
    """Stages end with the codes given; notes how each was run."""

    def __init__(self, out, codes: list[int]) -> None:
        super().__init__([], [], out)
        self.codes, self.seen = codes, []

    def _once(self, job, gpus, options):
        self.seen.append((job.stage, gpus, options, self.link))
        return self.codes.pop(0)


def test_a_failed_stage_is_tried_slower_and_other_links_first(tmp_path):
    job = Job("u", "unet", (0, 1, 2), 1000)
    plain = _Scripted(tmp_path, [STUCK, 0])
    assert plain._tries(job) == 0
    assert [options for _, _, options, _ in plain.seen] == [STEPS[0], STEPS[1]]
    unlinked = _Scripted(tmp_path, [UNLINKED, UNLINKED, UNLINKED, 0])
    assert unlinked._tries(job) == 0
    assert [link for *_, link in unlinked.seen] == [0, 1, 2, len(LINKS) - 1]
    assert unlinked.seen[-1][1] == (0,) and {options for _, _, options, _ in unlinked.seen} == {()}


def test_no_time_left_means_no_try_but_an_autoencoder_is_measured(tmp_path):
    late = _Scripted(tmp_path, [0])
    assert late._tries(Job("u", "unet", (0,), 10)) == -1 and not late.seen
    (tmp_path / "vae.safetensors").touch()
    assert late._tries(Job("vae", "vae", (0, 1), 10)) == 0
    assert late.seen[0][1] == (0,)


def test_every_plan_names_jobs_that_exist_and_leaves_no_gpu_out():
    for gpus, table in ((g, t) for g in (1, 2, 4) for t in (conduct.plan, conduct.further)):
        jobs = table(gpus, 1500)
        names = {job.name for job in jobs}
        assert all(set(job.after) <= names for job in jobs)
        assert {gpu for job in jobs for gpu in job.gpus} == set(range(gpus))
        assert {"vae", "unet"} <= names
        assert all(job.start < job.until for job in jobs)


def test_a_run_taken_up_again_skips_only_what_ended_well(tmp_path):
    (tmp_path / "text.done").write_text("0")
    (tmp_path / "vae.done").write_text("-15")
    conduct._forget_failures(tmp_path)
    job = Job("text", "text", (0,), 1000)
    again = _Scripted(tmp_path, [0])
    again._job(job)
    assert not again.seen and not (tmp_path / "vae.done").exists()


def test_watchdog_ends_a_stuck_process():
    code = "from mini.train.watchdog import Watchdog as W; import time; W(True).expect(0, 'x'); time.sleep(30)"
    assert subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode == STUCK


def test_bundle_sends_once_and_within_its_room(tmp_path):
    run, to = tmp_path / "run", tmp_path / "out"
    run.mkdir()
    (run / "vae.safetensors").write_bytes(b"v" * 3_000_000)
    (run / "text.safetensors").write_bytes(b"t" * 20_000_000)
    (run / "a.log").write_text("words")
    assert bundle.bundle(run, to, 58, False) == ["a.log", "vae.safetensors", "text.safetensors"]
    parts = sorted(to.iterdir())
    assert len(parts) == 2 and max(p.stat().st_size for p in parts) <= bundle.PART
    (tmp_path / "whole.tar").write_bytes(b"".join(p.read_bytes() for p in parts))
    with tarfile.open(tmp_path / "whole.tar") as tar:
        assert tar.extractfile("text.safetensors").read() == b"t" * 20_000_000
    assert bundle.bundle(run, to, 58, False) == ["a.log"]
    assert bundle.bundle(run, to, 5, True) == ["a.log", "vae.safetensors"]


def test_what_came_from_here_is_sent_only_once_it_changed(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "unet.safetensors").write_bytes(b"u")
    (run / "style.safetensors").write_bytes(b"s")
    bundle.known(run)
    assert bundle.bundle(run, tmp_path / "out", 58, False) == []
    os.utime(run / "unet.safetensors", (1, 1))
    assert bundle.bundle(run, tmp_path / "out", 58, False) == ["unet.safetensors"]


@pytest.mark.parametrize("gpus", [1, 2, 4])
def test_the_denoiser_waits_for_what_it_needs(gpus):
    unet = next(job for job in conduct.plan(gpus, 1500) if job.name == "unet")
    assert "--wait text,vae" in unet.stage and unet.until < 1500
