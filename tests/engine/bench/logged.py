"""The log of a small made-up session, with code, for tests of what stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engine.report.story import judged

from mle_star import events as e
from mle_star.eventlog import BY_HAND, EventLog, History, read_log
from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import Role

MODEL = "def model(columns, hyperparameters):\n    return {}\n"


def solution(name: str, **other: Any) -> Solution:
    return Solution((Block(Role.MODEL, MODEL.format(name).strip()),), name, **other)


def verdict(name: str, score: float, **other: Any) -> list[e.Event]:
    """What the judge tells of a solution: its code, then its score."""
    made = solution(name)
    told = {block.digest: block for block in made.blocks}
    seen = [e.BlockSeen(digest, one.role, "", one.source) for digest, one in told.items()]
    given = {
        "digest": made.digest,
        "blocks": {"model": made.blocks[0].digest},
        "sample_rows": None,
        "sample_folds": None,
    }
    return [*seen, judged(name, score, **(given | other))]


def best(name: str, score: float) -> e.IncumbentChanged:
    return e.IncumbentChanged(solution(name).digest, name, score, 0.01, None)


def run(*names: tuple[str, float], greater: bool = True) -> list[e.Event]:
    """A session that judged solutions, each better than the one before."""
    task = {"kind": "binary", "targets": ["y"], "metric": "m", "greater_is_better": greater}
    settings = {"dataset": "d.csv", "targets": ["y"], "seconds": 60.0, "evaluations": None}
    found: list[e.Event] = [e.SessionStarted("id", "n", "f", settings), e.TaskResolved(task, [])]
    for name, score in names:
        found += [*verdict(name, score), best(name, score)]
    return found


def finished(members: list[str], combine: Block | None = None) -> list[e.Event]:
    """How a run ends that shipped these."""
    told = [{"name": name, "digest": solution(name).digest} for name in members]
    summary: dict[str, Any] = {"status": "done", "members": told, "combine": None, "folds": []}
    if combine is not None:
        summary["combine"] = {
            "role": "combine",
            "source": combine.source,
            "recipe": "",
            "foreign": False,
        }
        summary["folds"] = [0.9, 0.8]
    return [
        e.TaskFinished("validation", "validation", "done", "", 1.0),
        e.SessionFinished(0, 9.0, summary),
    ]


def written(path: Path, events: list[e.Event], by_hand: list[e.Event]) -> History:
    """A log of what a run told, and of what was done by hand after it."""
    log = EventLog(path, lambda: 0.0)
    for event in events:
        log(event, 1.0, "")
    for event in by_hand:
        log(event, 1.0, BY_HAND)
    log.close()
    return read_log(path)
