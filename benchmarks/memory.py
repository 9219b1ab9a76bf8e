"""What remembering a run costs it, and how long a question to a large store takes.

python benchmarks/memory.py --events 50000
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from mle_star import events as e
from mle_star.events import Event
from mle_star.session.recorder import Recorder
from mle_star_memory.opening import open_store

STARTED = e.SessionStarted("id", "run", "run", {"dataset": "d.csv", "targets": ["y"]})
BLOCKS = {role: f"{role:0<16.16}" for role in ("clean", "features", "hyperparameters", "model")}
QUESTIONS = ("", "boosting", "boosting encoding", "candidate 4242", "nowhere", "b e c")


def main() -> None:
    options = _options()
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as scratch:
        for name, make in MIXES.items():
            _measure_recorder(Path(scratch) / f"{name}.sqlite3", name, make, options.events)
        _measure_queries(Path(scratch) / "candidates only.sqlite3")


def _measure_recorder(
    path: Path, name: str, make: Callable[[int], list[Event]], amount: int
) -> None:
    """Processor time of the whole process an event, and what of it the run itself waits for."""
    told = [event for number in range(amount) for event in make(number)]
    with contextlib.closing(Recorder(path, time.time, print)) as recorder:
        recorder(STARTED)
        time.sleep(0.5)
        used, began = time.process_time(), time.perf_counter()
        for event in told:
            recorder(event)
        waited = time.perf_counter() - began
        recorder.close()
        used = time.process_time() - used
    size = path.stat().st_size / len(told)
    print(
        f"{name}: {1e6 * used / len(told):.1f} us of processor time an event, of which "
        f"{1e6 * waited / len(told):.1f} us in the run; at 500 events a second "
        f"{100 * 500 * used / len(told):.2f} % of a core; {size:.0f} bytes an event"
    )


def _measure_queries(path: Path) -> None:
    with open_store(path) as store:
        for question in QUESTIONS:
            began = time.perf_counter()
            found = store.query(question)
            print(f"query {question!r}: {1e3 * (time.perf_counter() - began):.1f} ms, {len(found)}")


def _plain(number: int) -> list[Event]:
    """What a run tells of most: nothing of it is remembered but the candidate itself."""
    digest = f"{number:016x}"
    return [
        e.BlockSeen(digest, "model", "lightgbm", "source"),
        e.EvaluationStarted(digest, f"candidate {number}", 4000, 5),
        e.ValueKept(digest, 1.0),
        e.IncumbentChanged(digest, f"candidate {number}", 0.8, 0.01, 0.1),
        e.Noted("info", "something"),
        *_candidate(number),
    ]


def _candidate(number: int) -> list[Event]:
    return [
        e.EvaluationFinished(
            digest=f"{number:016x}",
            name=f"candidate {number}: boosting with target encoding",
            parent="0" * 16,
            changed="model",
            origin="recipe lightgbm",
            blocks=BLOCKS,
            score=0.8,
            spread=0.01,
            folds=[0.8, 0.81, 0.79, 0.8, 0.8],
            rows=4000,
            seconds=1.0,
            peak_mib=100.0,
        )
    ]


MIXES = {"a run's mix": _plain, "candidates only": _candidate}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="candidates told of")
    return parser.parse_args()


if __name__ == "__main__":
    main()
