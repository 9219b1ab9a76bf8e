"""Interactive runs: what is asked, what the answers do, and that they are asked for once."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.engine.cli.background import Place
from tests.engine.cli.conftest import Run
from tests.engine.cli.terminal import PROMPT, Terminal

from mle_star.cli import person
from mle_star.errors import UsageError
from mle_star.recipes.catalogue import compose, load
from mle_star.session.question import Question
from mle_star.session.stages import Stages
from mle_star.solution.solution import render

OWN = compose([load()[name] for name in ("standard", "one_hot", "kernel")])


@dataclass(frozen=True)
class Talk:
    """An interactive run, killed after the last answer and gone on with.

    ``asked`` is what was shown with each question.
    """

    place: Place
    asked: list[str]
    again: str
    code: int

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Events of a kind."""
        return [event for event in self.place.events("out") if event["type"] == kind]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    place = Place(tmp_path_factory.mktemp("talk"))
    closing = ("ensemble_creation", "validation_and_debugging", "model_deployment_prep")
    place.workflow("improving only", leaving_out=closing)
    (place.folder / "my idea.py").write_text(render(OWN))
    terminal = Terminal(
        place, "run", "--interactive", "--dataset", "shop.csv", "--drop", "code,shop",
        "--evaluations", "6", "--refinement-iterations", "1", "--workflow", "workflow.json",
        "--memory", "none", "--output", "out",
    )  # fmt: skip
    answers = ["", "", "", "log loss", "./my idea.py", "random_forest", "", "model"]
    asked = [terminal.reply(answer) for answer in answers]
    place.until("out", lambda event: event["type"] == "proposal_judged")
    os.killpg(terminal.process.pid, signal.SIGKILL)
    terminal.end()
    again = Terminal(place, "resume", "out")
    code, _ = again.end()
    return Talk(place, asked, again.shown, code)


@pytest.mark.slow
def test_target_time_group_and_metric_are_proposed_from_the_data(talk: Talk) -> None:
    target, time, group, metric = talk.asked[:4]

    assert "Which column is to be predicted?" in target
    assert "Enter for label" in target
    assert "'day' gives a moment to 100% of the rows" in time
    assert "Enter for day" in time
    assert "Enter for none" in group
    assert "By which metric are models of this binary task judged?" in metric
    (task,) = talk.of("task_resolved")
    assert task["task"]["targets"] == ["label"]
    assert (task["task"]["time"], task["task"]["group"]) == ("day", None)
    assert task["task"]["metric"] == "log_loss"


@pytest.mark.slow
def test_candidates_of_a_persons_own_are_judged(talk: Talk) -> None:
    assert "a model or an idea of your own" in talk.asked[4]
    judged = {event["name"]: event for event in talk.of("evaluation_finished")}

    assert judged["my idea"]["digest"] == OWN.digest
    assert judged["my idea"]["score"] is not None
    assert judged["random_forest"]["score"] is not None


@pytest.mark.slow
def test_the_ablation_is_shown_and_the_chosen_block_is_refined(talk: Talk) -> None:
    table, measured = talk.asked[7], talk.of("ablation_measured")

    assert "Which block is to be refined?" in table
    for effect in measured:
        (line,) = [row for row in table.splitlines() if f" {effect['role']} " in row]
        assert (effect["impact"] if effect["neutral"] != "itself" else "plain already") in line
    proposals = talk.of("proposal_judged")
    assert proposals
    assert {proposal["role"] for proposal in proposals} == {"model"}


@pytest.mark.slow
def test_choices_are_events(talk: Talk) -> None:
    choices = [(event["question"], event["answer"]) for event in talk.of("choice_made")]

    assert [answer for _, answer in choices] == ["./my idea.py", "random_forest", "none", "model"]
    assert choices[-1][0] == "Which block is to be refined?"


@pytest.mark.slow
def test_a_resumed_run_does_not_ask_again(talk: Talk) -> None:
    assert talk.code == 4, talk.again[-2000:]
    assert PROMPT not in talk.again
    (finished,) = talk.of("session_finished")
    assert finished["summary"]["status"] == "done"
    judged = [event["digest"] for event in talk.of("evaluation_finished") if not event["cached"]]
    assert len(judged) == len(set(judged)) == 6


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "needs a terminal"),
        (["--non-interactive"], "--non-interactive"),
        (["--detach"], "--detach"),
    ],
)
def test_nobody_is_asked_without_a_terminal(
    run: Run, data: Path, tmp_path: Path, words: list[str], what: str
) -> None:
    for command in (["run"], ["ml", "mle-star", "action"]):
        done = run(*command, "--dataset", data, "--target", "label", "--interactive", *words)
        assert (done.code, done.out) == (2, "")
        assert what in done.err
        assert [path.name for path in tmp_path.iterdir()] == [data.name]


class Somebody:
    """Answers questions by their keys, or takes what is proposed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: str) -> None:
        self.asked: list[str] = []
        self._answers = answers
        monkeypatch.setattr(person, "ensure_terminal", lambda: None)
        monkeypatch.setattr(person, "_asker", lambda: self)

    def __call__(self, question: Question[Any]) -> str:
        self.asked.append(question.key)
        return self._answers.get(question.key, question.default)


def test_what_is_given_is_not_asked_about(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = Somebody(monkeypatch, metric="brier")
    found = person.confirmed(
        {"dataset": str(data), "target": "label", "time_column": "none", "group": "shop"}
    )

    assert somebody.asked == ["metric"]
    assert found == {
        "dataset": str(data), "target": "label", "time_column": "none", "group": "shop",
        "metric": "brier",
    }  # fmt: skip


def test_what_stages_and_variables_say_is_not_asked_about(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stages = Stages("id", "mine")
    stages.take_typed({"dataset": str(data), "target": "label", "group": "none"})
    stages.place(None)
    stages.save()
    variables = f'{{"dataset_path": "{data}", "target_column": "label", "target_metric": "f1"}}'

    prepared = Somebody(monkeypatch)
    assert person.confirmed({"name": "mine"})["output"] == "models/mine"
    assert prepared.asked == ["time_column", "metric"]
    variable = Somebody(monkeypatch)
    person.confirmed({"variables": variables})
    assert variable.asked == ["time_column", "group"]


def test_columns_that_are_left_out_are_not_proposed_as_targets(data: Path) -> None:
    question = person.about_target({"dataset": str(data), "drop": "label", "id": "shop"})

    offered = [choice.value for choice in question.choices]
    assert offered[0] == "price"
    assert not {"label", "shop"} & set(offered)


def test_a_moment_put_together_from_columns_stays_when_it_is_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = pd.date_range("2021-03-01", periods=400)
    days = days[np.random.default_rng(0).permutation(400)]
    frame = pd.DataFrame({"year": days.year, "month": days.month, "day": days.day})
    frame["y"] = np.arange(400) % 7
    frame.to_csv(tmp_path / "t.csv", index=False)
    somebody = Somebody(monkeypatch)

    found = person.confirmed({"dataset": str(tmp_path / "t.csv"), "target": "y"})

    assert "time_column" in somebody.asked
    assert "time_column" not in found


def test_a_target_with_a_comma_in_its_name_is_one_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"a": range(60), "b,c": [0.5, 1.5, 2.5] * 20})
    frame.to_csv(tmp_path / "t.csv", index=False)
    Somebody(monkeypatch)

    assert person.confirmed({"dataset": str(tmp_path / "t.csv")})["target"] == '"b,c"'


def test_a_data_file_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    Somebody(monkeypatch)

    with pytest.raises(UsageError, match="--dataset is needed"):
        person.confirmed({})
