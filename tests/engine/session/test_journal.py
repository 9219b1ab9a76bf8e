"""The journal: what was logged is matched, what is new is logged, readers hear all that stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mle_star.eventlog import TASK, EventLog, read_log
from mle_star.events import (
    Event,
    IncumbentChanged,
    Noted,
    PhaseFinished,
    PhaseStarted,
    SessionFinished,
    StepFinished,
)
from mle_star.session.clock import SessionClock
from mle_star.session.journal import Journal


class Wall:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Attempt:
    """One process of a session."""

    def __init__(self, path: Path, now: float = 0.0) -> None:
        self.wall = Wall()
        self.wall.now = now
        self.clock = SessionClock(self.wall, now)
        history = read_log(path) if path.exists() else None
        self.log = EventLog(path, self.wall, history)
        self.heard: list[Event] = []
        self.lines: list[bytes] = []
        self.emit = Journal(self.log, self.clock, history, [self.heard.append], self.lines.append)
        self.emit.begin()


@contextmanager
def attempt(path: Path, now: float = 0.0) -> Iterator[Attempt]:
    one = Attempt(path, now)
    try:
        yield one
    finally:
        one.log.close()


def phase(name: str, seconds: float = 1.0) -> list[Event]:
    return [PhaseStarted(name, seconds), PhaseFinished(name, "well", seconds)]


def standing(path: Path) -> list[Event]:
    return [line.event for line in read_log(path).standing]


def test_what_is_repeated_is_told_as_it_was_and_not_logged_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with attempt(path) as one:
        for event in phase("search", 5.0):
            one.emit(event)
    with attempt(path) as two:
        for event in [*phase("search", 0.1), *phase("foundation")]:
            two.emit(event)

    assert two.heard == [*phase("search", 5.0), *phase("foundation")]
    assert standing(path) == two.heard
    assert len(two.lines) == 1 + 2


def test_time_of_what_is_repeated_counts_as_it_did_then(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with attempt(path) as one:
        one.wall.now = 40.0
        one.emit(Noted("info", "a"))
        one.emit(PhaseStarted("search", None))
        one.wall.now = 100.0
        one.emit(PhaseStarted("foundation", None))
    with attempt(path, now=7.0) as two:
        two.emit(PhaseStarted("search", None))
        assert two.clock() == 40.0
        two.wall.now += 3.0
        two.emit(PhaseStarted("foundation", None))
        assert two.clock() == 100.0


def test_from_the_first_event_that_differs_the_rest_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "log"
    better = IncumbentChanged("d", "linear", 0.9, 0.1, None)
    with attempt(path) as one:
        one.wall.now = 30.0
        for event in [*phase("search"), *phase("foundation")]:
            one.emit(event)
    with attempt(path) as two:
        for event in [*phase("search"), better]:
            two.emit(event)
        assert two.clock() == 30.0

    assert two.heard == standing(path) == [*phase("search"), better]


def test_tasks_that_run_side_by_side_are_matched_each_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "log"

    def say(one: Attempt, task: str, event: Event) -> None:
        token = TASK.set(task)
        one.emit(event)
        TASK.reset(token)

    a, b = phase("search"), phase("profile")
    with attempt(path) as one:
        for task, event in [("a", a[0]), ("b", b[0]), ("b", b[1]), ("a", a[1])]:
            say(one, task, event)
    with attempt(path) as two:
        for task, event in [("b", b[0]), ("a", a[0]), ("a", a[1]), ("b", b[1])]:
            say(two, task, event)

    assert len(two.lines) == 1
    assert len(standing(path)) == 4


def test_notes_come_and_go_without_taking_anything_back(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with attempt(path) as one:
        for event in [PhaseStarted("a", None), Noted("info", "once"), PhaseStarted("b", None)]:
            one.emit(event)
    with attempt(path) as two:
        for event in [Noted("info", "new"), PhaseStarted("a", None), PhaseStarted("b", None)]:
            two.emit(event)
        two.emit(PhaseStarted("c", None))
    with attempt(path) as three:
        for name in "abc":
            three.emit(PhaseStarted(name, None))

    assert [e.phase for e in standing(path) if isinstance(e, PhaseStarted)] == ["a", "b", "c"]
    assert {e.message for e in three.heard if isinstance(e, Noted)} == {"once", "new"}
    assert len(three.lines) == 1


def test_a_value_is_measured_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with attempt(path) as one:
        assert one.emit.once("latency", lambda: (1.5, 2.5)) == [1.5, 2.5]
    with attempt(path) as two:
        assert two.emit.once("latency", lambda: 1 / 0) == [1.5, 2.5]


def test_finished_steps_are_passed_over_and_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    step = [StepFinished(n, "a", "b", "model", n, {}) for n in (1, 2)]
    half = PhaseStarted("refinement", None)
    with attempt(path) as one:
        for event in [half, step[0], half, step[1], half]:
            one.emit(event)
    with attempt(path) as two:
        passed = two.emit.skip(StepFinished)
        two.emit(half)

    assert passed == [half, step[0], half, step[1]]
    assert two.heard == [*passed, half]
    assert len(two.lines) == 1


def test_an_end_that_was_logged_is_taken_back_when_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with attempt(path) as one:
        for event in [*phase("search"), SessionFinished(130, 9.0, {})]:
            one.emit(event)
    with attempt(path) as two:
        for event in [*phase("search"), SessionFinished(0, 12.0, {})]:
            two.emit(event)
        two.emit(Noted("info", "a thread that did not notice"))

    assert standing(path) == two.heard == [*phase("search"), SessionFinished(0, 12.0, {})]
