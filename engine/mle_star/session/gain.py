"""The model of a session held against that of the session before, on rows that are fair to both.

The fair rows are held-out rows that are new since then: neither model was fitted on them. Where
there are too few, or the old model cannot be asked, its code is fitted anew on the rows that the
new one was fitted on, and both are scored on all held-out rows. What was compared is always said.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from mle_star.bundle.bundle import Opened, opened
from mle_star.bundle.model_file import SKOPS
from mle_star.bundle.predict import matrix_in
from mle_star.bundle.tables import read_table
from mle_star.data.prepare import Prepared
from mle_star.data.reference import FILE, Reference
from mle_star.errors import MleStarError
from mle_star.events import ModelsCompared
from mle_star.files import sha256
from mle_star.judge.cage.cage import find_cage
from mle_star.judge.evaluation import FitRequest
from mle_star.judge.gates import bootstrap
from mle_star.judge.schedule import makespan
from mle_star.phases.context import Context
from mle_star.phases.gating import safe_score
from mle_star.phases.members import combined, fit_cost
from mle_star.phases.validation import Validation
from mle_star.seeds import derive
from mle_star.session.parent import Parent, parent_in
from mle_star.session.session import Session
from mle_star.solution.solution import Ensemble

FEWEST_ROWS = 30
"""New held-out rows from which on the models are compared on them alone."""

_SHARE = 0.25
"""Share of the time left that the comparison may take."""

_CAGED_SECONDS = 5.0


class _NotComparedError(Exception):
    """Why something was not compared."""


def tell_gain(session: Session, context: Context, validated: Validation) -> None:
    """Compare with the last session's model, if this one goes on from one, and tell.

    Parameters
    ----------
    session : Session
        Its summary gets the gain.
    context : Context
        Its judge scores both.
    validated : Validation
        The new model.
    """
    if session.warm is None:
        return
    parent = session.warm.parent
    compared = session.journal.once(
        "gain over the last model", lambda: asdict(_compare(session, context, validated))
    )
    session.journal(ModelsCompared(parent, **compared))
    session.summary["gain"] = compared


@dataclass(frozen=True, slots=True)
class _Compared:
    kind: str
    rows: int = 0
    score: float | None = None
    last: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    what: str = ""


def _compare(session: Session, context: Context, validated: Validation) -> _Compared:
    reasons: list[str] = []
    assert session.settings.warm is not None
    try:
        parent = parent_in(session.settings.warm)
        if not len(context.judge.splits.holdout):
            raise _NotComparedError("no rows were held out (--holdout 0) to score both models on")
        if validated.holdout is None:
            raise _NotComparedError("there was no time to score this model on held-out rows")
    except (MleStarError, _NotComparedError) as error:
        return _Compared("none", what=f"not compared: {error}")
    for compare in (_models, _solutions):
        try:
            return compare(session, context, validated, parent, "; ".join(reasons))
        except _NotComparedError as error:
            reasons.append(str(error))
        except MleStarError as error:
            reasons.append(error.problem)
        except Exception as error:  # the old model's own code, of other versions perhaps
            reasons.append(f"the last model failed: {type(error).__name__}: {error}"[:300])
    return _Compared("none", what=f"not compared: {'; '.join(reasons)}")


def _models(
    session: Session, context: Context, validated: Validation, parent: Parent, _why: str
) -> _Compared:
    """The model that was shipped then, on held-out rows that it was not fitted on."""
    prepared, holdout = session.prepared, context.judge.splits.holdout
    assert prepared is not None
    assert validated.holdout is not None
    fresh = _fresh(prepared, parent, holdout)
    if fresh.sum() < FEWEST_ROWS:
        raise _NotComparedError(
            f"only {fresh.sum()} of {len(holdout)} held-out rows are new since session "
            f"{parent.session}"
        )
    rows = holdout[fresh]
    old = _asked(session, context, parent, prepared, rows)
    what = (
        f"on the {len(rows):,} held-out rows whose features were not in the data of session "
        f"{parent.session}: its model as it was shipped, and this one fitted without held-out rows"
    )
    return _scored(context, validated.holdout[fresh], old, rows, "models", what)


def _fresh(prepared: Prepared, parent: Parent, rows: np.ndarray) -> np.ndarray:
    """Which rows the old model cannot have been fitted on."""
    reference = Reference.load(parent.folder / FILE)
    names = {c.name for c in reference.columns}
    if names != {c.original for c in prepared.schema.specs}:
        raise _NotComparedError("the columns are not those of before, so no row is known again")
    if len(reference.prints.cases) != reference.rows or not len(prepared.prints.cases):
        raise _NotComparedError("the data is too large for its rows to be known again")
    return ~np.isin(prepared.prints.cases[rows], reference.prints.cases)


def _asked(
    session: Session, context: Context, parent: Parent, prepared: Prepared, rows: np.ndarray
) -> np.ndarray:
    """What the shipped model predicts for rows."""
    found, dataset = opened(parent.model), session.settings.dataset
    outputs = [(o.original, o.classes) for o in found.schema.outputs]
    if outputs != [(o.original, o.classes) for o in context.task.outputs]:
        raise _NotComparedError("the target has other classes than before")
    safe = SKOPS in found.contents
    _see_time(context, 2.0 if safe else 2.0 + _CAGED_SECONDS)
    table = read_table(dataset, found.schema).iloc[prepared.places[rows]].reset_index(drop=True)
    assert session.warm is not None
    if sha256(dataset) != session.warm.data:
        raise _NotComparedError(f"{dataset} was changed while this run went on")
    if safe:
        return found.bundle().model.predict_matrix(table)
    return _in_cage(session, context, found, table)


def _in_cage(session: Session, context: Context, found: Opened, table: pd.DataFrame) -> np.ndarray:
    """A model whose format can run code is asked in the sandbox, whoever wrote it."""
    cage = context.cage or find_cage(allow_unsandboxed=session.settings.allow_unsandboxed)
    return matrix_in(cage, found, table)


def _solutions(
    session: Session, context: Context, validated: Validation, parent: Parent, why: str
) -> _Compared:
    """The code that was shipped then, fitted on the rows that the new one was fitted on."""
    old, holdout = parent.ensemble, context.judge.splits.holdout
    assert validated.holdout is not None
    if old is None:
        raise _NotComparedError("the log does not say what was shipped then")
    what = (
        f"on all {len(holdout):,} held-out rows: the solution of session {parent.session} fitted "
        "anew on the rows that this one was fitted on"
    )
    what = f"{what} ({why})" if why else what
    if _same(old, validated.ensemble):
        same = f"the same solution as in session {parent.session} is shipped again"
        what = f"{same} ({why})" if why else same
        return _scored(context, validated.holdout, validated.holdout, holdout, "solutions", what)
    matrix = _fitted(context, old, validated.fitted_rows, holdout)
    return _scored(context, validated.holdout, matrix, holdout, "solutions", what)


def _same(one: Ensemble, other: Ensemble) -> bool:
    digests = [[member.digest for member in each.members] for each in (one, other)]
    combine = [each.combine.source if each.combine else "" for each in (one, other)]
    return digests[0] == digests[1] and combine[0] == combine[1]


def _fitted(context: Context, old: Ensemble, train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    costs = [fit_cost(context, member, len(train)) for member in old.members]
    _see_time(context, makespan(costs, context.jobs) / _SHARE)
    left = context.budget.left()
    deadline = math.inf if math.isinf(left) else context.budget.clock() + 2 * _SHARE * left
    requests = [FitRequest(member, train, rows) for member in old.members]
    results = context.judge.fit(requests, deadline=deadline)
    matrices = [result.predictions for result in results if result.predictions is not None]
    if len(matrices) < len(results):
        failure = next(result.failure for result in results if result.failure)
        raise _NotComparedError(f"the last solution could not be fitted anew: {failure}")
    return combined(context, old, matrices)


def _see_time(context: Context, seconds: float) -> None:
    if not context.budget.counts_evaluations and context.budget.left() < seconds:
        raise _NotComparedError("there was no time for it")


def _scored(
    context: Context, mine: np.ndarray, old: np.ndarray, rows: np.ndarray, kind: str, what: str
) -> _Compared:
    """Both on the same rows, with the paired bootstrap interval of the gain."""
    sign = 1.0 if context.judge.metric.greater_is_better else -1.0

    def scores(at: np.ndarray) -> tuple[float, float, float]:
        new, last = (safe_score(context, matrix[at], rows[at]) for matrix in (mine, old))
        return new, last, sign * (new - last)

    new, last, gain = scores(np.arange(len(rows)))
    if not math.isfinite(gain):
        raise _NotComparedError(f"the metric is not defined on {len(rows):,} rows")
    intervals = bootstrap(scores, len(rows), derive(context.seed, "gain", "bootstrap"))
    low, high = (bound if math.isfinite(bound) else None for bound in intervals[2])
    return _Compared(kind, len(rows), new, last, gain + 0.0, low, high, what)
