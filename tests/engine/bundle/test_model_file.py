"""The model file."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pytest
from tests.engine.bundle.conftest import Case

from mle_star.bundle import trust
from mle_star.bundle.model_file import SKOPS, serialized
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.ensemble import EnsembleModel


def test_a_model_is_gone_before_what_was_written_is_read_again(
    monkeypatch: pytest.MonkeyPatch, case: Case, single: Ensemble
) -> None:
    made: list[weakref.ref[EnsembleModel]] = []
    alive: list[bool] = []
    load = trust.load

    def make() -> EnsembleModel:
        model = case.fitted(single)
        made.append(weakref.ref(model))
        return model

    def watched(content: bytes, path: Path) -> Any:
        alive.extend(one() is not None for one in made)
        return load(content, path)

    monkeypatch.setattr(trust, "load", watched)

    assert serialized(make, case.table.iloc[:50]).name == SKOPS
    assert alive == [False]
