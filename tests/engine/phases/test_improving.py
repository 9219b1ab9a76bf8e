"""Ablation, refinement and ensemble with the real judge, recipes and agent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mle_star.agents.builtin import BuiltinAgent
from mle_star.budget import Budget
from mle_star.data.prepare import DataRequest, prepare
from mle_star.events import Event, ProposalJudged
from mle_star.judge.judge import Judge
from mle_star.judge.splits import make_splits
from mle_star.phases import ablation, ensemble, refinement
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect
from mle_star.phases.ensemble import EnsembleChoice
from mle_star.phases.refinement import Refined
from mle_star.phases.tries import Tried
from mle_star.recipes.catalogue import compose, load
from mle_star.recipes.recipe import Facts

CHEAP = ("standard", "ordinal", "one_hot", "linear", "plain_tree", "nearest_neighbours")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    size, city = random.normal(size=600), random.choice(["Rome", "Oslo", "Lima"], size=600)
    bonus = pd.Series(city).map({"Rome": 1.0, "Oslo": -1.0, "Lima": 0.0})
    frame = pd.DataFrame({"size": size, "city": city, "other": random.normal(size=600)})
    frame["price"] = 3 * size + bonus + size * bonus + 0.5 * random.normal(size=600)
    frame.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def session(table: Path, folder: Path, jobs: int, events: list[Event]) -> Context:
    ready = prepare(DataRequest(table, ("price",)))
    budget = Budget(lambda: 0.0, evaluations=14)
    splits = make_splits(ready.task, ready.labels, ready.groups, ready.times, seed=1)
    judge = Judge.open(
        ready.table,
        ready.labels,
        ready.task,
        ready.columns,
        splits,
        folder=folder,
        jobs=jobs,
        budget=budget,
        emit=events.append,
        seed=1,
    )
    recipes, facts = load(), Facts(**ready.facts)
    agent = BuiltinAgent({name: recipes[name] for name in CHEAP}, ())
    columns, emit = ready.columns, events.append
    return Context(ready.task, facts, columns, judge, agent, recipes, emit, budget, 1, folder, jobs)


def improve(
    context: Context,
) -> tuple[list[BlockEffect], list[Refined], EnsembleChoice]:
    recipes, budget = context.recipes, context.budget
    first = [
        compose([recipes[n] for n in names])
        for names in (("one_hot", "linear"), ("ordinal", "plain_tree"))
    ]
    try:
        found = context.judge.evaluate(first, slice=budget.share(1.0), fidelity=context.fidelity)
        best = context.record(found)[0]
        history: list[Tried] = []
        steps = []
        effects = ablation.run(context, best, budget.share(1.0), 1)
        for number in (1, 2):
            part = budget.share(0.5)
            steps.append(refinement.run(context, best, effects, part, number, history))
            best = steps[-1].best
        return effects, steps, ensemble.run(context, best, budget.share(1.0))
    finally:
        context.judge.close()


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_workers(table: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    others: list[Event] = []
    effects, steps, choice = improve(session(table, tmp_path / "one", 1, events))
    again = improve(session(table, tmp_path / "two", 2, others))

    assert effects == again[0]
    assert [(s.role, s.best.solution, s.proposals) for s in steps] == [
        (s.role, s.best.solution, s.proposals) for s in again[1]
    ]
    assert choice == again[2]
    told = [event for event in events if isinstance(event, ProposalJudged)]
    assert told == [event for event in others if isinstance(event, ProposalJudged)]
    assert any(tried.score is not None for step in steps for tried in step.proposals)
    assert all(effect.effect is not None for effect in effects), effects
