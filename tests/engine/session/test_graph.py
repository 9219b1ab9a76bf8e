"""Running a graph of tasks: order, side by side, retries, failures; no data and no models here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from mle_star.errors import BudgetError, DataError, StateError
from mle_star.eventlog import TASK
from mle_star.events import Event, Noted, TaskFinished, TaskStarted, WorkflowPlanned
from mle_star.session.graph import Graph, NotRun, Work
from mle_star.session.handover import Handover
from mle_star.workflow.phase import Phase
from mle_star.workflow.workflow import FailurePolicy, Workflow, WorkflowSettings, WorkflowTask

Doing = Callable[[WorkflowTask, Sequence[Handover]], Work]


def task(
    name: str, *depends: str, phase: Phase = Phase.REFINEMENT, retries: int = 0
) -> WorkflowTask:
    return WorkflowTask(name, phase, depends, (), retries=retries)


def done(one: WorkflowTask, before: Sequence[Handover]) -> Work:
    return Work(Handover(step=1 + max((b.step for b in before), default=0)), f"{one.id} done")


def graph(
    tasks: Sequence[WorkflowTask],
    doing: Doing = done,
    policy: FailurePolicy = "continue",
    at_once: int = 6,
) -> tuple[Graph, list[Event]]:
    events: list[Event] = []
    workflow = Workflow("w", tuple(tasks), {}, WorkflowSettings(failure_policy=policy))
    return Graph(workflow, doing, events.append, lambda: 0.0, at_once), events


def ended(events: Sequence[Event]) -> dict[str, str]:
    return {e.task: e.status for e in events if isinstance(e, TaskFinished)}


def test_each_task_is_handed_what_those_before_it_left() -> None:
    tasks = [task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c"), task("e", "d")]
    one, events = graph(tasks)

    left = one.run()

    assert {name: handover.step for name, handover in left.items()} == {
        "a": 1, "b": 2, "c": 2, "d": 3, "e": 4,
    }  # fmt: skip
    assert isinstance(events[0], WorkflowPlanned)
    assert [entry["id"] for entry in events[0].tasks] == list("abcde")
    assert set(ended(events).values()) == {"done"}


def test_independent_tasks_run_at_the_same_time_each_under_its_own_name() -> None:
    together = threading.Barrier(3, timeout=10)
    names: list[str] = []

    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        together.wait()
        names.append(TASK.get())
        return done(one, before)

    one, _ = graph([task("a"), task("b"), task("c")], doing)

    assert set(one.run()) == set(names) == {"a", "b", "c"}


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_tasks_run_at_once_than_allowed(at_once: int) -> None:
    running, most, lock = [0], [0], threading.Lock()

    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.02)
        with lock:
            running[0] -= 1
        return done(one, before)

    one, _ = graph([task(name) for name in "abcdef"], doing, at_once=at_once)
    one.run()

    assert most[0] == at_once


def test_a_task_that_fails_is_tried_again_as_often_as_asked() -> None:
    tries: list[str] = []

    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        tries.append(one.id)
        if len(tries) < 3:
            raise StateError("not yet")
        return done(one, before)

    one, events = graph([task("a", retries=2)], doing)
    one.run()

    assert [e.attempt for e in events if isinstance(e, TaskStarted)] == [1, 2, 3]
    assert ended(events) == {"a": "done"}


def failing(name: str) -> Doing:
    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        if one.id == name:
            raise BudgetError("broken")
        return done(one, before)

    return doing


def test_by_default_the_others_go_on_with_what_stands() -> None:
    one, events = graph([task("a"), task("b", "a"), task("c", "b")], failing("b"))

    left = one.run()

    assert ended(events) == {"a": "done", "b": "failed", "c": "done"}
    assert left["c"].step == 2  # b left what a had left
    assert [e.message for e in events if isinstance(e, Noted)] == ["b failed: broken"]
    assert set(one.failures) == {"b"}


def test_fail_fast_ends_the_run_with_the_first_failure() -> None:
    one, events = graph([task("a"), task("b", "a")], failing("a"), "fail-fast")

    with pytest.raises(BudgetError, match="broken"):
        one.run()
    assert ended(events) == {"a": "failed"}


@pytest.mark.parametrize("phase", [Phase.PROFILE, Phase.FOUNDATION])
def test_without_data_or_candidates_nothing_follows(phase: Phase) -> None:
    one, _ = graph([task("a", phase=phase), task("b", "a")], failing("a"))

    with pytest.raises(BudgetError, match="broken"):
        one.run()


def test_state_that_cannot_be_written_ends_the_run_whatever_the_policy() -> None:
    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        raise StateError("the disk is full")

    one, events = graph([task("a"), task("b", "a")], doing)

    with pytest.raises(StateError, match="the disk is full"):
        one.run()
    assert ended(events) == {"a": "failed"}


def test_a_bug_is_raised_whatever_the_policy_and_from_any_thread() -> None:
    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        if one.id == "b":
            raise ZeroDivisionError
        return done(one, before)

    one, _ = graph([task("a"), task("b"), task("c", "a")], doing)

    with pytest.raises(ZeroDivisionError):
        one.run()


def test_a_task_that_is_not_run_says_why_and_hands_on_what_it_was_given() -> None:
    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        if one.id == "b":
            raise NotRun("score > 0.9: score is 0.8")
        return done(one, before)

    one, events = graph([task("a"), task("b", "a"), task("c", "b")], doing)

    assert one.run()["c"].step == 2
    skipped = next(e for e in events if isinstance(e, TaskFinished) and e.task == "b")
    assert (skipped.status, skipped.summary) == ("skipped", "score > 0.9: score is 0.8")


def test_the_error_of_unusable_data_is_the_users_own() -> None:
    def doing(one: WorkflowTask, before: Sequence[Handover]) -> Work:
        raise DataError("line 3")

    one, _ = graph([task("p", phase=Phase.PROFILE), task("s", phase=Phase.SEARCH)], doing)

    with pytest.raises(DataError, match="line 3"):
        one.run()
