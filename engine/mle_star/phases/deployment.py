"""Deployment: fit the chosen members on all rows, write the bundle, see that it does the same.

Where there is no time to fit on all rows, the members fitted for validation are shipped, or fits
on fewer rows, and the card says so. An early bundle (:func:`insurance`) sees to it that there is
one at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mle_star.bundle.about import About, Words
from mle_star.bundle.bundle import FOLDER
from mle_star.bundle.standalone import part_of
from mle_star.data.prepare import Prepared
from mle_star.errors import BudgetError, StateError
from mle_star.events import ArtifactWritten, Noted
from mle_star.judge.evaluation import Evaluation, FitRequest, FitResult, Score
from mle_star.judge.schedule import makespan
from mle_star.phases.context import Context
from mle_star.phases.members import combined, fit_cost
from mle_star.phases.pace import grown
from mle_star.phases.reproduction import Reproduction
from mle_star.phases.shipping import WRITE_SECONDS, Fitted, ship, write_seconds
from mle_star.seeds import derive
from mle_star.solution.solution import Ensemble

if TYPE_CHECKING:
    from mle_star.phases.validation import Validation

SAMPLE_ROWS = 500
"""Rows on which the written bundle must give the fitted model's predictions."""

CAUTION = 0.8
"""Share of the time left that fits are planned for where not all rows can be fitted."""

LATE = 0.5
"""Rows drawn from all, the latest among them, for each row without these that they are as good as;
in a task ordered in time, where the latest tell most of what comes."""

OVERHEAD = 0.7
"""Seconds that a fit takes beside fitting: a process is given rows, predicts and saves."""

QUICK_SECONDS = 2.0
"""What fitting an early model may take."""

_WHAT = {
    "model.skops": "the fitted model",
    "model.joblib": "the fitted model (loading it can run code)",
    "blocks.json": "the code that the fitted model needs to be loaded",
    "solution.py": "the model's code, runs without mle-star",
    "schema.json": "the columns it reads",
    "requirements.txt": "exact versions of what it needs",
    "model_card.md": "what it is, how it was judged, its limits",
    "manifest.json": "hashes, versions, scores",
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What only the session knows of its run.

    Parameters
    ----------
    name : str
        The session's name.
    created : str
        ISO 8601 time.
    dataset : Path
        The training file.
    data_digest : str
        Identity of its content.
    effects : tuple of (str, float), default ()
        Ablation: score lost without each block.
    words : Words or None, default None
        What an agent says of the model.
    """

    name: str
    created: str
    dataset: Path
    data_digest: str
    effects: tuple[tuple[str, float], ...] = ()
    words: Words | None = None


def run(
    context: Context,
    prepared: Prepared,
    validation: Validation,
    folder: Path,
    deadline: float,
    stamp: Stamp,
) -> list[Path]:
    """Fit on all rows and write the bundle.

    Parameters
    ----------
    context : Context
        The session's.
    prepared : Prepared
        The whole table.
    validation : Validation
        What is shipped, and its gates.
    folder : Path
        Of the bundle; there is a whole one under this name, or none.
    deadline : float
        Reading of the budget's clock; inf when evaluations are counted.
    stamp : Stamp
        What only the session knows.

    Returns
    -------
    list of Path
        The bundle's files.

    Raises
    ------
    BudgetError
        If no member could be fitted in time.
    StateError
        If the bundle cannot be written, or does not predict what was fitted.
    """
    sample = _sample(context, prepared)
    fitted = _fit(context, prepared, validation, sample, deadline)
    about = _about(context, prepared, stamp, fitted.rows, validation.score, validation)
    context.judge.rest()  # all is fitted: writing a large model needs the memory
    written = ship(context, prepared, fitted, folder, about, deadline)
    for path in written:
        context.emit(ArtifactWritten(f"{FOLDER}/{path.name}", _WHAT[path.name]))
    reproduction = Reproduction(context, fitted.ensemble, folder, stamp.dataset)
    reproduction.tell(fitted.seconds, deadline - WRITE_SECONDS)
    return written


def insurance(
    context: Context,
    prepared: Prepared,
    evaluation: Evaluation,
    folder: Path,
    deadline: float,
    stamp: Stamp,
) -> list[Path]:
    """Write an early bundle of one candidate, so that there is a valid model from now on.

    It is fitted on all rows if that is quick, else on a sample; it has no gates.

    Parameters
    ----------
    context, prepared, folder, deadline, stamp
        See :func:`run`.
    evaluation : Evaluation
        A candidate with a score.

    Returns
    -------
    list of Path
        The bundle's files; empty, with a note, if the candidate could not be fitted, or an agent
        wrote it and what it makes cannot be used.
    """
    sample, everything = _sample(context, prepared), np.arange(len(prepared.table))
    cost = fit_cost(context, evaluation.solution, len(everything)) or evaluation.fit_seconds
    count = int(len(everything) * min(1.0, QUICK_SECONDS / max(cost, 1e-9)))
    rows = _some(context, everything, max(count, 2_000), "insurance")
    ensemble = Ensemble((evaluation.solution,))
    fits = _fit_members(context, ensemble, rows, sample, deadline)
    if failures := [result.failure for result in fits[0] if result.failure]:
        context.emit(Noted("info", f"no early model of {evaluation.solution.name}: {failures[0]}"))
        return []
    about = _about(context, prepared, stamp, rows, evaluation.score, None)
    fitted = _as_judged(context, ensemble, fits, rows, sample)
    try:
        return ship(context, prepared, fitted, folder, about, deadline)
    except StateError as error:
        if not ensemble.is_foreign:
            raise
        context.emit(Noted("warning", f"{evaluation.solution.name} is no model: {error.problem}"))
        return []


def _fit(
    context: Context,
    prepared: Prepared,
    validation: Validation,
    sample: np.ndarray,
    deadline: float,
) -> Fitted:
    """The ensemble fitted on all rows; where time is short, as validated, or on fewer rows."""
    ensemble, rows = validation.ensemble, np.arange(len(prepared.table))
    if validation.fitted and len(validation.fitted_rows) == len(rows):  # nothing was held back
        return _as_validated(validation, sample, context.judge.splits.holdout)
    last = deadline - write_seconds(ensemble, validation.fitted)
    left = max(0.0, last - context.budget.clock() - OVERHEAD)
    wanted = max(makespan(_costs(context, validation, len(rows)), context.jobs), 1e-9)
    reason = "there was no time to fit it on all rows"
    count = len(rows) if wanted <= left else int(CAUTION * left / wanted * len(rows))
    least = len(validation.fitted_rows) * (1.0 if context.task.time is None else LATE)
    if count > least or not validation.fitted:
        if count < len(rows):
            rows = _some(context, rows, count, "fewer")
            context.emit(Noted("warning", f"the model is fitted on {len(rows)} rows: {reason}"))
        fits = _fit_members(context, ensemble, rows, sample, last)
        failures = [result.failure for result in fits[0] if result.failure]
        if not failures:
            return _as_judged(context, ensemble, fits, rows, sample)
        reason = f"fitting it again failed ({failures[0]})"
    if not validation.fitted:
        raise BudgetError(f"the final model could not be fitted: {reason}", "allow more time")
    context.emit(Noted("warning", f"the model is shipped as it was validated: {reason}"))
    return _as_validated(validation, sample, context.judge.splits.holdout)


def _costs(context: Context, validation: Validation, rows: int) -> list[float]:
    """Seconds that fitting each member on `rows` rows is expected to take."""
    members = validation.ensemble.members
    if validation.fit_seconds:
        growth = rows / len(validation.fitted_rows)
        fitted = zip(members, validation.fit_seconds, strict=True)
        return [grown(context, member, seconds, growth) for member, seconds in fitted]
    return [fit_cost(context, member, rows) for member in members]


def _some(context: Context, rows: np.ndarray, count: int, what: str) -> np.ndarray:
    """A seeded sample of rows, in order; at least a few hundred."""
    rng = np.random.default_rng(derive(context.seed, "deployment", what))
    return np.sort(rng.choice(rows, min(len(rows), max(count, SAMPLE_ROWS)), replace=False))


def _fit_members(
    context: Context, ensemble: Ensemble, rows: np.ndarray, sample: np.ndarray, deadline: float
) -> tuple[list[FitResult], list[Path]]:
    folder = context.folder / "deployment"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{member.digest}.joblib" for member in ensemble.members]
    requests = [
        FitRequest(member, rows, sample, save=path)
        for member, path in zip(ensemble.members, paths, strict=True)
    ]
    return context.judge.fit(requests, deadline=deadline), paths


def _as_judged(
    context: Context,
    ensemble: Ensemble,
    fits: tuple[list[FitResult], list[Path]],
    rows: np.ndarray,
    sample: np.ndarray,
) -> Fitted:
    results, paths = fits
    matrices = [result.predictions for result in results if result.predictions is not None]
    expected = combined(context, ensemble, matrices)
    seconds = sum(result.fit_seconds for result in results)
    return Fitted(ensemble, paths, rows, sample, expected, seconds)


def _as_validated(validation: Validation, sample: np.ndarray, holdout: np.ndarray) -> Fitted:
    """The members as validated; compared on rows for which the judge asked them, if they must be.

    An agent's have to be; others are where nothing was held out.
    """
    ensemble, expected, seconds = validation.ensemble, None, sum(validation.fit_seconds)
    if not len(holdout) and validation.train is not None and validation.train_rows is not None:
        sample, expected = validation.train_rows[:SAMPLE_ROWS], validation.train[:SAMPLE_ROWS]
    elif ensemble.is_foreign:
        assert validation.holdout is not None
        sample, expected = holdout[:SAMPLE_ROWS], validation.holdout[:SAMPLE_ROWS]
    rows = validation.fitted_rows
    return Fitted(ensemble, validation.fitted, rows, sample, expected, seconds)


def _sample(context: Context, prepared: Prepared) -> np.ndarray:
    return _some(context, np.arange(len(prepared.table)), SAMPLE_ROWS, "sample")


def _about(
    context: Context,
    prepared: Prepared,
    stamp: Stamp,
    rows: np.ndarray,
    score: Score | None,
    validation: Validation | None,
) -> About:
    splits = context.judge.splits
    return About(
        name=stamp.name,
        created=stamp.created,
        task=context.task,
        greater_is_better=context.judge.metric.greater_is_better,
        rows=len(rows),
        trained_on=part_of(prepared.labels, rows),
        data_digest=stamp.data_digest,
        seed=context.seed,
        scheme=splits.scheme,
        holdout_rows=len(splits.holdout),
        folds=score,
        nested=validation is not None and validation.is_nested,
        baseline=validation.baseline if validation else None,
        holdout=validation.holdout_score if validation else None,
        holdout_interval=validation.holdout_interval if validation else None,
        gates=validation.gates if validation else (),
        effects=stamp.effects,
        words=stamp.words,
    )
