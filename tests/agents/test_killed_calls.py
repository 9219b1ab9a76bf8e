"""Kill -9 in the middle of a call: what was answered is not asked again; the end is the same."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.agents.conftest import TOGETHER, marked, two_models
from tests.agents.runs import Plan, Ran, adopted, begin, ended, go, prepare, start
from tests.agents.same import same
from tests.agents.scripted_model import ModelServer, answer
from tests.reliability.runs import until


class Holding:
    """Holds back the answer to the n-th request, until it is let go.

    Parameters
    ----------
    number : int
        Of the request, from 1.
    answers : callable
        What is answered.
    """

    def __init__(self, number: int, answers: Callable[[str, str], dict[str, Any]]) -> None:
        self.held, self.released = threading.Event(), threading.Event()
        self._number = number
        self._answers = answers
        self._asked = 0
        self._lock = threading.Lock()

    def __call__(self, form: str, question: str) -> dict[str, Any]:
        with self._lock:
            self._asked += 1
            is_held = self._asked == self._number
        if is_held:
            self.held.set()
            self.released.wait(60)
        return self._answers(form, question)


def killed(folder: Path, plan: Plan, holding: Holding, number: int, data: str) -> Ran:
    """A run killed while the n-th answer is held, when all before it and beside it are on disk."""
    (prepare(folder) / "shop.csv").write_text(data)
    with adopted() as orphans, ModelServer(holding) as server:
        process = begin(folder, ("--agent-backend", server.spec), plan)
        assert holding.held.wait(120)
        record = folder / "out" / "answers.jsonl"
        beside = 1 if plan is TOGETHER else 0
        until(lambda: count(record) == number - 1 + beside)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert orphans() == []
        before = len(server.requests)
        holding.released.set()
        ran = ended(folder, start(folder, plan, "resume", "out", "--quiet"), [], orphans, plan)
        ran.requests = server.requests[before:]
        return ran


def count(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def told(requests: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(request) for request in requests)


@pytest.mark.proof
def test_an_answer_on_disk_is_not_asked_for_again(
    undisturbed: tuple[Ran, ModelServer], tmp_path: Path
) -> None:
    wanted, _ = undisturbed

    ran = killed(tmp_path, TOGETHER, Holding(2, two_models), 2, marked(tmp_path))

    assert ran.code == wanted.code, ran.err
    assert len(ran.requests) == 2  # the one that was held, and the one after it
    assert set(told(ran.requests)) <= set(told(wanted.requests))
    assert ran.result["agents"]["total"]["calls"] == 4
    assert same(ran) == same(wanted)
    assert ran.left == []


@pytest.mark.proof
@pytest.mark.parametrize("number", [1, 2, 4, 5, 7, 9])
def test_a_whole_run_killed_in_any_call_ends_like_the_undisturbed_one(
    number: int, whole: Ran, tmp_path: Path
) -> None:
    data = (prepare(tmp_path) / "shop.csv").read_text()

    ran = killed(tmp_path, whole.plan, Holding(number, answer), number, data)

    assert ran.code == whole.code, ran.err
    assert told(ran.requests) == told(whole.requests[number - 1 :])
    assert same(ran) == same(whole)
    assert ran.left == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The undisturbed run with all phases."""
    with ModelServer() as server:
        return go(tmp_path_factory.mktemp("whole"), server, Plan(without=()))
