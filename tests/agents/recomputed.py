"""Scores worked out anew, with scikit-learn's own metric and nothing of the judge but its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from mle_star.data.prepare import DataRequest, Prepared, prepare
from mle_star.judge.evaluation import Splits
from mle_star.judge.splits import make_splits

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Recomputed:
    """A run whose scores are worked out anew; its target is binary, its metric roc_auc.

    Parameters
    ----------
    request : DataRequest
        What the run was asked of its data.
    events : sequence of mapping
        Its log.
    seed : int, default 0
        Its seed.
    """

    request: DataRequest
    events: Sequence[Event]
    seed: int = 0

    def folds(self, *members: str, weights: Sequence[float] = (1.0,)) -> list[float]:
        """Score of each fold of a candidate, or of a weighted mean of several, by digest."""
        matrix = sum(w * self._out_of_fold(m) for w, m in zip(weights, members, strict=True))
        truth = self._prepared.labels[:, 0]
        return [
            float(roc_auc_score(truth[fold.score], np.asarray(matrix)[number, fold.score]))
            for number, fold in enumerate(self._splits.folds)
        ]

    def sources(self, digest: str) -> dict[str, str]:
        """The cells of a candidate by role."""
        blocks = {event["digest"]: event for event in self._of("block_seen")}
        judged = (e for e in self._of("evaluation_finished") if not e["failure"])
        found = next(e for e in judged if e["digest"] == digest)
        return {role: blocks[block]["source"] for role, block in found["blocks"].items()}

    def _out_of_fold(self, digest: str) -> np.ndarray:
        """Probabilities of the second class, a row a fold; NaN where a row is not scored."""
        cells: dict[str, Any] = {}
        for source in self.sources(digest).values():
            exec(source, cells)
        truth, folds = self._prepared.labels[:, 0], self._splits.folds
        found = np.full((len(folds), len(truth)), np.nan)
        for number, fold in enumerate(folds):
            known, asked = (self._prepared.table.iloc[rows] for rows in (fold.train, fold.score))
            with threadpool_limits(1):  # as in the workers; many threads on few cores take long
                fitted = self._pipeline(cells).fit(known, truth[fold.train])
                found[number, fold.score] = fitted.predict_proba(asked)[:, 1]
        return found

    def _pipeline(self, cells: Mapping[str, Any]) -> Any:
        columns = dict(self._prepared.columns)
        steps = [cells[role](columns) for role in ("clean", "features") if role in cells]
        estimator = cells["model"](columns, dict(cells.get("HYPERPARAMETERS", {})))
        for role in ("train", "post"):
            estimator = cells[role](estimator) if role in cells else estimator
        return make_pipeline(*steps, estimator)

    @cached_property
    def _prepared(self) -> Prepared:
        return prepare(self.request)

    @cached_property
    def _splits(self) -> Splits:
        data = self._prepared
        return make_splits(data.task, data.labels, data.groups, data.times, seed=self.seed)

    def _of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]
