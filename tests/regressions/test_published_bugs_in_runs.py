"""Bugs of published implementations of MLE-STAR that take whole runs to show; one class a bug."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.engine.cli.conftest import Run, data, run
from tests.engine.phases.test_foundation import Run as Founding
from tests.reliability import runs

from mle_star.errors import BudgetError

__all__ = ["data", "run"]


@pytest.mark.proof
class TestKillBetweenAnyTwoEventsThenResume:
    """Same final result, no step run twice.

    CI holds this in ``tests/reliability/test_troubled.py``: killed at four kinds of event and at a
    random moment, stopped twice by a signal, starved and torn, a run ends like the undisturbed one.
    """

    def test_a_run_killed_at_random_events_ends_as_if_it_had_not_been(self, tmp_path: Path) -> None:
        whole, killed = (runs.prepare(tmp_path / name) for name in ("whole", "killed"))
        ended = runs.finish(runs.begin(whole))
        spots = sorted(random.Random(0).sample(range(2, len(runs.events(whole))), 3))

        for spot in spots:
            process = runs.go_on(killed)
            runs.until(lambda at=spot: len(runs.events(killed)) >= at)  # type: ignore[misc]
            process.kill()
            runs.finish(process)
        last = runs.finish(runs.go_on(killed))

        assert last.code == ended.code
        assert runs.result(killed) == runs.result(whole)
        assert len(runs.judged(killed)) == len(set(runs.judged(killed)))
        assert runs.left(killed, runs.GONE) == []


class TestBudgetHitsZeroInEachPhase:
    """A valid submission is still written."""

    GIVEN = ("run", "--dataset", "shop.csv", "--target", "label", "--drop", "code,shop")
    MORE = ("--time-column", "day", "--test", "shop.csv", "--output", "out", "--quiet")

    def test_with_none_left_for_foundation_the_run_says_so(self) -> None:
        with pytest.raises(BudgetError):
            Founding({"a": 0.9, "b": 0.8, "c": 0.7}, evaluations=0).go()

    @pytest.mark.slow
    def test_with_none_left_after_a_few_candidates_the_best_of_them_is_shipped(
        self, run: Run, data: Path
    ) -> None:
        ended = run(*self.GIVEN, *self.MORE, "--evaluations", "3")

        assert ended.code in (0, 4), ended.err
        self._valid(data)

    @pytest.mark.slow
    def test_with_none_left_for_deployment_the_early_model_is_shipped(
        self, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def spent(*_: Any) -> None:
            raise BudgetError("the budget ended", "allow more")

        monkeypatch.setattr("mle_star.phases.deployment.run", spent)
        ended = run(*self.GIVEN, *self.MORE, "--evaluations", "1")

        assert ended.code == 4, ended.err
        self._valid(data)

    def _valid(self, data: Path) -> None:
        predicted, given = pd.read_csv(data.parent / "out" / "predictions.csv"), pd.read_csv(data)
        assert len(predicted) == len(given)
        assert set(predicted["prediction"]) <= {"yes", "no"}
        assert predicted.notna().all(axis=None)
