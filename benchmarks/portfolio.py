"""The order in which models are best tried, learnt on training halves; and what each one buys.

Every model of the recipe library is fitted once on three quarters of each training half (at most
`--rows` of them) and predicts the last quarter; test halves are not read. Then models are put in
order: each is the one that helps an ensemble of those before it most, over all sets, a gain being
a share of the way from LightGBM alone to the ensemble of all, divided by its cost to the power
`--thrift`. Last, what the ensemble of all loses without each.

    python benchmarks/portfolio.py ../shared/data --rows 6000 --thrift 0.3
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from mle_star.data.prepare import Prepared, prepare
from mle_star.data.request import DataRequest
from mle_star.judge.metrics import get_metric
from mle_star.recipes.catalogue import load, standard
from mle_star.recipes.recipe import Facts
from mle_star.solution.build import build
from mle_star.toolkit.pipeline import predict_matrix
from mle_star.types import Kind, Role

FIRST = "lightgbm"
STEPS = 12
SCORED = 4000


@dataclass(frozen=True)
class Fits:
    """What every model predicted for the rows of one set that it did not see, and its seconds."""

    prepared: Prepared
    labels: np.ndarray
    predictions: Mapping[str, np.ndarray]
    seconds: Mapping[str, float]

    def loss(self, matrix: np.ndarray) -> float:
        metric = get_metric(self.prepared.task.metric, self.prepared.task)
        value = float(metric.score_task(self.prepared.task, self.labels, matrix))
        return -value if metric.greater_is_better else value

    def ensemble(self, names: Collection[str]) -> float:
        """Loss of a greedy average of some of the models."""
        usable = [name for name in names if name in self.predictions]
        total, best = np.zeros_like(self.predictions[FIRST]), np.inf
        for step in range(1, STEPS + 1):
            losses = {n: self.loss((total + self.predictions[n]) / step) for n in usable}
            name = min(losses, key=lambda one: losses[one])
            if losses[name] >= best:
                break
            best, total = losses[name], total + self.predictions[name]
        return float(best)


def main() -> None:
    options = _options()
    warnings.simplefilter("ignore")
    folders = sorted(path.parent for path in options.folder.glob("*/train.csv.gz"))
    wanted = options.only.split(",") if options.only else [folder.name for folder in folders]
    sets = {f.name: _fits(f, options.rows) for f in folders if f.name in wanted}
    cost = _costs(sets)
    print(f"{date.today()}, {len(sets)} sets, at most {options.rows} rows\n")
    print("| model | gain | cost, in those of LightGBM | left to gain |\n|---|---:|---:|---:|")
    for name, gain, left in _order(sets, cost, options.thrift):
        print(f"| {name} | {gain:.3f} | {cost[name]:.1f} | {left:.3f} |")
    print("\n| without | loss of the ensemble of all, mean | worst |\n|---|---:|---:|")
    for name in sorted(cost):
        lost = _lost_without(sets, name)
        print(f"| {name} | {np.mean(lost):+.2%} | {np.max(lost):+.2%} |")


def _fits(folder: Path, rows: int) -> Fits:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "train.csv"
        path.write_bytes(gzip.decompress((folder / "train.csv.gz").read_bytes()))
        prepared = prepare(DataRequest(path=path, targets=(_target(folder),)))
    train, scored = _cut(prepared, rows)
    facts = Facts(**{**prepared.facts, "rows": len(train)})
    labels = prepared.labels[train][:, 0]
    y = labels if prepared.task.kind is Kind.REGRESSION else labels.astype(np.int64)
    predictions, seconds = {}, {}
    recipes = load()
    for recipe in recipes.values():
        if recipe.role is not Role.MODEL or recipe.applies(facts) <= 0 or recipe.name == "constant":
            continue
        started = time.process_time()
        fitted = build(standard(recipe, facts, recipes), prepared.columns)
        fitted.fit(prepared.table.iloc[train].reset_index(drop=True), y)
        seconds[recipe.name] = time.process_time() - started
        table = prepared.table.iloc[scored].reset_index(drop=True)
        predictions[recipe.name] = predict_matrix(fitted, table, prepared.columns["widths"])
    return Fits(prepared, prepared.labels[scored], predictions, seconds)


def _target(folder: Path) -> str:
    return str(json.loads((folder / "meta.json").read_text())["target"])


def _cut(prepared: Prepared, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions to learn from and to score: the last in time, whole groups, or by lot."""
    n, random = len(prepared.labels), np.random.default_rng(0)
    late = np.arange(n) >= 0.75 * n
    if prepared.groups is not None:
        groups = np.unique(prepared.groups)
        late = np.isin(prepared.groups, random.permutation(groups)[: len(groups) // 4])
    elif prepared.times is None:
        late = late[random.permutation(n)]
    train, scored = np.flatnonzero(~late), np.flatnonzero(late)
    return _few(train, rows, random), _few(scored, SCORED, random)


def _few(rows: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= most else np.sort(random.choice(rows, most, replace=False))


def _costs(sets: Mapping[str, Fits]) -> dict[str, float]:
    names = {name for fits in sets.values() for name in fits.seconds}
    return {
        name: float(
            np.median(
                [f.seconds[name] / f.seconds[FIRST] for f in sets.values() if name in f.seconds]
            )
        )
        for name in sorted(names)
    }


def _order(
    sets: Mapping[str, Fits], cost: Mapping[str, float], thrift: float
) -> Iterator[tuple[str, float, float]]:
    """Model by model: its name, its mean gain, and what is left to gain after it."""
    whole = {key: fits.ensemble(list(cost)) for key, fits in sets.items()}
    alone = {key: fits.ensemble([FIRST]) for key, fits in sets.items()}
    chosen, reached = [FIRST], dict(alone)

    def after(name: str) -> dict[str, float]:
        both = {key: fits.ensemble([*chosen, name]) for key, fits in sets.items()}
        return {key: min(reached[key], loss) for key, loss in both.items()}

    def share(before: Mapping[str, float], then: Mapping[str, float]) -> float:
        parts = [(before[k] - then[k]) / max(alone[k] - whole[k], 1e-12) for k in sets]
        return float(np.mean(parts))

    while len(chosen) < len(cost):
        found = {name: after(name) for name in cost if name not in chosen}
        gains = {name: share(reached, losses) for name, losses in found.items()}
        best = max(gains, key=lambda name: gains[name] / cost[name] ** thrift)
        chosen.append(best)
        reached = found[best]
        yield best, gains[best], share(reached, whole)


def _lost_without(sets: Mapping[str, Fits], name: str) -> list[float]:
    """Set by set: by what share of its size the loss of the ensemble of all grows without one."""
    lost = []
    for fits in sets.values():
        whole = fits.ensemble(list(fits.predictions))
        without = fits.ensemble([other for other in fits.predictions if other != name])
        lost.append((without - whole) / abs(whole))
    return lost


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="folder of data sets")
    parser.add_argument("--rows", type=int, default=6000, help="rows fitted on at most")
    parser.add_argument("--thrift", type=float, default=0.3, help="how much cost counts")
    parser.add_argument("--only", default="", help="names of sets, comma-separated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
