"""Where the gain over the best first candidate came from, a line a data set, of finished runs.

Nothing is run: every folder that holds an ``events.jsonl`` is read, such as those that
``benchmarks/panel.py --keep FOLDER`` leaves.

    python benchmarks/gains.py FOLDER

Gains are in the units of the metric, positive is better, with their share of the whole gain; that
of the ensemble is its nested score less that of the best single candidate chosen in the same way.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mle_star.eventlog import read_log
from mle_star.report.gains import gains_of, share
from mle_star.report.result import fold
from mle_star.report.words import number, signed

PARTS = ("merge", "refinement", "ensemble")
HEAD = ("set", "metric", "best first candidate", *(f"+ {part}" for part in PARTS), "in all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="of finished runs, however deep")
    folder = parser.parse_args().folder
    logs = sorted(folder.rglob("events.jsonl"))
    if not logs:
        raise SystemExit(f"no events.jsonl is in {folder} or below it: name a folder of runs")
    print(table([(named(folder, log), read(log)) for log in logs]))


def named(folder: Path, log: Path) -> str:
    """The way from the folder to a run, without what all runs of a panel have in it."""
    parts = [part for part in log.parent.relative_to(folder).parts if part not in ("ours", "run")]
    return "/".join(parts) or log.parent.name


def read(log: Path) -> tuple[str, dict[str, Any] | None]:
    """The metric of a run and its gains; None where it did not come to any."""
    result = fold(line.event for line in read_log(log).standing)
    return str(result.task.get("task", {}).get("metric", "")), gains_of(result)


def table(runs: Iterable[tuple[str, tuple[str, dict[str, Any] | None]]]) -> str:
    """One line a run as Markdown, then the mean share of each part."""
    lines, shares = [list(HEAD), ["---"] * len(HEAD)], []
    for name, (metric, gains) in runs:
        if gains is None:
            lines.append([name, metric, "no candidate has a score", *[""] * (len(PARTS) + 1)])
            continue
        lines.append([name, metric, *_cells(gains)])
        if gains["whole"] > 0:
            shares.append({one["part"]: one["share"] for one in gains["parts"]})
    found = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{found}\n\n{_mean(shares)}"


def _cells(gains: dict[str, Any]) -> list[str]:
    by_part = {one["part"]: one for one in gains["parts"]}
    parts = [_told(by_part[part]) if part in by_part else "" for part in PARTS]
    relative = gains["relative"]
    percent = "" if relative is None else f" ({100 * relative:.2g} % of the score)"
    first = f"{number(gains['first']['score'])} ({gains['first']['name']})"
    return [first, *parts, f"{signed(gains['whole'])}{percent}"]


def _told(part: dict[str, Any]) -> str:
    return signed(part["gain"]) + ("" if part["share"] is None else f" ({share(part['share'])})")


def _mean(shares: Sequence[dict[str, float]]) -> str:
    if not shares:
        return "No run gained anything over its best first candidate."
    means = {part: sum(one.get(part, 0.0) for one in shares) / len(shares) for part in PARTS}
    told = ", ".join(f"{part} {share(mean)}" for part, mean in means.items())
    return f"Mean share of the gain over the {len(shares)} runs that gained: {told}."


if __name__ == "__main__":
    main()
