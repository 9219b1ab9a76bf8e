"""What was done by hand stands in the log of a session that is resumed, and is handed on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests.engine.bench.logged import best, run, solution, verdict
from tests.engine.session.test_journal import attempt, phase

from mle_star import events as e
from mle_star.eventlog import BY_HAND, EventLog, read_log
from mle_star.judge.evaluation import Evaluation, Fidelity, Score
from mle_star.session.by_hand import take_in
from mle_star.session.handover import Handover
from mle_star.session.replay import blocks_of
from mle_star.session.session import Session


def by_hand(path: Path, *events: e.Event) -> None:
    log = EventLog(path, lambda: 0.0, read_log(path))
    for event in events:
        log(event, 0.0, BY_HAND)
    log.close()


def test_what_was_done_by_hand_stands_though_the_resumed_run_goes_another_way(
    tmp_path: Path,
) -> None:
    path, done = tmp_path / "events.jsonl", e.Handwork(1, "judge", "no better", {})
    with attempt(path) as first:
        for event in [*phase("foundation"), *phase("ablation")]:
            first.emit(event)
    by_hand(path, done)

    with attempt(path) as again:
        for event in [*phase("foundation"), *phase("refinement")]:
            again.emit(event)

    assert done in [line.event for line in read_log(path).standing]
    assert again.heard.count(done) == 1


def test_readers_hear_of_it_when_all_that_came_before_was_told(tmp_path: Path) -> None:
    path, done = tmp_path / "events.jsonl", e.Handwork(1, "judge", "no better", {})
    with attempt(path) as first:
        for event in phase("foundation"):
            first.emit(event)
    by_hand(path, done)

    with attempt(path) as again:
        for event in [*phase("foundation"), *phase("ablation")]:
            again.emit(event)

    assert again.heard == [*phase("foundation"), done, *phase("ablation")]


def test_a_log_with_work_by_hand_can_be_resumed_any_number_of_times(tmp_path: Path) -> None:
    path, done = tmp_path / "events.jsonl", e.Handwork(1, "judge", "no better", {})
    with attempt(path) as first:
        first.emit(phase("foundation")[0])
    by_hand(path, done)
    for _ in range(3):
        with attempt(path) as again:
            for event in phase("foundation"):
                again.emit(event)

    standing = [line.event for line in read_log(path).standing]
    assert sorted(map(str, standing)) == sorted(map(str, [*phase("foundation"), done]))


class _Judge:
    """Takes verdicts as given."""

    metric = SimpleNamespace(name="m", greater_is_better=True)
    test_share = 0.25

    def adopt(self, found: list[Evaluation]) -> list[Evaluation]:
        return list(found)


class _Context:
    judge = _Judge()

    def __init__(self) -> None:
        self.ledger: list[Evaluation] = []

    def record(self, found: list[Evaluation]) -> None:
        self.ledger += found

    def scored(self, digest: str) -> Evaluation | None:
        return next((one for one in self.ledger if one.solution.digest == digest), None)


def _session(tmp_path: Path, events: list[tuple[e.Event, str]]) -> Session:
    log = EventLog(tmp_path / "log.jsonl", lambda: 0.0)
    for event, of in events:
        log(event, 0.0, of)
    log.close()
    history = read_log(tmp_path / "log.jsonl")
    blocks = blocks_of([line.event for line in history.standing])
    return cast(Session, SimpleNamespace(history=history, blocks=blocks))


def _handed_over(score: float) -> Any:
    known = Evaluation(solution("b"), Fidelity(), Score("m", True, (score,) * 5))
    return Handover(context=cast(Any, _Context()), best=known)


def _begins(task: str) -> e.TaskStarted:
    return e.TaskStarted(task, task, [], 1, None)


def test_a_task_that_begins_after_an_edit_begins_with_it(tmp_path: Path) -> None:
    edit = [(event, BY_HAND) for event in [*verdict("c", 0.9), best("c", 0.9)]]
    ran = [(event, "") for event in run(("b", 0.8))]
    session = _session(tmp_path, [*ran, (_begins("refinement"), "refinement"), *edit])
    found, before = _handed_over(0.8), _handed_over(0.8)

    take_in(session, "ensemble", found)
    take_in(session, "refinement", before)

    assert found.best.solution == solution("c")
    assert [one.solution.name for one in found.context.ledger] == ["c"]
    assert before.best.solution == solution("b")
    assert before.context.ledger == []


def test_an_edit_does_not_take_the_place_of_something_better_that_was_found_since(
    tmp_path: Path,
) -> None:
    edit = [(event, BY_HAND) for event in [*verdict("c", 0.9), best("c", 0.9)]]
    session = _session(tmp_path, [(event, "") for event in run(("b", 0.8))] + edit)
    found = _handed_over(0.95)

    take_in(session, "ensemble", found)

    assert found.best.solution == solution("b")
    assert [one.solution.name for one in found.context.ledger] == ["c"]
