"""What a bundle says of the run that made it: measured numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mle_star.judge.evaluation import Score
from mle_star.judge.gates import Gate
from mle_star.types import Task


@dataclass(frozen=True, slots=True)
class Words:
    """What an agent says of a model, around numbers that were measured.

    Parameters
    ----------
    summary, intended_use : str
        What it is, and what it is for.
    limits : tuple of str
        What follows from the measurements, one a line.
    """

    summary: str
    intended_use: str
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class About:
    """Facts about a run, for the manifest and the model card.

    Parameters
    ----------
    name : str
        The session's name.
    created : str
        When, as ISO 8601 text.
    task : Task
        What is predicted, and how it was judged.
    greater_is_better : bool
        The metric's direction.
    rows : int
        Rows that the shipped model was fitted on.
    data_digest : str
        Identity of the training data.
    seed : int
        Of the session.
    scheme : str
        The folds in words.
    holdout_rows : int, default 0
        Rows that no decision saw; 0 where none were held out.
    folds : Score or None, default None
        Cross-validated score.
    nested : bool, default False
        Whether it is of nested cross-validation because no rows were held out.
    baseline : Score or None, default None
        Cross-validated score of the baseline.
    holdout : float or None, default None
        Score on the holdout rows, by the model before it was refitted on all rows.
    holdout_interval : tuple of float or None, default None
        Its 95 % bootstrap interval.
    gates : tuple of Gate, default ()
        Verdicts of the validation.
    effects : tuple of (str, float), default ()
        Score lost when a block is replaced by its plainest form, by role.
    trained_on : mapping or None, default None
        Which rows the model was fitted on if not on all of the file's; see
        :func:`mle_star.bundle.standalone.part_of`.
    words : Words or None, default None
        What an agent says of it.
    """

    name: str
    created: str
    task: Task
    greater_is_better: bool
    rows: int
    data_digest: str
    seed: int
    scheme: str
    holdout_rows: int = 0
    folds: Score | None = None
    nested: bool = False
    baseline: Score | None = None
    holdout: float | None = None
    holdout_interval: tuple[float, float] | None = None
    gates: tuple[Gate, ...] = ()
    effects: tuple[tuple[str, float], ...] = ()
    trained_on: Mapping[str, str] | None = None
    words: Words | None = None
