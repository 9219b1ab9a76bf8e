"""The model file: fitted members made one object, and that object made bytes.

What is called here loads what workers saved and runs the model: in the engine's own process for
code of recipes and of the person, in the sandbox (:mod:`mle_star.bundle.inside`) for an agent's.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from mle_star import heap
from mle_star.bundle import trust
from mle_star.errors import StateError
from mle_star.solution.build import combiner_of, register
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.ensemble import EnsembleModel

SKOPS, JOBLIB = "model.skops", "model.joblib"
Make = Callable[[], EnsembleModel]
"""Gives a fitted model anew: a forest takes hundreds of MiB, and one at a time is enough."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The fitted model as it is shipped.

    Parameters
    ----------
    name : str
        :data:`SKOPS`, which loads without running code, or :data:`JOBLIB`.
    content : bytes
        The whole file.
    why : str, default ""
        Why it is in the format that can run code.
    """

    name: str
    content: bytes
    why: str = ""

    @property
    def is_safe(self) -> bool:
        """Whether it loads without running code."""
        return self.name == SKOPS


def assembled(ensemble: Ensemble, paths: Sequence[Path], widths: Sequence[int]) -> EnsembleModel:
    """Load the members that workers saved, and combine them.

    Parameters
    ----------
    ensemble : Ensemble
        Its cells are run first: members may hold objects of classes that they define.
    paths : sequence of Path
        Where each member was saved.
    widths : sequence of int
        Columns of each output.
    """
    register(ensemble)
    members = _sharing([joblib.load(path) for path in paths])
    return EnsembleModel(members, combiner_of(ensemble), list(widths))


def _sharing(members: list[Pipeline]) -> list[Pipeline]:
    """The same, those whose fitted clean and features are equal having them in common."""
    found: dict[str, list[Any]] = {}
    return [
        Pipeline([*found.setdefault(joblib.hash(m.steps[:-1]), m.steps[:-1]), m.steps[-1]])
        for m in members
    ]


def serialized(make: Make, sample: pd.DataFrame) -> ModelFile:
    """Write a model in the skops format if that holds it and predicts the same, else as a pickle.

    Parameters
    ----------
    make : callable
        Gives the fitted model; it is gone before the written one is read again.
    sample : DataFrame
        Typed rows that it is tried on.
    """
    try:
        content, expected = _dumped(make(), sample)
        heap.trim()
        again = trust.load(content, Path(SKOPS)).predict_matrix(sample)
        if np.array_equal(again, expected):
            return ModelFile(SKOPS, content)
        why = "written in the skops format it predicts other numbers"
    except StateError as error:
        why = error.problem
    buffer = io.BytesIO()
    joblib.dump(make(), buffer, compress=3)
    return ModelFile(JOBLIB, buffer.getvalue(), why)


def _dumped(model: EnsembleModel, sample: pd.DataFrame) -> tuple[bytes, np.ndarray]:
    return trust.dump(model), model.predict_matrix(sample)
