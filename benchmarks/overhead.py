"""The share of a run in which all the cores it was given are busy.

python benchmarks/overhead.py examples/telco_churn.csv Churn --seconds 60
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import psutil

TICK_S = 0.5
BUSY = 0.9


def main() -> None:
    options = _options()
    print(f"{date.today()}, {platform.machine()}, {options.jobs} jobs, {options.seconds:.0f} s")
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "mle_star", "run", "--dataset", str(options.dataset)]
        limits = ["--time-budget", str(options.seconds), "--jobs", str(options.jobs)]
        output = ["--output", str(Path(scratch) / "run"), "--quiet"]
        process = psutil.Popen(
            [*command, "--target", options.target, *limits, *output], stdout=subprocess.DEVNULL
        )
        shares = _watch(process, options.jobs)
    busy = sum(share >= BUSY for share in shares) / len(shares)
    print(
        f"{len(shares)} ticks of {TICK_S} s; mean use {sum(shares) / len(shares):.0%} of the cores"
    )
    print(f"all cores busy (at least {BUSY:.0%} of them) in {busy:.0%} of the run")
    print("by tenth of the run: " + " ".join(f"{share:.0%}" for share in _tenths(shares)))


def _watch(process: psutil.Popen, jobs: int) -> list[float]:
    """Processor time used by the whole process tree a tick, as a share of the cores given."""
    shares: list[float] = []
    before, then = _cpu_seconds(process), time.perf_counter()
    while process.poll() is None:
        time.sleep(TICK_S)
        after, now = _cpu_seconds(process), time.perf_counter()
        shares.append(max(0.0, sum(after.values()) - sum(before.get(p, 0.0) for p in after)))
        shares[-1] /= (now - then) * jobs
        before, then = after, now
    return shares


def _cpu_seconds(process: psutil.Popen) -> dict[int, float]:
    found = {}
    try:
        for member in [process, *process.children(recursive=True)]:
            times = member.cpu_times()
            found[member.pid] = times.user + times.system
    except psutil.NoSuchProcess:
        pass
    return found


def _tenths(shares: list[float]) -> list[float]:
    size = max(1, len(shares) // 10)
    return [sum(shares[i : i + size]) / size for i in range(0, size * 10, size)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How busy the cores are during a run")
    parser.add_argument("dataset", type=Path)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
