"""Trials in Optuna's storage: readable by Optuna, and whole again after a search that broke off."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from mle_star.agents.optimizer import NumericSearch
from mle_star.agents.trials import Trials
from mle_star.errors import StateError
from mle_star.recipes.recipe import Dimension, Real, Whole

SPACE: dict[str, Dimension] = {"rate": Real(0.01, 1.0, log=True), "depth": Whole(2, 12)}
CURRENT = {"rate": 0.1, "depth": 6}
BATCH = 4


def search(path: Path | None, batches: int, *, broken: int | None = None) -> list[object]:
    """Ask and tell some batches; in the last one tell only `broken` trials. What was asked."""
    record = Trials(path).study("step 1", greater_is_better=True) if path else None
    one = NumericSearch(SPACE, CURRENT, greater_is_better=True, seed=3, record=record)
    one.know(CURRENT, 0.5)
    asked: list[object] = []
    for batch in range(batches):
        trials = one.ask(BATCH)
        told = broken if broken is not None and batch == batches - 1 else BATCH
        for number, (trial, values) in enumerate(trials):
            asked.append(values)
            if number < told:
                failed = (batch, number) == (0, 1)
                one.tell(trial, None if failed else float(str(values["rate"])))
    return asked


def states(path: Path) -> list[TrialState]:
    study = optuna.load_study(study_name="step 1", storage=f"sqlite:///{path}")
    return [trial.state for trial in study.trials]


def test_what_is_proposed_depends_on_what_was_told_and_not_on_the_storage(tmp_path: Path) -> None:
    assert search(tmp_path / "t.sqlite3", 5) == search(None, 5)
    assert search(None, 5)[:8] == search(None, 2)


def test_optuna_reads_every_trial_with_its_value(tmp_path: Path) -> None:
    asked = search(tmp_path / "t.sqlite3", 2)

    study = optuna.load_study(study_name="step 1", storage=f"sqlite:///{tmp_path / 't.sqlite3'}")
    assert len(study.trials) == len(asked) == 8
    assert states(tmp_path / "t.sqlite3").count(TrialState.FAIL) == 1
    assert study.best_trial.value == pytest.approx(study.best_trial.params["rate"], rel=1e-3)


@pytest.mark.parametrize("broken", range(BATCH))
def test_a_search_that_broke_off_is_gone_through_again_and_leaves_nothing_running(
    broken: int, tmp_path: Path
) -> None:
    path = tmp_path / "t.sqlite3"
    first = search(path, 3, broken=broken)
    again = search(path, 4)

    assert again[: len(first)] == first
    found = states(path)
    assert TrialState.RUNNING not in found
    assert found.count(TrialState.COMPLETE) == 4 * BATCH - 1
    assert found.count(TrialState.FAIL) == 1 + (BATCH - broken)


def test_a_storage_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.sqlite3").write_bytes(b"no database at all" * 100)

    with pytest.raises(StateError, match=r"t\.sqlite3") as caught:
        search(tmp_path / "t.sqlite3", 1)
    assert "resume" in caught.value.remedy
