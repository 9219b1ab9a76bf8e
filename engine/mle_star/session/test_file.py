"""The file given with ``--test``: predicted with the shipped model, scored if it holds the target.

It is read at the beginning, so that a wrong file is refused before the search and not after it; no
phase is handed anything of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mle_star import files
from mle_star.bundle.bundle import opened
from mle_star.bundle.predict import matrix_in
from mle_star.data.prepare import labels_in, read_features
from mle_star.data.schema import Schema
from mle_star.errors import SandboxError
from mle_star.judge.cage.cage import Cage
from mle_star.judge.metrics import Metric, ScoreError
from mle_star.toolkit.table import predictions_frame
from mle_star.types import Task

PREDICTIONS = "predictions.csv"


@dataclass(frozen=True, slots=True)
class TestFile:
    """Rows to predict at the end.

    Parameters
    ----------
    path : Path
        The file.
    table : DataFrame
        Its features, typed.
    labels : ndarray of shape (n_rows, n_outputs) or None
        Encoded targets, NaN where unknown; None if they are not all in the file.
    """

    path: Path
    table: pd.DataFrame
    labels: np.ndarray | None

    @classmethod
    def read(cls, path: Path, schema: Schema) -> TestFile:
        """Read the file as a model with this schema would.

        Raises
        ------
        DataError
            If it cannot be read, or lacks columns.
        """
        table, strings = read_features(path, schema)
        return cls(path, table, labels_in(strings, schema))

    def predict(
        self, model: Path, output: Path, task: Task, metric: Metric, cage: Cage | None
    ) -> dict[str, Any]:
        """Write the predictions of a bundle; give back the score, if there is one.

        Parameters
        ----------
        model, output : Path
            The bundle, and the file to write.
        task : Task
            What is predicted.
        metric : Metric
            How it is scored.
        cage : Cage or None
            In which a model runs that holds agent-written code.

        Returns
        -------
        dict
            ``rows``, and ``score`` where every row has a label and the metric is defined.
        """
        found = opened(model)
        if found.is_foreign:
            if cage is None:
                raise SandboxError("the model holds an agent's code, and no sandbox is at hand")
            matrix = matrix_in(cage, found, self.table)
        else:  # of our own making, a moment ago
            matrix = found.bundle(trust_code=True).model.predict_matrix(self.table)
        frame = predictions_frame(matrix, found.schema.output_specs())
        files.write_text(output, frame.to_csv(index=False))
        facts: dict[str, Any] = {"rows": len(frame), "file": str(self.path)}
        if self.labels is None or np.isnan(self.labels).any():
            return facts
        try:
            return facts | {"score": metric.score_task(task, self.labels, matrix)}
        except ScoreError as error:
            return facts | {"what": str(error)}
