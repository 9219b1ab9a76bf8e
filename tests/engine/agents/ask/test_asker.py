"""Asking agents, whatever they answer."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.agents.ask.questions import Plan, question

from mle_star.agents.ask.asker import Asker
from mle_star.agents.ask.record import Record, ReplayBackend
from mle_star.agents.ask.request import Answer, Request
from mle_star.agents.ask.scripted import ScriptedBackend
from mle_star.agents.ask.spend import Spend
from mle_star.eventlog import TASK

DOWN = Answer(failure="no connection", cost=0.0)
_PATIENCE = 30.0

Script = list[Any] | Callable[[Request], Any]


class Room:
    """A session's folder, in which one asker comes after another."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "answers.jsonl"
        self.backend = ScriptedBackend([])

    def asker(self, answers: Script, spend: Spend | None = None, at_once: int = 8) -> Asker:
        self.backend = ScriptedBackend(answers)
        return Asker(self.backend, spend or Spend(), Record(self.path), at_once)

    def replay(self, folder: Path) -> Asker:
        return Asker(ReplayBackend(self.path), Spend(), Record(folder / "replayed.jsonl"), 8)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_an_answer_of_the_right_shape_comes_as_the_model(room: Room) -> None:
    answer = Answer(
        value={"plan": "more"},
        cost=0.5,
        input_tokens=10,
        output_tokens=2,
        sources=(("A page", "https://example.com"),),
        model="m",
    )

    asked = room.asker([answer]).ask(question(), Plan, phase="search")

    assert asked.value == Plan(plan="more")
    assert (asked.failure, asked.known, asked.cost) == ("", False, 0.5)
    [event] = asked.events
    assert (event.agent, event.step, event.phase) == ("feature-engineer", "step 1", "search")
    assert (event.prompt_bytes, event.cost, event.model) == (question().size, 0.5, "m")
    assert event.sources == [["A page", "https://example.com"]]


def test_the_back_end_is_given_the_schema_of_the_model(room: Room) -> None:
    room.asker([{"plan": "x"}]).ask(question(), Plan)

    assert room.backend.requests[0].schema == Plan.model_json_schema()


def test_a_wrong_shape_is_repaired_once_with_the_reason_and_the_question(room: Room) -> None:
    asked = room.asker([{"plans": 3}, {"plan": "x"}]).ask(question(), Plan)

    assert asked.value == Plan(plan="x")
    repair = room.backend.requests[1]
    assert repair.step == "step 1 (repair)"
    assert "plan: Field required" in repair.prompt
    assert '{"plans":3}' in repair.prompt
    assert question().prompt in repair.prompt
    assert [event.step for event in asked.events] == ["step 1", "step 1 (repair)"]
    assert asked.events[0].failure.startswith("wrong shape: ")


def test_a_repair_that_is_wrong_too_is_a_failure(room: Room) -> None:
    asked = room.asker([{}, {"plan": []}, {"plan": "too late"}]).ask(question(), Plan)

    assert asked.value is None
    assert asked.failure == "wrong shape: plan: Input should be a valid string"
    assert len(room.backend.requests) == 2


def test_prose_in_place_of_an_object_is_repaired_and_a_refusal_is_not(room: Room) -> None:
    prose = Answer(failure="wrong shape: no JSON object in the answer", cost=0.0)
    refusal = Answer(failure="refused: no", cost=0.0, output_tokens=3)
    asker = room.asker([prose, {"plan": "x"}, refusal])

    assert asker.ask(question("step 1"), Plan).value == Plan(plan="x")
    assert asker.ask(question("step 2"), Plan).failure == "refused: no"
    assert len(room.backend.requests) == 3


@pytest.mark.parametrize(
    "value",
    [
        {"plan": "\ud800"},
        {"plan": 2**80},
        {"plan": float("nan")},
        {"plan": "x", "weight": object()},
    ],
)
def test_a_value_that_json_cannot_hold_is_a_failure(room: Room, value: dict[str, Any]) -> None:
    answers = [Answer(value=value, cost=0.1), Answer(value=value, cost=0.1)]

    asked = room.asker(answers).ask(question(), Plan)

    assert asked.value is None
    assert asked.failure.startswith("wrong shape: ")
    assert asked.cost == pytest.approx(0.2)


def test_a_back_end_that_raises_is_a_failure(room: Room) -> None:
    def raises(_: Request) -> Answer:
        raise RuntimeError("a bug")

    assert room.asker(raises).ask(question(), Plan).failure == (
        "the back end failed: RuntimeError: a bug"
    )


def test_a_signal_passes_through_and_the_call_is_not_on_record(room: Room) -> None:
    def interrupted(_: Request) -> Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        room.asker(interrupted).ask(question(), Plan)
    assert room.asker([{"plan": "x"}]).ask(question(), Plan).value == Plan(plan="x")


def test_resuming_asks_nothing_that_was_answered_or_failed(room: Room) -> None:
    first = room.asker(
        [Answer({"plan": "a"}, cost=0.5), Answer(failure="refused", cost=0.25), {}, {"plan": "b"}]
    )
    steps = ["step 1", "step 2", "step 3"]
    before = [first.ask(question(step), Plan, phase="search") for step in steps]

    second = room.asker([])
    after = [second.ask(question(step), Plan, phase="search") for step in steps]

    assert room.backend.requests == []
    assert [(a.value, a.failure) for a in after] == [(b.value, b.failure) for b in before]
    assert all(asked.known for asked in after)
    assert [event.from_record for asked in after for event in asked.events] == [True] * 4
    assert second.spend.total == first.spend.total
    assert second.spend.by_phase == first.spend.by_phase
    assert second.spend.total.cost == 0.75


def test_what_was_paid_before_a_resumption_counts_towards_the_cap(room: Room) -> None:
    room.asker([Answer({"plan": "a"}, cost=0.9)]).ask(question(), Plan)

    asked = room.asker([{"plan": "b"}], Spend(max_cost=1.0)).ask(question("step 2"), Plan)

    assert asked.failure.startswith("the cap of $1.00 is reached: $0.90 spent")
    assert room.backend.requests == []
    assert (asked.events[0].attempts, asked.events[0].cost) == (0, 0.0)


def test_replaying_a_record_gives_the_same_values_and_events(room: Room, tmp_path: Path) -> None:
    def answer(request: Request) -> Answer:
        number = int(request.step.split()[1])
        if number % 5 == 0:
            return DOWN
        value = {"plan": f"plan {number}"} if number % 3 or "repair" in request.step else {}
        return Answer(value, cost=0.01, output_tokens=number)

    requests = [question(f"step {number}") for number in range(1, 21)]
    recorded = room.asker(answer).ask_all(requests, Plan, phase="search")
    replayed = room.replay(tmp_path).ask_all(requests, Plan, phase="search")

    assert [asked.value for asked in replayed] == [asked.value for asked in recorded]
    assert [asked.events for asked in replayed] == [asked.events for asked in recorded]


def test_several_are_asked_at_once_and_told_in_the_order_asked(room: Room) -> None:
    together = threading.Barrier(4)

    def answer(request: Request) -> dict[str, Any]:
        together.wait(_PATIENCE)
        return {"plan": f"{request.step} of {TASK.get()}"}

    steps = ["d", "a", "c", "b"]
    token = TASK.set("refinement")
    try:
        asked = room.asker(answer).ask_all([question(step) for step in steps], Plan)
    finally:
        TASK.reset(token)

    assert [str(one.value and one.value.plan) for one in asked] == [
        f"{step} of refinement" for step in steps
    ]
    assert [event.step for one in asked for event in one.events] == steps


def test_no_more_are_under_way_than_allowed(room: Room) -> None:
    lock, now, most = threading.Lock(), 0, 0
    passed = threading.Barrier(2)

    def answer(_: Request) -> dict[str, Any]:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        passed.wait(_PATIENCE)  # two are needed at once, and there are no more
        with lock:
            now -= 1
        return {"plan": "x"}

    room.asker(answer, at_once=2).ask_all([question(f"step {n}") for n in range(8)], Plan)

    assert most == 2


@pytest.mark.parametrize("share", [0.02, 0.4, 1.0])
def test_eight_threads_together_never_exceed_the_cap(room: Room, share: float) -> None:
    """Each call costs what it may, or a share of it: the back end keeps to its limit."""

    def answer(request: Request) -> Answer:
        limit = request.limits.cost
        assert limit is not None
        return Answer({"plan": "x"}, cost=limit * share, input_tokens=100)

    spend = Spend(max_cost=1.0, reserve=0.2)
    asker = room.asker(answer, spend)
    asked = asker.ask_all([question(f"step {n}", cost=0.3) for n in range(60)], Plan)
    finishing = asker.ask(question("card"), Plan, finishing=True)

    assert 0 < spend.total.cost - finishing.cost <= 0.8 + 1e-9
    assert spend.total.cost <= 1.0 + 1e-9
    assert finishing.value is not None
    refused = [one.failure for one in asked if one.value is None]
    assert all(failure.startswith("the cap of $1.00 is reached") for failure in refused)
    assert bool(refused) == (share > 0.1)


def test_eight_threads_together_never_exceed_the_cap_of_tokens(room: Room) -> None:
    def answer(_: Request) -> Answer:
        return Answer({"plan": "x"}, input_tokens=700, output_tokens=300)

    spend = Spend(max_tokens=10_000, reserve=0.0)
    room.asker(answer, spend).ask_all([question(f"step {n}") for n in range(40)], Plan)

    assert spend.total.tokens == 10_000


def test_after_three_failures_in_a_row_a_dead_back_end_is_left_alone(room: Room) -> None:
    asker = room.asker([DOWN, DOWN, DOWN, {"plan": "x"}])
    asked = [asker.ask(question(f"step {n}"), Plan) for n in range(6)]

    assert len(room.backend.requests) == 3
    assert [one.failure for one in asked[3:]] == [
        "the agents are out of reach: no connection"
    ] * 3  # fmt: skip
    assert asked[3].events[0].attempts == 0
    assert asker.out_of_reach == "the agents are out of reach: no connection"


def test_failures_that_show_a_working_back_end_do_not_stop_the_asking(room: Room) -> None:
    refused = Answer(failure="refused: no", output_tokens=5, cost=0.0)
    asker = room.asker([DOWN, DOWN, refused, DOWN, DOWN, {}, {}, DOWN, {"plan": "x"}])
    asked = [asker.ask(question(f"step {n}"), Plan) for n in range(8)]

    assert asked[-1].value == Plan(plan="x")


def test_a_resumed_run_tries_a_back_end_that_was_out_of_reach_again(room: Room) -> None:
    before = room.asker([DOWN] * 3)
    for number in range(5):
        before.ask(question(f"step {number}"), Plan)

    after = room.asker([{"plan": "x"}, {"plan": "y"}])
    asked = [after.ask(question(f"step {number}"), Plan) for number in range(5)]

    assert [one.failure for one in asked] == ["no connection"] * 3 + [""] * 2


def test_a_replay_answers_after_any_number_of_recorded_failures(room: Room, tmp_path: Path) -> None:
    for number in range(4):
        room.asker([DOWN]).ask(question(f"step {number}"), Plan)
    room.asker([{"plan": "x"}]).ask(question("step 4"), Plan)

    replay = room.replay(tmp_path)
    asked = [replay.ask(question(f"step {number}"), Plan) for number in range(5)]

    assert [one.failure for one in asked] == ["no connection"] * 4 + [""]


def test_a_torn_record_costs_only_the_answer_that_was_torn(room: Room) -> None:
    first = room.asker([{"plan": "a"}, {"plan": "b"}])
    for step in ("step 1", "step 2"):
        first.ask(question(step), Plan)
    room.path.write_bytes(room.path.read_bytes()[:-5])

    second = room.asker([{"plan": "c"}])
    asked = [second.ask(question(step), Plan) for step in ("step 1", "step 2")]

    assert [one.value for one in asked] == [Plan(plan="a"), Plan(plan="c")]


def test_closing_tells_the_threads_that_ask_and_their_calls_are_made_again(room: Room) -> None:
    asking, ended = threading.Event(), threading.Event()

    def answer(_: Request) -> Answer:
        asking.set()
        assert ended.wait(_PATIENCE)
        return Answer(failure="ended by signal 15")

    asker, raised = room.asker(answer), []

    def ask() -> None:
        try:
            asker.ask_all([question("step 1"), question("step 2")], Plan)
        except KeyboardInterrupt as error:
            raised.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(ask,))
    thread.start()
    assert asking.wait(_PATIENCE)
    asker.close()
    ended.set()
    thread.join(_PATIENCE)

    assert len(raised) == 1
    assert room.backend.closed
    assert not room.path.exists() or room.path.read_bytes() == b""
