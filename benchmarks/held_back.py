"""What rows held back from the search cost, and how sure of a score the holdout rows make one.

python -m benchmarks.held_back FOLDER_OF_SETS --output cells.jsonl --seconds 1200
python -m benchmarks.held_back --tables cells.jsonl

30 % of each training file are cut off as the judge. Of the rest so many rows as asked for are the
data of a user: candidates are compared by cross-validation on the part of them that is not held
back, and the choice is fitted on all of them, as the engine does. What is lost is the score of the
choice made on all rows minus that of the choice made on fewer, as a share of the way from a
constant prediction to the best candidate. Cells (set, rows, repeat) are done round by round until
the time ends; each is a line of the output.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge

from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.judge.combine import Lesson, Pool, best_single, greedy, plain_average
from mle_star.judge.evaluation import Fold
from mle_star.judge.losses import loss_of
from mle_star.judge.metrics import Metric, ScoreError, get_metric
from mle_star.judge.splits import sample, strata_of
from mle_star.seeds import derive

MODELS = ("linear", "boosted", "boosted small", "boosted large", "extra trees", "random forest")
"""Stand-ins for the standard candidates, quick enough for many cells."""
SETS = [
    *("adult", "ames_housing", "bike_hour", "california"),
    *("hotel_bookings", "mammography", "telco_churn", "titanic"),
]
SIZES = (300, 1_000, 3_000, 10_000, 30_000)
SHARES = (0.0, 0.10, 0.15, 0.25)
WIDTHS = (0.05, 0.10, 0.15, 0.20, 0.25)
SELECTION = 0.10
FOLDS = 3
JUDGED = 5_000
"""Rows of the judge at most."""
DRAWS = 200


@dataclass(frozen=True)
class Data:
    """One data set, its judge cut off."""

    name: str
    prepared: Prepared
    metric: Metric
    judge: np.ndarray
    rest: np.ndarray
    codes: np.ndarray
    flat: np.ndarray

    @property
    def sign(self) -> float:
        return 1.0 if self.metric.greater_is_better else -1.0

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(output.width for output in self.prepared.task.outputs)

    def score(self, matrix: np.ndarray, rows: np.ndarray) -> float:
        """Higher is better, whatever the metric; NaN where it is undefined."""
        try:
            labels = self.prepared.labels[rows]
            return self.sign * self.metric.score_task(self.prepared.task, labels, matrix)
        except ScoreError:
            return math.nan


@dataclass(frozen=True)
class Cell:
    """The data of one user: some rows of a set, and the candidates that are compared on them."""

    data: Data
    rows: np.ndarray
    seed: int

    def fit(self, name: str, train: np.ndarray, predict: np.ndarray) -> np.ndarray:
        x = self.data.flat if name == "linear" else self.data.codes
        y = self.data.prepared.labels[:, 0]
        model = _model(name, classes=self.data.widths[0] > 1)
        model.fit(x[train], y[train])
        if self.data.widths[0] == 1:
            return np.asarray(model.predict(x[predict]), dtype=float)[:, None]
        return np.asarray(model.predict_proba(x[predict]), dtype=float)

    def fit_all(self, train: np.ndarray, predict: np.ndarray) -> np.ndarray:
        return np.stack([self.fit(name, train, predict) for name in MODELS])


def _model(name: str, *, classes: bool) -> Any:
    if name == "linear":
        return LogisticRegression(max_iter=200) if classes else Ridge()
    if name.startswith("boosted"):
        booster = LGBMClassifier if classes else LGBMRegressor
        leaves = {"boosted": 31, "boosted small": 7, "boosted large": 63}[name]
        rate = 0.2 if leaves == 63 else 0.1
        return booster(
            n_estimators=80, num_leaves=leaves, learning_rate=rate, n_jobs=1, verbosity=-1
        )
    if name == "extra trees":
        forest = ExtraTreesClassifier if classes else ExtraTreesRegressor
    else:
        forest = RandomForestClassifier if classes else RandomForestRegressor
    return forest(30, min_samples_leaf=3, max_features=0.4, random_state=0, n_jobs=1)


def _numbers(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A table as codes for trees, and as scaled numbers and indicators for the linear model."""
    codes = {
        name: column.astype("category").cat.codes.astype(float)
        if not pd.api.types.is_numeric_dtype(column.dtype)
        else column.astype(float)
        for name, column in table.items()
    }
    numbers = pd.DataFrame(codes).fillna(-1.0)
    few = [name for name in table if not pd.api.types.is_numeric_dtype(table[name].dtype)]
    few = [name for name in few if numbers[name].nunique() <= 20]
    flat = pd.get_dummies(numbers.astype(dict.fromkeys(few, "category")), columns=few)
    scaled = (flat.astype(float) - flat.mean()) / flat.std().replace(0.0, 1.0)
    return numbers.to_numpy(), scaled.to_numpy()


def opened(folder: Path) -> Data:
    """Read a set and cut its judge off."""
    meta = json.loads((folder / "meta.json").read_text())
    request = DataRequest(
        folder / "train.csv.gz", (meta["target"],), meta["task"], meta["metric"], "none", "none"
    )
    prepared = prepare(request)
    order = np.random.default_rng(derive(0, "held back", folder.name)).permutation(
        len(prepared.table)
    )
    cut = round(0.3 * len(order))
    metric = get_metric(meta["metric"], prepared.task)
    judge = np.sort(order[:cut][:JUDGED])
    return Data(folder.name, prepared, metric, judge, order[cut:], *_numbers(prepared.table))


def measured(data: Data, size: int, repeat: int) -> dict[str, Any]:
    """One cell: what each share held back costs, and how wide the intervals are."""
    cell = _cell(data, size, repeat)
    full = cell.fit_all(cell.rows, data.judge)
    alone = [data.score(matrix, data.judge) for matrix in full]
    scale = max(alone) - _constant(cell)
    lessons = {share: _lesson(cell, share) for share in SHARES}
    found = {share: _choices(cell, full, lesson) for share, lesson in lessons.items()}
    lost = {
        f"{what} {share:.2f}": (found[0.0][what] - found[share][what]) / scale
        for share in SHARES[1:]
        for what in found[share]
    }
    late = (found[0.0]["weights"] - _selected(cell, full, lessons[SHARES[-1]])) / scale
    return {
        "set": data.name,
        "rows": size,
        "repeat": repeat,
        "lost": lost | {"finalist of 0.25": late},
        "unfitted": {f"{share:.2f}": _unfitted(cell, alone[1], share) / scale for share in SHARES},
        "half_width": {f"{share:.2f}": w / scale for share, w in _half_widths(cell, full).items()},
    }


def _cell(data: Data, size: int, repeat: int) -> Cell:
    seed = derive(repeat, "held back", data.name, size)
    strata = strata_of(data.prepared.task, data.prepared.labels)
    rows = np.random.default_rng(seed).permutation(sample(strata, data.rest, size, seed))
    return Cell(data, rows, seed)


def _constant(cell: Cell) -> float:
    labels = cell.data.prepared.labels[cell.rows, 0]
    width = cell.data.widths[0]
    best = np.eye(width)[labels.astype(int)].mean(axis=0) if width > 1 else [labels.mean()]
    return cell.data.score(np.tile(best, (len(cell.data.judge), 1)), cell.data.judge)


def _lesson(cell: Cell, share: float) -> Lesson:
    """What out-of-fold predictions of the rows that are not held back teach."""
    search = np.sort(cell.rows[round(share * len(cell.rows)) :])
    return _pool(cell, search).learn(np.arange(len(search)), 0)


def _choices(cell: Cell, full: np.ndarray, lesson: Lesson) -> dict[str, float]:
    """Scores of what is chosen by a lesson, fitted on all rows."""
    ways = {"single": best_single(lesson), "weights": greedy(lesson)}
    judge = cell.data.judge
    return {what: cell.data.score(way.apply(full), judge) for what, way in ways.items()}


def _selected(cell: Cell, full: np.ndarray, lesson: Lesson) -> float:
    """As with 15 % held out and 10 % to select by: a finalist that is better beyond noise."""
    first = round(SHARES[-1] * len(cell.rows))
    held = np.sort(cell.rows[: round(SELECTION * len(cell.rows))])
    search = np.sort(cell.rows[first:])
    ways = [greedy(lesson), plain_average(lesson), best_single(lesson)]
    there = [way.apply(cell.fit_all(search, held)) for way in ways]
    chosen, best = ways[0], 0.0
    for way, matrix in zip(ways[1:], there[1:], strict=True):
        gain, error = _gain(cell, held, matrix, there[0])
        if gain > max(best, error):
            chosen, best = way, gain
    return cell.data.score(chosen.apply(full), cell.data.judge)


def _gain(cell: Cell, rows: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(cell.seed)
    draws = [np.arange(len(rows)), *(rng.integers(0, len(rows), len(rows)) for _ in range(100))]
    gains = [
        cell.data.score(one[at], rows[at]) - cell.data.score(other[at], rows[at]) for at in draws
    ]
    low, high = np.nanquantile(gains[1:], [0.025, 0.975])
    return gains[0], float(high - low) / 3.92


def _pool(cell: Cell, search: np.ndarray) -> Pool:
    """Out-of-fold predictions of all candidates, of the search rows."""
    widths = cell.data.widths
    total = np.zeros((len(MODELS), len(search), sum(widths)))
    for fold in _folds(cell, search):
        at = np.searchsorted(search, fold.score)
        total[:, at] = cell.fit_all(fold.train, fold.score)
    data = cell.data
    loss = loss_of(data.metric, widths)
    labels = data.prepared.labels[search]
    return Pool(total, labels, widths, loss, np.zeros(len(total)))


def _folds(cell: Cell, search: np.ndarray) -> Iterator[Fold]:
    strata = strata_of(cell.data.prepared.task, cell.data.prepared.labels)[search]
    shuffled = np.random.default_rng(cell.seed).permutation(len(search))
    number = np.empty(len(search), dtype=int)
    number[shuffled[np.argsort(strata[shuffled], kind="stable")]] = np.arange(len(search)) % FOLDS
    for k in range(FOLDS):
        yield Fold(search[number != k], search[number == k])


def _unfitted(cell: Cell, full: float, share: float) -> float:
    """What one model loses that is not fitted again on the rows held back."""
    if not share:
        return 0.0
    train = np.sort(cell.rows[round(share * len(cell.rows)) :])
    matrix = cell.fit(MODELS[1], train, cell.data.judge)
    return full - cell.data.score(matrix, cell.data.judge)


def _half_widths(cell: Cell, full: np.ndarray) -> dict[float, float]:
    """Half the 95 % interval of a score on so many rows of the judge."""
    data, rng = cell.data, np.random.default_rng(cell.seed)
    widths = {}
    for share in WIDTHS:
        size = round(share * len(cell.rows))
        draws = [rng.integers(0, len(data.judge), size) for _ in range(DRAWS)]
        scores = [data.score(full[1][at], data.judge[at]) for at in draws]
        low, high = np.nanquantile(scores, [0.025, 0.975])
        widths[share] = float(high - low) / 2
    return widths


def main() -> None:
    options = _options()
    if options.tables:
        print(tables([json.loads(line) for line in options.tables.read_text().splitlines()]))
        return
    warnings.simplefilter("ignore")
    ends = time.monotonic() + options.seconds
    with options.output.open("a") as file:
        for data, size, repeat in _cells(options):
            if time.monotonic() > ends:
                break
            began = time.process_time()
            line = measured(data, size, repeat) | {"seconds": time.process_time() - began}
            file.write(json.dumps(line) + "\n")
            file.flush()


def _cells(options: argparse.Namespace) -> Iterator[tuple[Data, int, int]]:
    found = [opened(options.folder / name) for name in options.sets]
    for repeat in range(options.first, options.repeats):
        for size in options.sizes:
            for data in found:
                if size <= len(data.rest):
                    yield data, size, repeat


def tables(cells: Sequence[dict[str, Any]]) -> str:
    """The cells as Markdown: per cent of the way from a constant to the best candidate."""
    by_size = defaultdict(list)
    for cell in cells:
        by_size[cell["rows"]].append(cell)
    keys = list(cells[0]["lost"])
    lines = ["| rows | sets, cells | " + " | ".join(f"lost: {key}" for key in keys) + " |"]
    lines.append("|---:|---:|" + "---:|" * len(keys))
    for size, those in sorted(by_size.items()):
        sets = len({cell["set"] for cell in those})
        values = [_mean([cell["lost"][key] for cell in those]) for key in keys]
        lines.append(f"| {size:,} | {sets}, {len(those)} | " + " | ".join(values) + " |")
    for title in ("unfitted", "half_width"):
        shares = list(cells[0][title])
        lines += ["", "| rows | " + " | ".join(f"{title} {share}" for share in shares) + " |"]
        lines.append("|---:|" + "---:|" * len(shares))
        for size, those in sorted(by_size.items()):
            values = [_mean([cell[title][share] for cell in those]) for share in shares]
            lines.append(f"| {size:,} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> str:
    known = np.asarray([value for value in values if math.isfinite(value)])
    error = known.std(ddof=1) / math.sqrt(len(known)) if len(known) > 1 else math.nan
    return f"{100 * known.mean():.2f} ± {100 * error:.2f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What rows held back cost, and what they tell")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("data"))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--output", type=Path, default=Path("held_back.jsonl"))
    parser.add_argument("--tables", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
