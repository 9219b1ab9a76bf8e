"""How long until the help is there, and until the first candidate is judged.

python benchmarks/startup.py examples/telco_churn.csv Churn
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

REPEATS = 7


def main() -> None:
    options = _options()
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}")
    python = _median_ms([sys.executable, "-c", "pass"])
    engine = _median_ms([sys.executable, "-m", "mle_star", "--help"])
    print(f"python -c pass: {python:.0f} ms; mle-star --help: {engine:.0f} ms, median of {REPEATS}")
    shim = Path(__file__).parent.parent / "bin" / "mle-star.js"
    through = _median_ms(["node", str(shim), "doctor", "--json"])
    direct = _median_ms([sys.executable, "-m", "mle_star", "doctor", "--json"])
    print(f"doctor through the shim: {through:.0f} ms, directly: {direct:.0f} ms")
    first = [_first_candidate(options.dataset, options.target) for _ in range(3)]
    print(f"first candidate judged after {statistics.median(first):.1f} s, median of 3: {first}")


def _median_ms(command: list[str]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def _first_candidate(dataset: Path, target: str) -> float:
    """Seconds from the command to the first evaluation with a score in the event log."""
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "run"
        command = [sys.executable, "-m", "mle_star", "run", "--dataset", str(dataset)]
        started = time.time()
        subprocess.run(
            [*command, "--target", target, "--output", str(output), "--time-budget", "20"],
            capture_output=True,
            check=False,
        )
        events = [json.loads(line) for line in (output / "events.jsonl").open()]
        judged = [
            e for e in events if e["type"] == "evaluation_finished" and e["score"] is not None
        ]
        return round(float(judged[0]["time"]) - started, 2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start-up times")
    parser.add_argument("dataset", type=Path)
    parser.add_argument("target")
    return parser.parse_args()


if __name__ == "__main__":
    main()
