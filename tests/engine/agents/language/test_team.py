"""Six agents behind one way to ask: what a question carries on, and what asking may take."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.engine.agents.language.office import DOWN, REFUSED, Office, turns_of, within

from mle_star.agents.ask.request import Answer, Limits, Request
from mle_star.agents.ask.spend import Spend
from mle_star.agents.definitions import AGENTS
from mle_star.agents.language.answers import Plan
from mle_star.agents.language.team import LONGEST_TURN, MOST_TURNS, Question
from mle_star.events import AgentAnswered

BEFORE = {"found": [], "left": ["found"], "right": ["found"], "end": ["found", "left", "right"]}
"""Two tasks side by side between one before and one after them."""

Open = Callable[..., Office]


def before(task: str) -> Sequence[str]:
    return BEFORE.get(task, [])


def plan(text: str = "more", **other: Any) -> Answer:
    return Answer(value={"plan": text}, **({"cost": 0.5, "seconds": 2.0} | other))


def ask(here: Office, step: str, task: str = "", phase: str = "refinement") -> Request:
    """Ask in a task; gives back the request that was made."""
    with within(task):
        here.team.ask(Question("model-optimizer", step, f"Go on from {step}."), Plan, phase)
    return here.asked[-1]


def test_what_was_answered_is_carried_on_as_turns_oldest_first(office: Open) -> None:
    here = office(lambda _: plan("scale it"))
    ask(here, "one", "found")
    ask(here, "two", "found")

    last = ask(here, "three", "found")

    assert turns_of(last) == ["[model-optimizer] found: one", "[model-optimizer] found: two"]
    assert [turn.answered for turn in last.turns] == ['{"plan":"scale it"}'] * 2
    assert last.step == "found: three"


def test_turns_are_those_of_tasks_before_in_the_workflows_order_and_of_none_beside(
    office: Open,
) -> None:
    here = office(lambda _: plan(), before=before)
    for task in ("right", "left", "found"):  # whatever the order in which they came to answer
        ask(here, "its own", task)

    assert turns_of(ask(here, "next", "left")) == [
        "[model-optimizer] found: its own",
        "[model-optimizer] left: its own",
    ]
    assert turns_of(ask(here, "last", "end")) == [
        "[model-optimizer] found: its own",
        "[model-optimizer] left: its own",
        "[model-optimizer] left: next",
        "[model-optimizer] right: its own",
    ]


def test_without_chaining_no_question_carries_turns(office: Open) -> None:
    here = office(lambda _: plan(), chaining=False, before=before)
    for task in ("found", "left", "end"):
        ask(here, "one", task)
        ask(here, "two", task)

    assert all(request.turns == () for request in here.asked)


def test_turns_are_few_and_short(office: Open) -> None:
    here = office(lambda _: plan("y" * 2000))
    for number in range(MOST_TURNS + 3):
        ask(here, f"step {number}")

    last = ask(here, "last")

    assert len(last.turns) == MOST_TURNS
    assert turns_of(last)[-1] == f"[model-optimizer] step {MOST_TURNS + 2}"
    assert {len(turn.answered) for turn in last.turns} == {LONGEST_TURN}


def test_no_answer_is_no_turn_and_a_repaired_one_is_one(office: Open) -> None:
    here = office([DOWN, {"wrong": 1}, plan("right"), REFUSED, plan()])
    for step in ("failed", "repaired", "refused", "last"):
        ask(here, step)

    assert [turn.answered for turn in here.asked[-1].turns] == ['{"plan":"right"}']
    assert len(here.answered) == 5


def test_several_are_asked_at_once_and_told_in_the_order_asked(office: Open) -> None:
    together, last_first = threading.Barrier(3, timeout=20), threading.Condition()
    done: list[str] = []

    def slow(request: Request) -> Answer:
        together.wait()
        number = int(request.step.split()[-1])
        with last_first:  # the first one asked answers last
            last_first.wait_for(lambda: len(done) == 3 - number, timeout=20)
            done.append(request.step)
            last_first.notify_all()
        return plan(request.step)

    here = office(slow)
    questions = [Question("ml-researcher", f"candidate {n}", "Write.") for n in (1, 2, 3)]

    found = here.team.ask_all(questions, Plan, "foundation")

    steps = ["candidate 1", "candidate 2", "candidate 3"]
    assert done == steps[::-1]
    assert [one.value.plan if one.value else "" for one in found] == steps
    assert [event.step for event in here.answered] == steps
    here.backend._answers = lambda _: plan()
    assert turns_of(ask(here, "next")) == [f"[ml-researcher] {step}" for step in steps]


@pytest.mark.parametrize(
    ("left", "limits", "seconds", "idle"),
    [
        (1000.0, Limits(), 100.0, 100.0),
        (60.0, Limits(), 6.0, 6.0),
        (1e9, Limits(), 300.0, 120.0),
        (1e9, Limits(seconds=2.0, idle_seconds=1.0), 2.0, 1.0),
        (50.0, Limits(), 5.0, 5.0),
    ],
)
def test_a_call_takes_a_tenth_of_the_time_left_at_most(
    office: Open, left: float, limits: Limits, seconds: float, idle: float
) -> None:
    made = ask(office([plan()], left=left, limits=limits), "one").limits

    assert (made.seconds, made.idle_seconds) == (seconds, idle)


@pytest.mark.parametrize("left", [49.0, 0.0, -5.0])
def test_a_call_that_has_less_than_five_seconds_is_not_made(office: Open, left: float) -> None:
    here = office([plan(), plan()], left=left)
    questions = [Question("ml-researcher", f"candidate {n}", "Write.") for n in (1, 2)]

    found = here.team.ask_all(questions, Plan, "foundation")

    assert here.asked == []
    assert here.events == []
    assert [one.failure for one in found] == ["there is no time left for it"] * 2
    assert here.team.spent("foundation") == (0, 0.0, 0.0)


def test_what_is_spent_is_told_by_phase_for_a_task_and_those_before_it(office: Open) -> None:
    here = office(lambda _: plan(), before=before)
    ask(here, "one", "found", "refinement")
    ask(here, "two", "left", "refinement")
    ask(here, "three", "left", "ablation")
    ask(here, "four", "right", "refinement")

    def spent(task: str, phase: str) -> tuple[int, float, float]:
        with within(task):
            return here.team.spent(phase)

    assert spent("found", "refinement") == (1, 2.0, 0.5)
    assert spent("left", "refinement") == (2, 4.0, 1.0)
    assert spent("left", "ablation") == (1, 2.0, 0.5)
    assert spent("end", "refinement") == (3, 6.0, 1.5)
    assert spent("end", "search") == (0, 0.0, 0.0)


def test_failed_calls_are_counted_and_unknown_costs_are_not_guessed(office: Open) -> None:
    failed = Answer(failure="no answer within 9 s", seconds=9.0)
    here = office([failed, {"wrong": 1}, plan(cost=None)])
    ask(here, "one")
    ask(here, "two")

    assert here.team.spent("refinement") == (3, 11.0, 0.0)


def test_only_the_last_phase_uses_what_is_kept_of_the_caps(office: Open) -> None:
    here = office([plan(cost=0.92), plan(cost=0.01)], spend=Spend(max_cost=1.0))
    here.asker.spend.count("deployment-engineer", "", Answer(value={}, cost=0.02))
    ask(here, "one")

    for phase, made in (("refinement", 1), ("deployment", 2)):
        here.team.ask(Question("deployment-engineer", phase, "Write."), Plan, phase)
        assert len(here.asked) == made


def wild(request: Request) -> Answer:
    """Some answers fail, some are misshapen at first or for ever, each the same every time."""
    drawn = random.Random(request.step + request.prompt)
    money: dict[str, Any] = {"cost": drawn.choice([0.1, None, 0.0]), "seconds": drawn.random()}
    kind = drawn.choice(["plan", "plan", "plan", "misshapen", "refused"])
    if kind == "refused":
        return Answer(failure="refused: no", output_tokens=1, **money)
    value = {"plan": f"é {drawn.random()} \n" + "z" * drawn.randrange(3000)}
    return Answer(value={"no": "plan"} if kind == "misshapen" else value, **money)


def go(here: Office, seed: int) -> dict[str, list[AgentAnswered]]:
    """Some questions in tasks; gives back what was told of them, by task."""
    drawn, told = random.Random(seed), {task: list[AgentAnswered]() for task in BEFORE}
    for number in range(30):
        task = drawn.choice(list(BEFORE))
        seen = len(here.answered)
        with within(task):
            names = range(drawn.choice([1, 1, 3]))
            questions = [
                Question(drawn.choice(AGENTS), f"question {number} {name}", "What?")
                for name in names
            ]
            here.team.ask_all(questions, Plan, drawn.choice(["ablation", "refinement"]))
        told[task] += here.answered[seen:]
    return told


@pytest.mark.parametrize("seed", range(6))
def test_a_team_restored_from_its_events_and_its_record_goes_on_as_the_one_that_asked(
    tmp_path: Path, seed: int
) -> None:
    first = Office(tmp_path, wild, before=before)
    told = go(first, seed)
    again = Office(tmp_path, wild, before=before)
    for task, events in told.items():
        with within(task):
            again.team.restore(events)

    for task in BEFORE:
        for phase in ("ablation", "refinement", "search"):
            with within(task):
                assert again.team.spent(phase) == first.team.spent(phase)
        requests = [ask(here, "what comes now", task) for here in (first, again)]
        assert requests[0].turns
        assert requests[0].turns == requests[1].turns
        assert requests[0].digest == requests[1].digest
