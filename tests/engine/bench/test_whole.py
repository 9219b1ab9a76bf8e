"""Work by hand with real sessions: the engine's own scores, nothing lost, nobody left behind."""

from __future__ import annotations

import json
import signal
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.reliability.runs import GONE, Ended, Plan, finish, left, prepare, start, until

from mle_star.eventlog import BY_HAND
from mle_star.session.lock import holder

BEST = """\
from sklearn.linear_model import LogisticRegression


def model(columns, hyperparameters):
    return LogisticRegression(C={})
"""
ENDLESS = """\
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Endless(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        while True:
            self.seen_ = len(X)

    def predict_proba(self, X):
        return np.ones((len(X), 2)) / 2


def model(columns, hyperparameters):
    return Endless()
"""


def run(folder: Path, evaluations: int, plan: Plan | None = None, steps: int = 0) -> Ended:
    words = ("run", "--dataset", "shop.csv", "--target", "label", "--drop", "code,shop,day,price")
    more = ("--evaluations", str(evaluations), "--refinement-iterations", str(steps), "--jobs", "2")
    return finish(start(folder, plan, *words, *more, "--output", "out", "--quiet"))


def by_hand(folder: Path, *words: str) -> Any:
    """What a command prints as JSON."""
    ended = finish(start(folder, None, *words, "--json"))
    assert ended.code in (0, 4), ended.err
    return json.loads(ended.out)


def events(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "out" / "events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_a_block_is_judged_by_hand_and_shipped_when_it_is_accepted(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    assert run(folder, 1).code in (0, 4)
    before = by_hand(folder, "explain", "out")
    code = folder / "model.py"
    code.write_text(BEST.format(0.5))

    verdict = by_hand(folder, "block", "edit", "out", "model", "--code", "model.py")

    after = by_hand(folder, "explain", "out")
    assert (verdict["start"], verdict["judged"]) == (before["best"], True)
    assert after["best"] == (verdict["digest"] if verdict["in_place"] else before["best"])
    assert verdict["digest"] in {one["digest"] for one in after["leaderboard"]}
    assert [one["action"] for one in after["by_hand"]] == ["edit"]
    assert "By hand, since" in (folder / "out" / "summary.md").read_text()


@pytest.mark.proof
def test_a_block_judged_by_hand_gets_the_score_that_the_run_gives_it(tmp_path: Path) -> None:
    longer, shorter = prepare(tmp_path / "longer"), prepare(tmp_path / "shorter")
    for folder, evaluations, steps in ((longer, 9, 1), (shorter, 3, 0)):
        assert run(folder, evaluations, steps=steps).code in (0, 4)
    known = {one["digest"] for one in by_hand(shorter, "explain", "out")["leaderboard"]}
    children = [
        one
        for one in by_hand(longer, "explain", "out")["leaderboard"]
        if one["parent"] in known and one["digest"] not in known and one["changed"]
    ]
    assert children, "nothing to compare"
    judged = 0
    for child in children:
        shown = ("block", "show", "out", child["changed"], "--solution", child["digest"])
        ended = finish(start(longer, None, *shown))
        if ended.code or not ended.out.strip():
            continue  # the block was taken away
        (shorter / "cell.py").write_text(ended.out)
        words = ("out", child["changed"], "--code", "cell.py", "--solution", child["parent"])
        verdict = by_hand(shorter, "block", "judge", *words)
        if verdict["digest"] == child["digest"]:
            judged += 1
            assert verdict["folds"] == child["folds"]
    assert judged


@pytest.mark.proof
@pytest.mark.parametrize("task", ["targeted_refinement", "ensemble_creation"])
def test_a_resumed_run_keeps_what_was_accepted_by_hand(tmp_path: Path, task: str) -> None:
    folder = prepare(tmp_path)
    number = {"targeted_refinement": 5, "ensemble_creation": 6}[task]
    run(folder, 2, {"kill_after": {"type": "task_started", "number": number}})
    (folder / "model.py").write_text(BEST.format(0.3))
    verdict = by_hand(folder, "block", "edit", "out", "model", "--code", "model.py")
    assert verdict["judged"], verdict

    killed = {"kill_after": {"type": "gate_measured", "number": 2}}
    assert finish(start(folder, killed, "resume", "out", "--quiet")).code == -signal.SIGKILL
    ended = finish(start(folder, None, "resume", "out", "--quiet"))

    assert ended.code in (0, 4), ended.err
    explained = by_hand(folder, "explain", "out")
    board = {one["digest"]: one["score"] for one in explained["leaderboard"]}
    assert board[verdict["digest"]] == verdict["score"]
    if verdict["in_place"]:
        assert explained["best"] == verdict["digest"]
    assert [one["action"] for one in explained["by_hand"]] == ["edit"]
    result = json.loads((folder / "out" / "result.json").read_text())
    assert result["by_hand"][0]["facts"]["digest"] == verdict["digest"]
    kinds = [event["type"] for event in events(folder)]
    assert kinds.count("handwork") == 1


def _below(pid: int) -> list[psutil.Process]:
    """The processes that one started, those in the sandbox too."""
    return psutil.Process(pid).children(recursive=True)


def _is_fitting(folder: Path, pid: int, before: int) -> bool:
    """Whether a block is being judged: its code is logged, and it keeps a core busy."""
    seen = [x for x in events(folder) if x["type"] == "block_seen" and x["of"] == BY_HAND]
    return len(seen) > before and any(one.cpu_times().user > 4 for one in _below(pid)[2:])


def _gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=GONE)
    assert alive == []


@pytest.mark.proof
def test_killed_in_the_middle_of_judging_it_loses_nothing_and_leaves_nobody(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    assert run(folder, 1).code in (0, 4)
    before = (folder / "out" / "events.jsonl").read_bytes()
    model = (folder / "out" / "model" / "manifest.json").read_bytes()
    (folder / "endless.py").write_text(ENDLESS)
    (folder / "model.py").write_text(BEST.format(0.5))
    words = ("block", "edit", "out", "model", "--code")

    for before_it, kill in enumerate((signal.SIGKILL, signal.SIGTERM)):
        process = start(folder, None, *words, "endless.py")
        until(partial(_is_fitting, folder, process.pid, before_it))
        assert holder(folder / "out") is not None
        refused = finish(start(folder, None, *words, "model.py"))
        assert refused.code == 2
        assert "mle-star stop" in refused.err
        below = _below(process.pid)
        process.send_signal(kill)
        ended = finish(process)
        assert ended.code == (-signal.SIGKILL if kill is signal.SIGKILL else 130), ended.err
        _gone(below)
        assert left(folder, GONE) == []
        assert (folder / "out" / "events.jsonl").read_bytes().startswith(before)
        assert (folder / "out" / "model" / "manifest.json").read_bytes() == model

    assert by_hand(folder, "block", "judge", "out", "model", "--code", "model.py")["judged"]
    status = by_hand(folder, "status", "out")
    assert status["state"] == "done"


@pytest.mark.proof
def test_at_its_limit_it_ends_and_the_session_is_as_it_was(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    assert run(folder, 1).code in (0, 4)
    before = by_hand(folder, "explain", "out")
    (folder / "endless.py").write_text(ENDLESS)

    words = ("block", "edit", "out", "model", "--code", "endless.py", "--time-budget", "20")
    ended = finish(start(folder, None, *words))

    assert ended.code == 7
    assert "--time-budget" in ended.err
    assert left(folder, GONE) == []
    assert by_hand(folder, "explain", "out") == before


@pytest.mark.proof
def test_an_ensemble_by_hand_is_validated_and_shipped_and_serves(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    assert run(folder, 4).code in (0, 4)
    old = (folder / "out" / "model" / "manifest.json").read_bytes()
    (folder / "model.py").write_text(BEST.format(0.2))
    edit = by_hand(folder, "block", "edit", "out", "model", "--code", "model.py")

    combined = by_hand(folder, "ensemble", "out")
    looked = by_hand(folder, "validate", "out")
    untouched = (folder / "out" / "model" / "manifest.json").read_bytes()
    shipped = by_hand(folder, "validate", "out", "--ship")

    assert edit["digest"] in json.dumps(by_hand(folder, "explain", "out"))
    assert untouched == old
    assert looked["members"] == combined["members"] == shipped["members"]
    assert (looked["looks"], shipped["looks"]) == (2, 3)
    assert {one["gate"]: one["verdict"] for one in looked["gates"]}.keys() == {
        one["gate"] for one in shipped["gates"]
    }
    assert shipped["shipped"] == shipped["passed"]
    words = ("--model", "out", "--dataset", "shop.csv", "--output", "p.csv")
    assert finish(start(folder, None, "predict", *words)).code == 0
    assert len((folder / "p.csv").read_text().splitlines()) == 241
    result = json.loads((folder / "out" / "result.json").read_text())
    if shipped["shipped"]:
        assert result["members"] == shipped["members"]
        assert result["holdout"]["looks"] == 3
