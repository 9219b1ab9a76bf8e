"""Evaluations as they were, from the events of a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mle_star.events import BlockSeen, EvaluationFinished, Event
from mle_star.judge.evaluation import Evaluation, Fidelity, Score
from mle_star.solution.block import Block
from mle_star.solution.solution import Solution
from mle_star.types import Role

if TYPE_CHECKING:
    from mle_star.judge.judge import Judge


def blocks_of(events: Iterable[Event]) -> dict[str, Block]:
    """Every block that the log tells of, by its digest."""
    return {
        event.digest: Block(Role(event.role), event.source, event.recipe, event.foreign)
        for event in events
        if isinstance(event, BlockSeen)
    }


def evaluations_of(
    events: Iterable[Event], judge: Judge, blocks: Mapping[str, Block]
) -> list[Evaluation]:
    """The verdicts among some events, in order, those from the cache left out.

    Parameters
    ----------
    events : iterable of Event
        As logged.
    judge : Judge
        Of the same session: its metric and folds.
    blocks : mapping of str to Block
        See :func:`blocks_of`; an evaluation of a solution whose code is not there is left out.
    """
    known, found = dict(blocks), []
    for event in events:
        if isinstance(event, BlockSeen):
            known |= blocks_of([event])
        elif isinstance(event, EvaluationFinished):
            found.append(_evaluation(event, judge, known))
    return [evaluation for evaluation in found if evaluation is not None]


def solution_of(event: EvaluationFinished, blocks: Mapping[str, Block]) -> Solution | None:
    """The solution that an event tells of; None where its code is not there."""
    if not all(digest in blocks for digest in event.blocks.values()):
        return None
    return Solution(
        tuple(blocks[digest] for digest in event.blocks.values()),
        event.name,
        event.parent,
        Role(event.changed) if event.changed else None,
        event.origin,
    )


def _evaluation(
    event: EvaluationFinished, judge: Judge, blocks: Mapping[str, Block]
) -> Evaluation | None:
    solution = solution_of(event, blocks)
    if event.cached or solution is None:
        return None
    score = None
    if event.score is not None:
        metric = judge.metric
        score = Score(metric.name, metric.greater_is_better, tuple(event.folds), judge.test_share)
    return Evaluation(
        solution,
        Fidelity(event.sample_rows, event.sample_folds),
        score,
        event.failure,
        seconds=event.seconds,
        fit_seconds=event.fit_seconds,
        peak_mib=event.peak_mib,
    )
