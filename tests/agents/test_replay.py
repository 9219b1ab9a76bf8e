"""A recorded run is replayed with no model, and is the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.agents.replayed import RECORDED, recorded, replayed
from tests.agents.runs import Ran, assert_sound
from tests.agents.same import same

from mle_star.agents.definitions import AGENTS

STALE = "what is asked has changed: make the record again, python -m tests.agents.replayed"


def asked(ran: Ran) -> list[tuple[Any, ...]]:
    """Who was asked for what, and what came of it."""
    return [
        (one["agent"], one["step"], one["prompt_bytes"], one["turns"], one["failure"])
        for one in ran.of("agent_answered")
    ]


@pytest.mark.proof
def test_the_run_in_the_repository_is_replayed_with_no_model(tmp_path: Path) -> None:
    ran = replayed(tmp_path)

    assert ran.code in (0, 4), ran.err
    missing = [one["phase"] for one in ran.of("agent_answered") if one["failure"]]
    assert not {"search", "foundation"} & set(missing), STALE  # nothing measured stands in these
    assert not missing, f"{STALE} (or this machine measures other last digits than the record's)"
    assert len(asked(ran)) == RECORDED.read_bytes().count(b"\n")
    assert set(ran.result["agents"]["by_agent"]) == set(AGENTS)
    assert "VotingClassifier" in str([event["source"] for event in ran.of("block_seen")])
    assert ran.left == []


@pytest.mark.proof
def test_a_replay_is_the_same_run(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    first = recorded(tmp_path / "first", kept)

    again = replayed(tmp_path / "again", kept)

    assert_sound(first)
    assert again.code == first.code
    assert asked(again) == asked(first)
    assert same(again) == same(first)
    assert (tmp_path / "again/out/solution.py").read_text() == (
        tmp_path / "first/out/solution.py"
    ).read_text()
