"""The proof: signals at several moments, the wall clock, a power cut, and a budget of time."""

from __future__ import annotations

import re
import shutil
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
    halves,
    left,
    prepare,
    resume,
    start,
)
from tests.reliability.whole import Whole

pytestmark = pytest.mark.proof

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BUDGET = 20.0
"""Seconds that the run with a budget of time is given."""


@pytest.mark.parametrize("part", [0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
def test_the_first_signal_stops_a_run(part: float, whole: Whole, tmp_path: Path) -> None:
    process = begin(prepare(tmp_path))
    time.sleep(part * whole.seconds)
    process.send_signal(SIGNALS[round(20 * part) % 3])
    ended = finish(process)

    assert ended.code == 130
    assert ended.seconds < 5
    assert re.search(r"go on with: .* resume out$", ended.err, re.MULTILINE)
    assert halves(tmp_path) == []
    assert left(tmp_path) == []

    whole.assert_same(tmp_path, finish(go_on(tmp_path)).code)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.7, 0.9])
def test_the_second_signal_ends_a_run_at_once(part: float, whole: Whole, tmp_path: Path) -> None:
    process = begin(prepare(tmp_path))
    time.sleep(part * whole.seconds)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    ended = finish(process)

    assert ended.code == 130
    assert ended.seconds < 1
    assert left(tmp_path, GONE) == []

    whole.assert_same(tmp_path, finish(go_on(tmp_path)).code)


@pytest.mark.parametrize("seconds", [3600, -86400])
def test_the_wall_clock_may_jump(seconds: int, whole: Whole, tmp_path: Path) -> None:
    whole.assert_same(tmp_path, finish(begin(prepare(tmp_path), {"clock": seconds})).code)


@pytest.fixture(scope="module")
def nearly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run killed when its last task had ended."""
    folder = prepare(tmp_path_factory.mktemp("nearly"))
    finish(begin(folder, {"kill_after": {"type": "task_finished", "number": 8}}))
    return folder


@pytest.mark.parametrize("part", [0.0, 0.02, 0.1, 0.3, 0.45, 0.6, 0.75, 0.9, 0.99])
def test_a_power_cut_leaves_half_a_log(
    part: float, nearly: Path, whole: Whole, tmp_path: Path
) -> None:
    shutil.copytree(nearly, tmp_path, dirs_exist_ok=True)
    log = tmp_path / "out" / "events.jsonl"
    content = log.read_bytes().replace(str(nearly).encode(), str(tmp_path).encode())
    log.write_bytes(content[: int(part * len(content))])
    shutil.rmtree(tmp_path / "out" / "work" / "folds")
    begun = len(events(tmp_path)) > 0

    if begun:
        whole.assert_same(tmp_path, finish(resume(tmp_path)).code)
    else:
        assert finish(resume(tmp_path)).code == 8


def test_a_budget_of_time_is_for_all_parts_of_a_run(tmp_path: Path) -> None:
    words = ("--dataset", "shop.csv", "--target", "label", "--drop", "code,shop")
    budget = ("--time-budget", f"{BUDGET:.0f}", "--output", "out", "--jobs", "2", "--quiet")
    process = start(prepare(tmp_path), None, "run", *words, *budget)
    time.sleep(BUDGET / 2)
    process.send_signal(signal.SIGKILL)
    finish(process)
    used = events(tmp_path)[-1]["elapsed"]
    ended = finish(resume(tmp_path))
    last = events(tmp_path)[-1]

    assert ended.code in (0, 4)
    assert used > BUDGET / 4
    assert last["type"] == "session_finished"
    assert last["seconds"] <= BUDGET
    assert ended.seconds <= BUDGET - used + 1
    assert (tmp_path / "out" / "model" / "manifest.json").is_file()
