"""What the web gave: searched, remembered with its age, blocked, or missing without harm."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.engine.agents.language.cells import MODEL
from tests.engine.agents.language.office import DOWN, Office, Script
from tests.engine.phases.session_of import table_of
from tests.engine.phases.written_judge import context as made

from mle_star import events as e
from mle_star.agents.ask.claude import NOT_LOGGED_IN
from mle_star.agents.ask.request import Answer
from mle_star.agents.language.answers import Finding
from mle_star.budget import Budget
from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.errors import UnavailableError
from mle_star.events import Event, Noted, WebFound
from mle_star.judge.metrics import get_metric
from mle_star.phases.context import Context
from mle_star.recipes.catalogue import load
from mle_star.session.opening import task_facts
from mle_star.session.recorder import Recorder
from mle_star.session.web import search_web, written
from mle_star_memory.opening import open_store

DAY = 86_400.0
PAGE = "https://example.org/boosting"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    path = tmp_path_factory.mktemp("data") / "train.csv"
    table_of(300).to_csv(path, index=False)
    return prepare(DataRequest(path, ("Label",)))


def technique(name: str = "boosting", url: str = PAGE, **other: Any) -> dict[str, Any]:
    given = {"role": "model", "summary": "It works.", "example_code": "fit()"}
    return {"name": name, "url": url, **given, **other}


def findings(*found: dict[str, Any], pages: Sequence[str] = (PAGE,)) -> Answer:
    value = {"queries": ["models"], "findings": list(found)}
    return Answer(value=value, cost=0.0, sources=tuple(("A page", url) for url in pages))


class Beginning:
    """The beginning of a session, with a store and a model that answers by script."""

    def __init__(
        self,
        folder: Path,
        prepared: Prepared,
        answers: Script = (),
        blocked: Sequence[str] = (),
        metric: str = "roc_auc",
        store: str = "memory.sqlite3",
    ) -> None:
        self.store = folder / store
        self.prepared, self.metric = prepared, get_metric(metric, prepared.task)
        self.events: list[Event] = []
        self.office = Office(folder, answers)
        judge: Any = SimpleNamespace(metric=self.metric, budget=Budget(lambda: 0.0))
        self.context: Context = made(judge, self.events, task=prepared.task, recipes=load())
        self.context.columns = prepared.columns
        self.context.team = self.office.team
        settings = SimpleNamespace(memory=str(self.store), search_block=tuple(blocked))
        self.session = cast("Any", SimpleNamespace(settings=settings, prepared=prepared))

    def remember(
        self, days: float, *found: dict[str, Any], age: float = 0.0, session: str = "past"
    ) -> None:
        """A session so many days ago that was told of these finds, of some age then."""
        profile = self.prepared.profile
        told = [
            e.SessionStarted(session, session, "out", {"dataset": "a.csv", "targets": ["Label"]}),
            e.DataProfiled(profile.rows, len(profile.columns), profile.to_json()),
            e.TaskResolved(task_facts(self.prepared, self.metric), []),
            e.TechniqueFound("lightgbm", "model", 0.9, "fits tables", ["Ke et al. 2017"], 1),
            *(WebFound(**one, round=1, age_days=age) for one in found),
        ]
        now = time.time() - days * DAY
        with contextlib.closing(Recorder(self.store, lambda: now, self.events.append)) as recorder:
            for event in told:
                recorder(event)

    def search(self, rounds: int = 2) -> list[str]:
        """Names of what was found."""
        return [one.name for one in search_web(self.session, self.context, rounds)]

    @property
    def told(self) -> list[WebFound]:
        return [event for event in self.events if isinstance(event, WebFound)]

    @property
    def notes(self) -> list[tuple[str, str]]:
        return [(one.level, one.message) for one in self.events if isinstance(one, Noted)]


@pytest.fixture
def here(tmp_path: Path, prepared: Prepared) -> Any:
    def begun(*answers: Any, **other: Any) -> Beginning:
        return Beginning(tmp_path, prepared, answers, **other)

    return begun


def test_finds_are_told_with_their_round_and_the_next_round_looks_for_others(here: Any) -> None:
    one = here(findings(technique()), findings(technique("stacking", "")))

    assert one.search() == ["boosting", "stacking"]
    assert [(f.name, f.url, f.round, f.age_days) for f in one.told] == [
        ("boosting", PAGE, 1, 0.0),
        ("stacking", "", 2, 0.0),
    ]
    assert "find others: boosting." in one.office.prompts[1]
    assert one.notes == [
        ("info", "1 techniques are from the model's memory: no page of them was read")
    ]


def test_a_round_without_finds_is_the_last(here: Any) -> None:
    one = here(findings(), findings(technique()))

    assert one.search(rounds=5) == []
    assert len(one.office.asked) == 1


@pytest.mark.parametrize("store", ["memory.sqlite3", "memory.json"])
def test_finds_of_an_earlier_session_with_such_data_are_used_with_their_age(
    here: Any, store: str
) -> None:
    one = here(store=store)
    one.remember(3, technique(), technique("scaling", "", role="features"))

    assert sorted(one.search()) == ["boosting", "scaling"]
    assert one.office.asked == []
    assert {round(found.age_days, 2) for found in one.told} == {3.0}
    assert {found.round for found in one.told} == {0}
    assert one.notes == [("info", "2 techniques of earlier searches are used again")]


def test_of_several_sessions_the_newest_with_finds_is_used(here: Any) -> None:
    one = here()
    one.remember(9, technique("old"), session="old")
    one.remember(2, technique("new"), session="new")
    one.remember(1, session="none")

    assert one.search() == ["new"]


@pytest.mark.parametrize(("days", "age"), [(31, 0.0), (1, 29.5), (16, 16.0), (0, 300.0)])
def test_what_is_older_than_thirty_days_is_searched_anew_however_often_it_was_used(
    here: Any, days: float, age: float
) -> None:
    one = here(findings(technique("fresh")))
    one.remember(days, technique("stale"), age=age)

    assert one.search(rounds=1) == ["fresh"]


def test_a_find_that_is_used_again_keeps_its_age(here: Any) -> None:
    one = here()
    one.remember(4, technique(), age=10.0)

    one.search()

    assert [round(found.age_days, 2) for found in one.told] == [14.0]


def test_what_is_blocked_now_is_not_used_and_the_search_goes_on(here: Any) -> None:
    one = here(findings(technique("fresh")), blocked=["kaggle.com"])
    one.remember(1, technique("leaked", "https://www.kaggle.com/c/label"))

    assert one.search(rounds=1) == ["fresh"]
    assert [found.name for found in one.told] == ["fresh"]


def test_pages_that_are_blocked_are_left_out_and_counted(here: Any) -> None:
    page = "https://kaggle.com/x"
    found = findings(technique(), technique("leaked", page), pages=(PAGE, page))
    one = here(found, blocked=["kaggle.com"])

    assert one.search(rounds=1) == ["boosting"]
    assert ("info", "1 finds left out: their pages are blocked") in one.notes


def test_another_metric_is_another_search(here: Any, tmp_path: Path, prepared: Prepared) -> None:
    Beginning(tmp_path, prepared, metric="log_loss").remember(1, technique("for log loss"))
    one = here(findings(technique("for roc auc")))

    assert one.search(rounds=1) == ["for roc auc"]


def test_other_data_is_another_search(here: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    table_of(3000).to_csv(path, index=False)
    larger = prepare(DataRequest(path, ("Label",)))
    Beginning(tmp_path, larger).remember(1, technique("for much data"))
    one = here(findings(technique("for little")))

    assert one.search(rounds=1) == ["for little"]


@pytest.mark.parametrize("content", [b"", b"no database at all, " * 100, b'{"half": '])
@pytest.mark.parametrize("store", ["memory.sqlite3", "memory.json"])
def test_a_store_that_cannot_be_read_costs_only_a_search(
    here: Any, store: str, content: bytes
) -> None:
    one = here(findings(technique("fresh")), store=store)
    one.store.write_bytes(content)

    assert one.search(rounds=1) == ["fresh"]


def test_records_of_another_form_are_passed_over(here: Any) -> None:
    one = here(findings(technique("fresh")))
    one.remember(1, technique(), technique("good"))
    with open_store(one.store) as store:
        odd = [r for r in store.records("past", "search") if "boosting" in r.key]
        changed: list[Any] = [{**odd[0].content, "role": "combine"}, ["boosting"], "boosting"]
    for content in [*changed, {**odd[0].content, "age_days": "long"}, {"name": "boosting"}]:
        with open_store(one.store) as store:
            store.add_records("past", [type(odd[0])("search", odd[0].key, content, odd[0].time)])
        assert one.search(rounds=1) == ["good"]


def test_without_the_web_the_knowledge_base_answers_and_the_report_says_so(here: Any) -> None:
    one = here(findings(technique()), DOWN)

    assert one.search() == ["boosting"]
    said = "the web was not searched, the knowledge base is: no connection"
    assert ("warning", said) in one.notes


def test_a_client_that_is_not_logged_in_ends_the_run_with_what_to_do(here: Any) -> None:
    failure = f"{NOT_LOGGED_IN}: run claude /login"

    with pytest.raises(UnavailableError, match="the Claude client cannot answer") as caught:
        here(Answer(failure=failure, cost=0.0)).search()
    assert "claude /login" in caught.value.remedy
    assert "--no-claude" in caught.value.remedy
    assert caught.value.exit_code == 5


def candidate(name: str = "logistic", model: str = MODEL) -> dict[str, Any]:
    return {
        "name": name,
        "cells": [{"role": "model", "source": model}],
        "hyperparameters": {},
        "unused_columns": "",
        "reason": "It is simple.",
    }


def known(**other: Any) -> Finding:
    return Finding.model_validate(technique(**other))


def test_candidates_are_written_from_the_models_among_the_finds_and_refusals_are_told(
    here: Any,
) -> None:
    def answer(request: Any) -> Any:
        broken = "from bad" if "bad: It works." in request.prompt else ""
        return candidate(model="def model(" if broken else MODEL)

    one = here()
    one.office.backend._answers = answer
    found = [known(name="good"), known(name="scaling", role="features"), known(name="bad")]

    solutions = written(one.context, [*found, known(name="good too")])

    assert [solution.name for solution in solutions] == ["logistic"]  # what is equal is one
    assert solutions[0].is_foreign
    assert len([step for step in one.office.steps if "repair" not in step]) == 3
    [(level, message)] = one.notes
    assert (level, message.split(":")[0]) == ("info", "no candidate from bad")
    assert "does not parse" in message


def test_without_a_model_among_the_finds_nothing_is_written(here: Any) -> None:
    one = here()

    assert written(one.context, [known(role="features")]) == []
    assert one.office.asked == []
