"""Whether ablation says better than chance which block is worth refining.

The same run is made several times from one foundation, with the same number of evaluations, and
differs in nothing but how the block to refine is chosen, step by step:

* ``guided``: by ablation, as the product does it; its evaluations count;
* ``random, ablation paid``: by lot, although the ablation is made and paid for all the same;
* ``random, nothing paid``: by lot and without ablation, so that there is more left for refining.

    python benchmarks/block_choice.py ../shared/data --evaluations 40 --seeds 2

Each data set is a folder with ``train.csv.gz`` and ``meta.json``; a test half is never read. Of the
training half so many rows are drawn (evenly, where it is ordered in time), and the engine's own
selection and holdout parts of them, which no way of choosing sees, score what each ended with:
fitted on the search rows. Each run is kept as one JSON line in ``--results``, and not made again.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from mle_star.agents.builtin import BuiltinAgent
from mle_star.agents.knowledge import load_knowledge
from mle_star.budget import Budget
from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.events import AblationMeasured, Event, ProposalJudged, StepFinished
from mle_star.judge.evaluation import Evaluation, FitRequest
from mle_star.judge.judge import Judge
from mle_star.judge.metrics import get_metric
from mle_star.judge.pool import Pool
from mle_star.judge.splits import fewer_folds, make_splits
from mle_star.phases import foundation, refinement, search
from mle_star.phases.context import Context
from mle_star.phases.effect import BlockEffect
from mle_star.phases.stand import BASELINES
from mle_star.phases.target import by_promise
from mle_star.phases.tries import Tried
from mle_star.recipes.catalogue import load
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.seeds import derive
from mle_star.session.improvement import Improvement, Plan
from mle_star.session.phase import phases
from mle_star.session.shares import FOUNDATION
from mle_star.solution.solution import Solution
from mle_star.types import Role

GUIDED = "guided"
PAID = "random, ablation paid"
UNPAID = "random, nothing paid"
WAYS = (GUIDED, PAID, UNPAID)

SAME = 1e-9
"""Relative differences below this are ties."""


@dataclass(frozen=True)
class Row:
    """What one way of choosing ended with on one data set and seed."""

    set: str
    seed: int
    way: str
    metric: str
    greater: bool
    evaluations: int
    rows: int
    start: float
    """Score over folds of what refinement began with."""
    score: float
    held_out: float
    used: int
    seconds: float
    steps: list[dict[str, Any]] = field(default_factory=list)


def main() -> None:
    options = _options()
    rows = _known(options)
    folders = sorted(path.parent for path in options.folder.glob("*/meta.json"))
    for seed in range(options.seeds):
        for folder in folders:
            meta = json.loads((folder / "meta.json").read_text())
            if options.only and meta["name"] not in options.only.split(","):
                continue
            done = {row.way for row in rows if (row.set, row.seed) == (meta["name"], seed)}
            for row in measured(folder, meta, seed, set(WAYS) - done, options):
                rows = [*rows, row]
                with options.results.open("a") as file:
                    file.write(json.dumps(asdict(row)) + "\n")
                print(told(row), file=sys.stderr, flush=True)
    print(f"{date.today()}, {platform.machine()}, {options.evaluations} evaluations a run\n")
    print(page(rows))


def measured(
    folder: Path, meta: dict[str, Any], seed: int, ways: Collection[str], options: Namespace
) -> Iterator[Row]:
    """Ways of choosing on one data set; what two of them try alike is fitted once."""
    if not ways:
        return
    with tempfile.TemporaryDirectory() as scratch:
        table, work = Path(scratch) / "train.csv", Path(scratch) / "work"
        _drawn(folder, meta, options.rows, seed).to_csv(table, index=False)
        prepared = prepare(DataRequest(table, (meta["target"],), metric=meta["metric"]))
        with closing(Pool(options.jobs, work)) as pool:
            for way in WAYS:
                if way in ways:
                    yield _run(prepared, meta, seed, way, pool, work, options)


def _drawn(folder: Path, meta: dict[str, Any], rows: int, seed: int) -> pd.DataFrame:
    table = pd.read_csv(folder / "train.csv.gz", dtype=str, keep_default_na=False)
    if len(table) <= rows:
        return table
    if meta["split"] == "time":
        return table.iloc[np.linspace(0, len(table) - 1, rows).round().astype(int)]
    return table.sample(rows, random_state=seed).sort_index()


def _run(
    prepared: Prepared,
    meta: dict[str, Any],
    seed: int,
    way: str,
    pool: Pool,
    folder: Path,
    options: Namespace,
) -> Row:
    """One run; its folds are read from the folder where another way had the same."""
    events: list[Event] = []
    began = time.perf_counter()
    context = _opened(prepared, seed, pool, folder, events, options)
    found = search.run(context, 3, load_knowledge())
    part = context.budget.share(FOUNDATION)
    start = foundation.run(context, found, part).best
    plan = Plan(options.steps, ablate=way != UNPAID)
    stage = Improvement(context, phases(context.emit, time.monotonic), start, plan)
    choice = by_promise if way == GUIDED else by_lot(seed, meta["name"])
    with patch.object(refinement, "by_promise", choice):
        best = stage.run(context.budget.share(1.0))
    assert start.score
    assert best.score
    return Row(
        set=meta["name"],
        seed=seed,
        way=way,
        metric=meta["metric"],
        greater=best.score.greater_is_better,
        evaluations=options.evaluations,
        rows=options.rows,
        start=start.score.mean,
        score=best.score.mean,
        held_out=_held_out(context, best),
        used=context.budget.used,
        seconds=time.perf_counter() - began,
        steps=_steps(events),
    )


def by_lot(seed: int, name: str) -> Callable[..., list[Role]]:
    """A choosing function that knows nothing: every role is as likely to come first."""
    rng = np.random.default_rng(derive(seed, "block choice", name))
    roles = [role for role in Role if role is not Role.COMBINE]

    def choose(
        _solution: Solution, _effects: Sequence[BlockEffect], _tried: Sequence[Tried]
    ) -> list[Role]:
        return [roles[place] for place in rng.permutation(len(roles))]

    return choose


def _opened(
    prepared: Prepared, seed: int, pool: Pool, folder: Path, events: list[Event], options: Namespace
) -> Context:
    budget = Budget(time.monotonic, evaluations=options.evaluations)
    task, recipes = prepared.task, _usable(options.models)
    splits = make_splits(task, prepared.labels, prepared.groups, prepared.times, seed=seed)
    judge = Judge.open(
        prepared.table,
        prepared.labels,
        task,
        prepared.columns,
        fewer_folds(splits, options.folds),
        folder=folder,
        jobs=options.jobs,
        budget=budget,
        emit=events.append,
        seed=seed,
        metric=get_metric(task.metric, task),
        pool=pool,
    )
    return Context(
        task=task,
        facts=Facts(**prepared.facts),
        columns=prepared.columns,
        judge=judge,
        agent=BuiltinAgent(recipes, load_knowledge()),
        recipes=recipes,
        emit=events.append,
        budget=budget,
        seed=seed,
        folder=folder,
        jobs=options.jobs,
    )


def _usable(models: str) -> dict[str, Recipe]:
    """All techniques, or all but models that are neither named nor baselines."""
    named = {*BASELINES, *models.split(",")}
    return {
        name: recipe
        for name, recipe in load().items()
        if not models or recipe.role is not Role.MODEL or name in named
    }


def _held_out(context: Context, best: Evaluation) -> float:
    """The score on rows that no choice has seen, fitted on the rows of the search."""
    splits = context.judge.splits
    rows = np.sort(np.concatenate([splits.selection, splits.holdout]))
    [result] = context.judge.fit([FitRequest(best.solution, splits.search, rows)])
    assert result.predictions is not None, result.failure
    return float(context.judge.score(result.predictions, rows))


def _steps(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Step by step: the block, what was tried of it and gained, and what the ablation said."""
    steps = [event for event in events if isinstance(event, StepFinished)]
    judged = [event for event in events if isinstance(event, ProposalJudged) and event.attempt]
    return [
        {
            "role": step.role,
            "used": step.used,
            "tried": [(one.gain, one.accepted) for one in judged if one.step == step.step],
            "ablation": {
                one.role: (one.effect, one.impact)
                for one in events
                if isinstance(one, AblationMeasured) and one.step == step.step
            },
        }
        for step in steps
    ]


def told(row: Row) -> str:
    """One run in a line."""
    roles = ", ".join(
        (step["role"] or "none") + "+" * any(accepted for _, accepted in step["tried"])
        for step in row.steps
    )
    return (
        f"{row.set} {row.seed}: {row.way} {row.start:.6g} -> {row.score:.6g}, held out "
        f"{row.held_out:.6g}, {row.used} evaluations, {row.seconds:.0f} s ({roles})"
    )


def page(rows: Sequence[Row]) -> str:
    """Each pair, then the test over all of them, as Markdown."""
    found = {(row.set, row.seed, row.way): row for row in rows}
    keys = sorted({(row.set, row.seed) for row in rows})
    whole = [key for key in keys if all((*key, way) in found for way in WAYS)]
    head = ["set", "seed", *(f"{way}, {what}" for what in ("folds", "held out") for way in WAYS)]
    lines = [
        [key[0], str(key[1])]
        + [f"{found[*key, way].score:.6g}" for way in WAYS]
        + [f"{found[*key, way].held_out:.6g}" for way in WAYS]
        for key in whole
    ]
    parts = [_markdown(head, lines)]
    for other in (PAID, UNPAID):
        pairs = [(found[*key, GUIDED], found[*key, other]) for key in whole]
        differences = zip(*(difference(*pair) for pair in pairs), strict=True)
        where = ("over folds", "on held-out rows")
        parts += [verdict(other, *told) for told in zip(where, differences, strict=False)]
    return "\n\n".join(parts)


def difference(guided: Row, other: Row) -> tuple[float, float]:
    """Relative to the other, over folds and on held-out rows; positive: the guided is better."""
    sign = 1.0 if guided.greater else -1.0
    scores = (guided.score, other.score), (guided.held_out, other.held_out)
    folds, held_out = (sign * (mine - theirs) / abs(theirs) for mine, theirs in scores)
    return folds, held_out


def verdict(other: str, rows: str, differences: Sequence[float]) -> str:
    """Mean, wins and the paired test in a sentence."""
    values = np.array(differences)
    won, lost = int((values > SAME).sum()), int((values < -SAME).sum())
    text = (
        f"guided against {other}, {rows}: {100 * values.mean():+.3f} % in the mean of "
        f"{len(values)} pairs, {won} better, {len(values) - won - lost} the same, {lost} worse"
    )
    apart = values[np.abs(values) > SAME]
    if len(apart) < 1:
        return text
    return (
        f"{text}; Wilcoxon signed-rank p = {wilcoxon(apart).pvalue:.3f} of {len(apart)} that differ"
    )


def _markdown(head: list[str], lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


def _known(options: Namespace) -> list[Row]:
    path: Path = options.results
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [Row(**json.loads(line)) for line in lines]
    return [r for r in rows if (r.evaluations, r.rows) == (options.evaluations, options.rows)]


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="folder of data sets")
    parser.add_argument("--evaluations", type=int, default=40, help="of a run")
    parser.add_argument("--rows", type=int, default=4000, help="of a training half, at most")
    parser.add_argument("--seeds", type=int, default=1, help="how many, a set")
    parser.add_argument("--models", default="", help="that may be used, comma-separated")
    parser.add_argument("--steps", type=int, default=5, help="of ablation and refinement")
    parser.add_argument("--folds", type=int, default=5, help="at most")
    parser.add_argument("--jobs", type=int, default=1, help="cores")
    parser.add_argument("--only", default="", help="names of sets, comma-separated")
    parser.add_argument(
        "--results", type=Path, default=Path("block_choice.jsonl"), help="what was measured"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
