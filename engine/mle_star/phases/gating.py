"""Measuring what the gates judge; each gate itself is a pure function of :mod:`mle_star.judge`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from mle_star import heap
from mle_star.budget import Slice
from mle_star.bundle.latency import BATCH, latencies
from mle_star.bundle.model_file import assembled
from mle_star.data.prepare import Prepared
from mle_star.errors import StateError
from mle_star.judge import gates, leakage
from mle_star.judge.evaluation import FitResult, Score
from mle_star.judge.gates import Gate
from mle_star.judge.metrics import ScoreError
from mle_star.judge.stats import compare_folds
from mle_star.phases.context import Context
from mle_star.phases.members import caged
from mle_star.seeds import derive
from mle_star.solution.solution import Ensemble

SHORT = "There was no time left for it; a longer --time-budget measures it."
NONE_HELD = "No rows were held out (--holdout 0); see the gates that rest on cross-validation."
NOT_NESTED = (
    "No rows were held out (--holdout 0), and cross-validation could not be nested: its score may "
    "owe something to luck."
)
PROXY_ROWS = 4_000
SECONDS_A_COLUMN = 0.04
CAGED_SECONDS = 5.0
"""What timing a model in the sandbox may take: a process is started for it."""
CHANCE_DRAWS = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """What the fits of the validation phase gave.

    Parameters
    ----------
    ensemble : Ensemble
        The finalist.
    score, baseline : Score
        Cross-validated; `baseline` None if it is not of the same folds.
    is_nested : bool
        Whether `score` is of nested cross-validation because no rows are held out.
    holdout, baseline_holdout : ndarray or None
        Predictions of the holdout rows; None if there are none.
    oof : ndarray or None
        Out-of-fold predictions, where no rows are held out.
    train, train_rows : ndarray or None
        Predictions of rows that the members were fitted on, and which rows.
    fits : tuple of FitResult
        One a member.
    fitted : tuple of Path
        Where each member was saved.
    shuffled : tuple of FitResult
        A member fitted on shuffled labels, several times.
    shuffled_rows : ndarray
        Rows it predicted.
    is_baseline : bool
        Whether the finalist is the baseline itself.
    """

    ensemble: Ensemble
    score: Score
    is_nested: bool
    baseline: Score | None
    holdout: np.ndarray | None
    baseline_holdout: np.ndarray | None
    oof: np.ndarray | None
    train: np.ndarray | None
    train_rows: np.ndarray
    fits: tuple[FitResult, ...]
    fitted: tuple[Path, ...]
    shuffled: tuple[FitResult, ...]
    shuffled_rows: np.ndarray
    is_baseline: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What was asked for beyond what every model must meet.

    Parameters
    ----------
    quality : float or None, default None
        Score to be reached, in the metric's own units; None: none.
    latency_ms : float, default gates.SINGLE_ROW_MS
        Milliseconds that the prediction of one row may take.
    """

    quality: float | None = None
    latency_ms: float = gates.SINGLE_ROW_MS


@dataclass(frozen=True, slots=True)
class Gating:
    """Everything the measuring functions look at."""

    context: Context
    prepared: Prepared
    measured: Measured
    slice: Slice
    limits: Limits

    @property
    def held(self) -> np.ndarray:
        """The holdout rows; empty where none were wanted."""
        return self.context.judge.splits.holdout

    @property
    def unmeasured(self) -> str:
        """Why a gate of the holdout was not measured."""
        return SHORT if len(self.held) else NONE_HELD

    def score(self, matrix: np.ndarray, rows: np.ndarray) -> float:
        """See :func:`safe_score`."""
        return safe_score(self.context, matrix, rows)

    def chance(self) -> float | None:
        """Score of the best constant prediction; None where it has none."""
        judge = self.context.judge
        rows = judge.oof_rows
        parts = [
            np.eye(output.width)[labels.astype(int)] if output.width > 1 else labels[:, None]
            for output, labels in zip(self.context.task.outputs, judge.labels(rows).T, strict=True)
        ]
        constant = np.hstack(parts).mean(axis=0)
        score = self.score(np.tile(constant, (len(rows), 1)), rows)
        return score if np.isfinite(score) else None


def safe_score(context: Context, matrix: np.ndarray, rows: np.ndarray) -> float:
    """The metric on some rows, NaN where it is undefined."""
    try:
        return context.judge.score(matrix, rows)
    except ScoreError:
        return float("nan")


def holdout_intervals(gating: Gating) -> list[tuple[float, float]] | None:
    """95 % intervals of the holdout score and of the gain over the baseline there."""
    measured, judge = gating.measured, gating.context.judge
    if measured.holdout is None:
        return None
    rows, mine, base = judge.splits.holdout, measured.holdout, measured.baseline_holdout
    sign = 1.0 if judge.metric.greater_is_better else -1.0

    def scores(at: np.ndarray) -> tuple[float, float]:
        found = gating.score(mine[at], rows[at])
        other = 0.0 if base is None else gating.score(base[at], rows[at])
        return found, sign * (found - other)

    seed = derive(gating.context.seed, "validation", "bootstrap")
    return gates.bootstrap(scores, len(rows), seed, draws=200 if len(rows) < 20_000 else 100)


def measure(gating: Gating, intervals: list[tuple[float, float]] | None) -> Iterator[Gate]:
    """Measure every gate, the cheap ones first."""
    chance, ordered = gating.chance(), gating.context.task.time is not None
    held = _on_holdout(gating, intervals)
    yield _on_folds(gating, confirmed=held.verdict == gates.PASS)
    yield held
    if gating.limits.quality is not None:
        yield _quality(gating, gating.limits.quality)
    yield gates.fold_spread(gating.measured.score, chance, ordered=ordered)
    yield _agrees(gating, intervals, chance)
    yield _train_gap(gating, chance)
    yield _duplicates(gating, chance)
    yield _memory(gating)
    yield _shuffled(gating)
    yield _proxies(gating)
    yield _latency(gating)


def _quality(gating: Gating, threshold: float) -> Gate:
    """On the holdout; where there is none, or was no time for it, in cross-validation."""
    measured, rows = gating.measured, gating.held
    if measured.holdout is not None:
        score, where = gating.score(measured.holdout, rows), f"on {len(rows):,} held-out rows"
    else:
        score, where = measured.score.mean, f"in {'nested ' * measured.is_nested}cross-validation"
    better = gating.context.judge.metric.greater_is_better
    gate = gates.quality(score, threshold, greater_is_better=better, where=where)
    if gate.verdict == gates.PASS and not len(rows) and not measured.is_nested:
        return gates.skipped(gate.name, NOT_NESTED)
    return gate


def _on_folds(gating: Gating, *, confirmed: bool) -> Gate:
    score, baseline = gating.measured.score, gating.measured.baseline
    if gating.measured.is_baseline:
        return gates.baseline_itself("improvement over baseline (folds)")
    if baseline is None or len(baseline.folds) != len(score.folds):
        return gates.skipped(
            "improvement over baseline (folds)", "The baseline was not judged on the same folds."
        )
    comparison = compare_folds(
        score.folds, baseline.folds, score.greater_is_better, score.test_share
    )
    return gates.improvement_on_folds(score, baseline, comparison, confirmed=confirmed)


def _on_holdout(gating: Gating, intervals: list[tuple[float, float]] | None) -> Gate:
    measured, judge = gating.measured, gating.context.judge
    if intervals is None or measured.holdout is None or measured.baseline_holdout is None:
        return gates.skipped("improvement over baseline (holdout)", gating.unmeasured)
    if measured.is_baseline:
        return gates.baseline_itself("improvement over baseline (holdout)")
    rows = judge.splits.holdout
    gain = gating.score(measured.holdout, rows) - gating.score(measured.baseline_holdout, rows)
    return gates.improvement_on_holdout(
        gain if judge.metric.greater_is_better else -gain, *intervals[1]
    )


def _agrees(
    gating: Gating, intervals: list[tuple[float, float]] | None, chance: float | None
) -> Gate:
    measured, context = gating.measured, gating.context
    if intervals is None or measured.holdout is None:
        return gates.skipped("holdout against cross-validation", gating.unmeasured)
    return gates.holdout_agrees(
        gating.score(measured.holdout, context.judge.splits.holdout),
        *intervals[0],
        measured.score,
        chance,
        sampled=context.fidelity.rows is not None,
    )


def _train_gap(gating: Gating, chance: float | None) -> Gate:
    measured = gating.measured
    if measured.train is None:
        return gates.skipped("train against validation", SHORT)
    train = gating.score(measured.train, measured.train_rows)
    return gates.train_gap(train, measured.score, chance)


def _duplicates(gating: Gating, chance: float | None) -> Gate:
    """Of the holdout rows, or, where there are none, of the rows that folds are scored on."""
    judge, table, rows = gating.context.judge, gating.prepared.table, gating.held
    if len(rows):
        matrix, what = gating.measured.holdout, "holdout"
        repeated = leakage.repeated_rows(table, judge.splits.search, rows)
    else:
        matrix, what, rows = gating.measured.oof, "scored", judge.oof_rows
        repeated = leakage.repeated_in_folds(table, judge.splits.folds, rows)
    if matrix is None:
        return leakage.duplicates(repeated, None, None, 0.0, what)
    score, without = gating.score(matrix, rows), gating.score(matrix[~repeated], rows[~repeated])
    worse = score - without if judge.metric.greater_is_better else without - score
    size = worse / gates.scale(score, chance)
    return leakage.duplicates(repeated, score, None if np.isnan(without) else without, size, what)


def _memory(gating: Gating) -> Gate:
    measured = gating.measured
    if not measured.fitted:
        return gates.skipped("memory", SHORT)
    model = sum(path.stat().st_size for path in measured.fitted) / 2**20
    peak = max(result.peak_mib for result in measured.fits)
    return gates.memory(model, peak, psutil.virtual_memory().total / 2**20)


def _shuffled(gating: Gating) -> Gate:
    name, measured = "shuffled target at chance", gating.measured
    matrices = [r.predictions for r in measured.shuffled if r.predictions is not None]
    if len(matrices) < 3:
        failures = [result.failure for result in measured.shuffled if result.failure]
        return gates.skipped(name, f"It could not be fitted: {failures[0]}." if failures else SHORT)
    rows = measured.shuffled_rows
    rng = np.random.default_rng(derive(gating.context.seed, "validation", "chance"))
    orders = [rng.permutation(rows) for _ in range(CHANCE_DRAWS)]
    found = [gating.score(matrix, rows) for matrix in matrices]
    chance = [float(np.nanmean([gating.score(m, order) for order in orders])) for m in matrices]
    if not np.isfinite([*found, *chance]).all():
        return gates.skipped(name, "The metric is undefined on the sample.")
    better = gating.context.judge.metric.greater_is_better
    return leakage.shuffled_target(found, chance, better)


def _proxies(gating: Gating) -> Gate:
    table = gating.prepared.table
    if gating.slice.seconds() < SECONDS_A_COLUMN * len(table.columns):
        return gates.skipped("single-column proxies", SHORT)
    rng = np.random.default_rng(derive(gating.context.seed, "validation", "proxies"))
    search = gating.context.judge.splits.search
    rows = rng.choice(search, min(PROXY_ROWS, len(search)), replace=False)
    labels = gating.context.judge.labels(rows)
    originals = {column.name: column.original for column in gating.prepared.schema.specs}
    powers: dict[str, float] = {}
    for target in labels.T:
        found = leakage.column_powers(
            table.iloc[rows].reset_index(drop=True),
            target,
            classification=gating.context.task.is_classification,
            seed=derive(gating.context.seed, "validation", "halves"),
        )
        for column, power in found.items():
            name = originals.get(column, column)
            powers[name] = max(power, powers.get(name, 0.0))
    return leakage.proxies(powers)


def _latency(gating: Gating) -> Gate:
    needed = CAGED_SECONDS if gating.measured.ensemble.is_foreign else 1.0
    if not gating.measured.fitted or gating.slice.seconds() < needed:
        return gates.skipped("latency", SHORT)
    try:
        single, in_batch = gating.context.once("latency", lambda: _latencies(gating))
    except StateError as error:
        return gates.skipped("latency", f"It could not be measured: {error.problem}.")
    return gates.latency(1e3 * single, 1e3 * in_batch, gating.limits.latency_ms)


def _latencies(gating: Gating) -> tuple[float, float]:
    """Seconds of a prediction of one row, and of one row within a batch."""
    context, measured = gating.context, gating.measured
    rows = (gating.held if len(gating.held) else measured.train_rows)[:BATCH]
    batch = gating.prepared.table.iloc[rows].reset_index(drop=True)
    widths = context.columns["widths"]
    if measured.ensemble.is_foreign:
        sandbox = caged(context, max(CAGED_SECONDS, gating.slice.seconds()))
        return sandbox.latencies(measured.fitted, measured.ensemble, widths, batch)
    found = latencies(assembled(measured.ensemble, measured.fitted, widths), batch)
    heap.trim()
    return found
