from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.engine.phases.session_of import Scene, scene

from mle_star.bundle.bundle import load
from mle_star.errors import BudgetError
from mle_star.events import ArtifactWritten, Noted
from mle_star.judge.evaluation import FitRequest
from mle_star.judge.gates import Gate
from mle_star.phases import deployment
from mle_star.phases.validation import Validation


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("deployment")) as found:
        yield found


@pytest.fixture
def validated(stage: Scene) -> Validation:
    assert stage.best.score is not None
    gate = Gate("latency", "pass", "1 ms", "< 100 ms", "Fast.")
    return Validation(stage.pair, stage.best.score, holdout_score=0.77, gates=(gate,))


def test_the_bundle_predicts_what_a_fit_on_all_rows_does_and_so_does_its_code(
    stage: Scene, validated: Validation, tmp_path: Path
) -> None:
    paths = deployment.run(
        stage.context, stage.prepared, validated, tmp_path / "model", math.inf, stage.stamp
    )

    everything = np.arange(len(stage.prepared.table))
    requests = [FitRequest(member, everything, everything) for member in stage.pair.members]
    first, second = (r.predictions for r in stage.context.judge.fit(requests))
    assert first is not None
    assert second is not None
    served = load(tmp_path / "model").predict_matrix(stage.stamp.dataset)
    np.testing.assert_allclose(served, 0.75 * first + 0.25 * second, atol=1e-9)
    assert all(path.is_file() for path in paths)
    written = {event.path for event in stage.of(ArtifactWritten)}
    assert {"model/solution.py", "model/manifest.json"} <= written
    (note,) = [e for e in stage.of(Noted) if "solution.py" in e.message]
    assert note.level == "info"
    assert "fitted again is within" in note.message


def test_the_manifest_holds_the_scores_and_the_rows(
    stage: Scene, validated: Validation, tmp_path: Path
) -> None:
    soon = stage.context.budget.clock() + 30
    deployment.run(stage.context, stage.prepared, validated, tmp_path / "m", soon, stage.stamp)

    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["scores"]["holdout"] == 0.77
    assert manifest["training_rows"] == 600
    assert manifest["members"] == ["linear", "plain tree"]


def test_without_time_to_fit_again_the_validated_members_are_shipped(
    stage: Scene, validated: Validation, tmp_path: Path
) -> None:
    search = stage.context.judge.splits.search
    paths = [tmp_path / f"{member.digest}.joblib" for member in stage.pair.members]
    requests = [
        FitRequest(member, search, search[:5], save=path)
        for member, path in zip(stage.pair.members, paths, strict=True)
    ]
    assert not any(result.failure for result in stage.context.judge.fit(requests))
    short = replace(
        validated, fitted=tuple(paths), fitted_rows=search, fit_seconds=(1000.0, 1000.0)
    )

    now = stage.context.budget.clock()
    deployment.run(stage.context, stage.prepared, short, tmp_path / "m", now + 5, stage.stamp)

    bundle = load(tmp_path / "m")
    assert bundle.manifest["training_rows"] == len(search)
    data, output = str(stage.stamp.dataset), str(tmp_path / "out.csv")
    command = [sys.executable, str(tmp_path / "m" / "solution.py"), "--train", data]
    subprocess.run([*command, "--predict", data, "--output", output], check=True)
    again, served = pd.read_csv(output), bundle.predict(stage.stamp.dataset)
    np.testing.assert_allclose(again["probability_yes"], served["probability_yes"], atol=1e-9)
    assert any("shipped as it was validated" in e.message for e in stage.of(Noted))


def test_too_many_rows_for_the_time_left_are_thinned(
    stage: Scene, validated: Validation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment, "fit_cost", lambda *_: 30.0)

    now = stage.context.budget.clock()
    deployment.run(stage.context, stage.prepared, validated, tmp_path / "m", now + 8, stage.stamp)

    assert load(tmp_path / "m").manifest["training_rows"] == 500
    assert "has seen a part of them" in (tmp_path / "m" / "model_card.md").read_text()


def _as_planned(stage: Scene, validated: Validation, folder: Path, seen: float) -> int:
    """Rows that the shipped model saw; fits on all take twice the time there is."""
    rows = len(stage.prepared.table)
    seconds = 10.0 * seen
    short = replace(
        validated,
        fitted=(stage.stamp.dataset,) * len(stage.pair.members),  # of some size; not shipped
        fitted_rows=np.arange(int(seen * rows)),
        fit_seconds=(seconds, seconds),
    )

    now = stage.context.budget.clock()
    deployment.run(stage.context, stage.prepared, short, folder, now + 9, stage.stamp)

    return int(load(folder).manifest["training_rows"])


def test_what_was_validated_on_few_rows_is_fitted_on_as_many_as_there_is_time_for(
    stage: Scene, validated: Validation, tmp_path: Path
) -> None:
    rows = len(stage.prepared.table)

    assert 0.2 * rows < _as_planned(stage, validated, tmp_path / "m", 0.2) < rows


def test_fewer_rows_with_the_latest_are_better_than_more_without(
    stage: Scene, validated: Validation, tmp_path: Path
) -> None:
    rows = len(stage.prepared.table)
    ordered = replace(stage.context.task, time="Size")
    later = replace(stage, context=replace(stage.context, task=ordered))

    assert 0.5 * rows < _as_planned(later, validated, tmp_path / "m", 0.9) < 0.9 * rows


def test_with_nothing_fitted_and_no_time_it_says_so_and_leaves_the_early_model(
    stage: Scene, validated: Validation, tmp_path: Path
) -> None:
    deployment.insurance(
        stage.context, stage.prepared, stage.best, tmp_path / "m", math.inf, stage.stamp
    )

    with pytest.raises(BudgetError, match="could not be fitted"):
        deployment.run(stage.context, stage.prepared, validated, tmp_path / "m", 0.0, stage.stamp)

    assert load(tmp_path / "m").manifest["members"] == ["linear"]
    assert load(tmp_path / "m").manifest["scores"]["holdout"] is None


def test_an_early_model_that_cannot_be_fitted_is_only_noted(tmp_path: Path) -> None:
    with scene(tmp_path) as new:  # nothing of it was fitted before, for that would be taken
        written = deployment.insurance(
            new.context, new.prepared, new.baseline, tmp_path / "m", 0.0, new.stamp
        )

    assert written == []
    assert not (tmp_path / "m").exists()
