"""A small whole run on record, and how it is replayed.

python -m tests.agents.replayed makes the record again: what is asked has changed when a prompt, a
recipe or a number in it has.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.agents.runs import FORWARD, Plan, Ran, adopted, begin, ended, go, prepare
from tests.agents.scripted_model import ModelServer

RECORDED = Path(__file__).with_name("recorded.jsonl")
PLAN = Plan(without=())


def recorded(folder: Path, path: Path) -> Ran:
    """A run with a model, its answers on record."""
    plan = Plan(without=(), options=(*FORWARD, "--record", str(path)))
    with ModelServer() as server:
        return go(folder, server, plan)


def replayed(folder: Path, path: Path = RECORDED) -> Ran:
    """The run of a record, with no model."""
    prepare(folder)
    with adopted() as orphans:
        return ended(folder, begin(folder, ("--replay", str(path)), PLAN), [], orphans, PLAN)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place) / "fresh.jsonl"
        assert recorded(Path(place) / "run", fresh).code in (0, 4)
        RECORDED.write_bytes(fresh.read_bytes())
