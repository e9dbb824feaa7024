"""Trains everything in one go on one machine: ``python -m mini.conduct GPUS SECONDS --pack P --out RUN``.

``--further`` goes on from the models shipped instead (see plans.py).

Every job waits for what it needs, has a time to end at, and is tried again another, slower way if it
fails: first with another link between processes, then without CUDA graph, then uncompiled. It goes
on from its checkpoint. A job that is over leaves ``NAME.done`` with its last exit code.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from .plans import Job, further, plan
from .train.watchdog import UNLINKED

#: Ways for processes to reach one another, best first.
LINKS: tuple[dict[str, str], ...] = ({}, {"NCCL_P2P_DISABLE": "1"}, {"MINI_BACKEND": "gloo"})
#: Ways to run a step, best first.
STEPS: tuple[tuple[str, ...], ...] = ((), ("--no-graph",), ("--no-graph", "--compile", "none"))
#: A job with less time than this before it is not begun.
LEAST = 40.0


class Conductor:
    """Runs the jobs of a plan, each from a thread of its own."""

    def __init__(self, jobs: list[Job], common: list[str], out: Path) -> None:
        self.jobs, self.common, self.out = jobs, common, out
        self.began, self.stopping, self.link, self.port = time.monotonic(), False, 0, 29600
        self.lock, self.running = threading.Lock(), {}

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    def say(self, *words: object) -> None:
        """A line in our own log, with the time."""
        print(f"[{self.now:6.1f} s]", *words, flush=True)

    def stop(self, *_: object) -> None:
        """Lets every stage save and end, and begins no other."""
        self.stopping = True
        for processes in list(self.running.values()):
            _send(processes, signal.SIGTERM)

    def run(self) -> None:
        """Until every job is over."""
        threads = [threading.Thread(target=self._job, args=(job,), daemon=True) for job in self.jobs]
        for thread in threads:
            thread.start()
            time.sleep(2)  # not all at once: memory of a small virtual machine grows only as it is used
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)

    def _over(self, name: str) -> bool:
        return (self.out / f"{name}.done").exists()

    def _job(self, job: Job) -> None:
        if self._over(job.name):
            self.say(job.name, "was over before")
            return
        while not self.stopping and (self._early(job) or not all(self._over(name) for name in job.after)):
            time.sleep(0.2)
        code = -1
        try:
            code = self._tries(job)
        finally:
            (self.out / f"{job.name}.done").write_text(str(code))
            self.say(job.name, "is over, exit code", code)

    def _early(self, job: Job) -> bool:
        """Before its time, unless what it would only have waited for is there (a run taken up again)."""
        return self.now < job.start and not (self._over("text") and self._over("vae"))

    def _tries(self, job: Job) -> int:
        code, way, gpus = -1, 0, job.gpus
        while not self.stopping and way < len(STEPS) and job.until - self.now >= LEAST:
            link = self.link
            code = self._once(job, gpus, STEPS[way])
            if code == 0 or self.stopping:
                return code
            if code != UNLINKED:
                way += 1
            elif link + 1 < len(LINKS):
                with self.lock:
                    self.link = max(self.link, link + 1)
            else:
                gpus = gpus[:1]
        if job.stage.startswith("vae") and code != 0 and (self.out / "vae.safetensors").exists():
            measuring = Job("vae", f"{job.stage} --compile none", gpus[:1], self.now)
            return self._once(measuring, gpus[:1], ())
        return code

    def _once(self, job: Job, gpus: tuple[int, ...], options: tuple[str, ...]) -> int:
        budget = max(0.0, job.until - self.now)
        stage = [*job.stage.split(), *options]
        command = [sys.executable, "-m", "mini", *stage, *self.common, "--budget", f"{budget:.0f}"]
        with self.lock:
            self.port += 1
            port = self.port
        self.say(job.name, "on GPUs", *gpus, "for", f"{budget:.0f} s:", *stage, LINKS[self.link])
        with (self.out / f"{job.name}.log").open("a") as log:
            processes = [self._start(command, rank, gpus, port, log) for rank in range(len(gpus))]
            self.running[job.name] = processes
            code = self._watch(processes, budget)
        del self.running[job.name]
        if code != 0:
            self.say(job.name, "FAILED with exit code", code)
        return code

    def _start(self, command: list[str], rank: int, gpus: tuple[int, ...], port: int, log) -> subprocess.Popen:
        env = {**os.environ, "CUDA_VISIBLE_DEVICES": str(gpus[rank])}
        if len(gpus) > 1:
            env |= {"RANK": str(rank), "WORLD_SIZE": str(len(gpus)), "MASTER_ADDR": "127.0.0.1"}
            env |= {"MASTER_PORT": str(port), **LINKS[self.link]}
        return subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)

    def _watch(self, processes: list[subprocess.Popen], budget: float) -> int:
        """The first exit code that is not 0; the others are then ended. Measuring may take 150 s more."""
        late = time.monotonic() + budget + 150
        while True:
            codes = [process.poll() for process in processes]
            bad = [code for code in codes if code not in (None, 0)]
            if bad or time.monotonic() > late:
                _send(processes, signal.SIGKILL)
                return bad[0] if bad else 124
            if all(code == 0 for code in codes):
                return 0
            time.sleep(0.3)


def _send(processes: list[subprocess.Popen], what: signal.Signals) -> None:
    """To the stages alone; a kill also to everything that they started."""
    for process in processes:
        try:
            if what == signal.SIGKILL:
                os.killpg(process.pid, what)
            elif process.poll() is None:
                process.send_signal(what)
        except ProcessLookupError:
            continue


def _forget_failures(out: Path) -> None:
    """A run taken up again skips what ended well, and tries the rest again."""
    for path in out.glob("*.done"):
        if path.read_text() != "0":
            path.unlink()


def main() -> None:
    """Parses the command line and runs the plan."""
    parser = argparse.ArgumentParser("mini.conduct")
    parser.add_argument("gpus", type=int)
    parser.add_argument("end", type=float, help="seconds from now at which everything should be over")
    parser.add_argument("--further", action="store_true", help="go on from the checkpoints in --out")
    parser.add_argument("--pack", default="build/pack")
    parser.add_argument("--out", type=Path, default=Path("build/run"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    _forget_failures(args.out)
    common = ["--pack", args.pack, "--out", str(args.out)]
    jobs = (further if args.further else plan)(args.gpus, args.end)
    conductor = Conductor(jobs, common, args.out)
    signal.signal(signal.SIGTERM, conductor.stop)
    conductor.run()


if __name__ == "__main__":
    main()
