"""The proof: kills at every kind of event, before calls, and at random moments."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from tests.reliability.runs import (
    GONE,
    begin,
    events,
    finish,
    go_on,
    judged,
    left,
    prepare,
    resume,
)
from tests.reliability.whole import Whole

from mle_star.eventlog import KINDS

pytestmark = pytest.mark.proof

NOT_HERE = {
    "session_resumed", "choice_made", "merge_tried", "hook_finished", "handwork", "drift_measured",
    "models_compared", "web_found", "part_measured", "agent_asked", "agent_answered",
}  # fmt: skip
"""Kinds that the undisturbed run does not emit: nobody takes part, and no session was before."""


def test_the_undisturbed_run_emits_all_other_kinds(whole: Whole) -> None:
    assert set(whole.kinds) == set(KINDS) - NOT_HERE
    assert len(set(whole.judged)) == len(whole.judged) > 0


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NOT_HERE))
def test_a_run_killed_right_after_an_event(kind: str, whole: Whole, tmp_path: Path) -> None:
    middle = 1 + whole.kinds[kind] // 2
    killed = finish(begin(prepare(tmp_path), {"kill_after": {"type": kind, "number": middle}}))

    assert killed.code == -signal.SIGKILL, killed.err
    assert events(tmp_path)[-1]["type"] == kind
    assert left(tmp_path, GONE) == []

    whole.assert_same(tmp_path, finish(go_on(tmp_path)).code)


@pytest.mark.parametrize("seed", range(20))
def test_a_run_killed_at_a_random_moment(seed: int, whole: Whole, tmp_path: Path) -> None:
    process = begin(prepare(tmp_path))
    time.sleep(random.Random(seed).uniform(0.02, 0.98) * whole.seconds)
    process.send_signal(signal.SIGKILL)
    finish(process)

    assert left(tmp_path, GONE) == []
    before = judged(tmp_path)

    whole.assert_same(tmp_path, finish(go_on(tmp_path)).code)
    assert judged(tmp_path)[: len(before)] == before


@pytest.mark.parametrize(
    ("call", "number"),
    [("write", 2), ("write", 90), ("rename", 1), ("rename", 2), ("rename", 12), ("rename", 50)],
)
def test_a_run_killed_while_it_writes(call: str, number: int, whole: Whole, tmp_path: Path) -> None:
    finish(begin(prepare(tmp_path), {"kill_before": {"call": call, "number": number}}))

    assert left(tmp_path, GONE) == []

    whole.assert_same(tmp_path, finish(go_on(tmp_path)).code)


def test_a_run_that_goes_on_is_killed_again_and_again(whole: Whole, tmp_path: Path) -> None:
    kills = [("evaluation_finished", 5), ("session_resumed", 1), ("ablation_measured", 2)]
    for kind, number in [*kills, ("session_resumed", 1), ("ensemble_compared", 3)]:
        plan = {"kill_after": {"type": kind, "number": number}}
        go = resume if (tmp_path / "out").exists() else begin
        killed = finish(go(prepare(tmp_path), plan))
        assert (killed.code, events(tmp_path)[-1]["type"]) == (-signal.SIGKILL, kind)

    whole.assert_same(tmp_path, finish(resume(tmp_path)).code)
    assert finish(resume(tmp_path)).code == whole.code
    whole.assert_same(tmp_path, whole.code)
