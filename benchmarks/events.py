"""What 500 events a second cost: the log on disk, the store, the report, the terminal page.

python benchmarks/events.py
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import tempfile
import time
from datetime import date
from pathlib import Path

from mle_star.cli.live import LiveView
from mle_star.cli.progress import Progress
from mle_star.eventlog import EventLog
from mle_star.events import (
    EvaluationFinished,
    EvaluationStarted,
    Event,
    PhaseStarted,
    ProposalJudged,
    SessionStarted,
)
from mle_star.report.result import Result
from mle_star.session.clock import SessionClock
from mle_star.session.journal import Journal
from mle_star.session.recorder import Recorder


class Terminal(io.StringIO):
    """Takes what is drawn and forgets it."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def main() -> None:
    options = _options()
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(f"{date.today()}, {machine}, {options.seconds:.0f} s each")
    pairs = [
        [_cpu_share(options.rate, options.seconds, emit=emit) for emit in (False, True)]
        for _ in range(options.repeats)
    ]
    for made, told in pairs:
        print(
            f"{options.rate} events a second: made {made:.2%} of a core, made and told {told:.2%}"
        )
    cost = min(told for _, told in pairs) - min(made for made, _ in pairs)
    print(f"telling them cost {cost:.2%} of one core, {cost / (os.cpu_count() or 1):.2%} of all")


def _cpu_share(rate: int, seconds: float, *, emit: bool) -> float:
    """Processor time of this process, threads included, as a share of the time it ran."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        folder = Path(scratch)
        log = stack.enter_context(contextlib.closing(EventLog(folder / "e.jsonl", time.time)))
        clock = SessionClock(time.monotonic, time.monotonic())
        journal = Journal(log, clock)
        recorder = Recorder(folder / "m.sqlite3", time.time, journal)
        stack.enter_context(contextlib.closing(recorder))
        page = stack.enter_context(LiveView(Progress("bench"), clock, Terminal(), verbose=False))
        journal.readers += [Result().add, recorder, page]
        settings = {"dataset": "d.csv", "targets": ["y"], "seconds": 600.0, "evaluations": None}
        journal(SessionStarted("id", "bench", str(folder), settings))
        journal(PhaseStarted("refinement", None))
        used, began = time.process_time(), time.perf_counter()
        number = 0
        while (now := time.perf_counter() - began) < seconds:
            while number < rate * now:
                event = _event(number)
                if emit:
                    journal(event)
                number += 1
            time.sleep(0.01)
        return (time.process_time() - used) / (time.perf_counter() - began)


def _event(number: int) -> Event:
    """Tries of a numeric search, as a run tells of them."""
    digest, kind = f"{number // 3:016x}", number % 3
    if kind == 0:
        return EvaluationStarted(digest, "lightgbm + tuned", 5000, 5)
    if kind == 1:
        blocks = {"model": "a" * 16, "hyperparameters": digest}
        return EvaluationFinished(
            digest, "lightgbm + tuned", "b" * 16, "hyperparameters", "numeric search", blocks,
            0.84, 0.01, [0.84] * 5, 5000, 1.5, 20.0,
        )  # fmt: skip
    plan = "learning_rate=0.05"
    return ProposalJudged(1, number, "hyperparameters", plan, digest, 0.84, -0.01, 0.3, False, "no")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What events cost")
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
