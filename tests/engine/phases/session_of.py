"""A real judge over a small file, with two candidates that have been judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from mle_star.budget import Budget
from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.events import Event
from mle_star.judge.cage.cage import Cage
from mle_star.judge.evaluation import Evaluation
from mle_star.judge.judge import Judge
from mle_star.judge.pool import Pool
from mle_star.judge.splits import make_splits
from mle_star.phases.context import Context
from mle_star.phases.deployment import Stamp
from mle_star.phases.ensemble import EnsembleChoice, combine_block
from mle_star.recipes.catalogue import compose, load
from mle_star.recipes.recipe import Facts
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.ensemble import WeightedAverage


@dataclass
class Scene:
    """What the closing phases are handed."""

    context: Context
    prepared: Prepared
    baseline: Evaluation
    best: Evaluation
    pair: Ensemble
    events: list[Event]
    stamp: Stamp

    def choice(self, *finalists: Ensemble) -> EnsembleChoice:
        """The first finalist is the choice."""
        assert self.best.score is not None
        return EnsembleChoice(finalists[0], self.best.score, [], list(finalists))

    def of(self, kind: type[Event]) -> list[Any]:
        """Events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


def table_of(rows: int) -> pd.DataFrame:
    """Two columns that tell something, one that tells nothing."""
    rng = np.random.default_rng(0)
    size, colour = rng.normal(size=rows), rng.choice(["red", "green", "blue"], rows)
    noise = rng.normal(size=rows)
    label = np.where(size + (colour == "red") + rng.normal(size=rows) > 0, "yes", "no")
    return pd.DataFrame({"Size": size, "Colour": colour, "Noise": noise, "Label": label})


@contextmanager
def scene(
    folder: Path,
    rows: int = 600,
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
    cage: Cage | None = None,
    holdout: float | None = None,
) -> Iterator[Scene]:
    """Write a file, judge a plain tree and a linear model on it, end the workers at the end."""
    path = folder / "train.csv"
    change(table_of(rows)).to_csv(path, index=False)
    prepared = prepare(DataRequest(path, ("Label",)))
    splits = make_splits(
        prepared.task, prepared.labels, prepared.groups, prepared.times, holdout=holdout
    )
    events: list[Event] = []
    budget = Budget(time.monotonic, 300.0)
    judge = Judge.open(
        prepared.table,
        prepared.labels,
        prepared.task,
        prepared.columns,
        splits,
        folder=folder / "work",
        jobs=2,
        budget=budget,
        emit=events.append,
        seed=0,
        pool=Pool(2, folder / "work", cage=cage),
    )
    facts = prepared.facts if isinstance(prepared.facts, Facts) else Facts(**prepared.facts)
    context = Context(
        task=prepared.task,
        facts=facts,
        columns=prepared.columns,
        judge=judge,
        agent=cast("Any", SimpleNamespace()),
        recipes=load(),
        emit=events.append,
        budget=budget,
        seed=0,
        folder=folder / "work",
        jobs=2,
        cage=cage,
    )
    try:
        yield _judged(context, prepared, events, path)
    finally:
        judge.close()


def _judged(context: Context, prepared: Prepared, events: list[Event], path: Path) -> Scene:
    recipes = load()
    plain = compose([recipes["ordinal"], recipes["plain_tree"]], name="plain tree")
    linear = compose([recipes["standard"], recipes["one_hot"], recipes["linear"]], name="linear")
    whole = context.budget.share(1.0)
    baseline, best = context.record(context.judge.evaluate([plain, linear], slice=whole))
    pair = Ensemble((linear, plain), combine_block(WeightedAverage([0.75, 0.25])))
    stamp = Stamp("demo", "2026-01-02T03:04:05+00:00", path, "0" * 64)
    return Scene(context, prepared, baseline, best, pair, events, stamp)
