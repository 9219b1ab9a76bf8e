"""A run that holds no rows out: what it says of itself, from the shell to the bundle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cli.background import Place, end
from tests.engine.cli.conftest import Ran, write_data

OPTIONS = (
    "--dataset", "shop.csv", "--target", "label", "--drop", "code,shop,day", "--jobs", "1",
    "--evaluations", "3", "--refinement-iterations", "0", "--memory", "none", "--no-hooks",
)  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """A finished run in ``out``, of a table of 240 rows, with a test file of 60."""

    place: Place
    ran: Ran

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        return found

    @property
    def folder(self) -> Path:
        return self.place.folder / "out"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    place = Place(tmp_path_factory.mktemp("none held"))
    write_data(place.folder / "test.csv", 60)
    none = ("--holdout", "0", "--test", "test.csv", "--output", "out")
    return Whole(place, end(place.begin("run", *OPTIONS, *none)))


@pytest.mark.slow
def test_everything_says_that_no_rows_were_held_out(whole: Whole) -> None:
    result = whole.result
    card = (whole.folder / "model" / "model_card.md").read_text()

    assert whole.ran.code in (0, 4), whole.ran.err
    assert (result["splits"]["search"], result["splits"]["holdout"]) == (240, 0)
    assert result["settings"]["holdout"] == 0.0
    assert "holdout" not in result
    assert result["cross_validation"]["nested"]
    assert "nested cross-validation" in result["none_held_out"]
    for text in (whole.ran.out, card, (whole.folder / "summary.md").read_text()):
        words = " ".join(text.split())
        assert "No rows were held out" in words
        assert "nested cross-validation" in words
    assert "none held out" in whole.ran.err + whole.ran.out


@pytest.mark.slow
def test_no_gate_of_the_holdout_passes_and_the_exit_status_is_that_of_the_others(
    whole: Whole,
) -> None:
    verdicts = {gate["gate"]: gate["verdict"] for gate in whole.result["gates"]}

    of_holdout = {verdict for name, verdict in verdicts.items() if "holdout" in name}
    assert of_holdout == {"skipped"}
    assert whole.ran.code == (4 if "fail" in verdicts.values() else 0)


@pytest.mark.slow
def test_a_test_file_is_scored_all_the_same(whole: Whole) -> None:
    assert whole.result["test"]["rows"] == 60
    assert whole.result["test"]["score"] > 0.5
    assert len((whole.folder / "predictions.csv").read_text().splitlines()) == 61


@pytest.mark.proof
def test_by_hand_too_the_gates_rest_on_nested_cross_validation(whole: Whole) -> None:
    done = whole.place.called("validate", "out", "--json")

    assert done.code in (0, 4), done.err
    assert done.json["holdout"] is None
    assert done.json["looks"] == 0
    skipped = [gate for gate in done.json["gates"] if gate["verdict"] == "skipped"]
    assert {"--holdout 0" in gate["explanation"] for gate in skipped} == {True}


@pytest.mark.proof
def test_the_same_seed_gives_the_same_result(whole: Whole) -> None:
    again = end(whole.place.begin("run", *OPTIONS, "--holdout", "0", "--output", "again"))

    assert again.code == whole.ran.code
    found = json.loads((whole.place.folder / "again" / "result.json").read_text())
    for key in ("cross_validation", "members", "folds"):
        assert found[key] == whole.result[key]
    codes = [(whole.place.folder / name / "solution.py").read_text() for name in ("out", "again")]
    assert codes[0] == codes[1]


@pytest.mark.proof
def test_a_run_that_goes_on_from_it_says_why_the_models_were_not_compared(whole: Whole) -> None:
    warm = end(whole.place.begin("run", "--warm", "out", "--memory", "none", "--output", "warm"))

    assert warm.code in (0, 4), warm.err
    found = json.loads((whole.place.folder / "warm" / "result.json").read_text())
    assert found["splits"]["holdout"] == 0  # as the session before it
    assert "no rows were held out" in found["gain"]["what"]


@pytest.mark.proof
def test_a_small_model_is_scored_by_nested_cross_validation(whole: Whole) -> None:
    small = ("--small", "--holdout", "0", "--output", "small")
    assert end(whole.place.begin("run", *OPTIONS, *small)).code in (0, 4)

    found = json.loads((whole.place.folder / "small" / "result.json").read_text())
    assert found["cross_validation"]["nested"]
    best = found["leaderboard"][0]["score"]
    assert found["cross_validation"]["score"] <= best + 1e-12
