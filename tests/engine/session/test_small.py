"""A small model: one, quick to predict, whatever an ensemble would gain."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run, data, run

from mle_star.recipes.catalogue import load
from mle_star.types import Role

__all__ = ["data", "run"]


def test_a_model_for_every_task_is_light() -> None:
    light = {name for name, recipe in load().items() if recipe.light}

    assert {"lightgbm", "xgboost", "linear", "neural_net", "constant"} <= light
    assert not {"seed_bag", "extra_trees", "random_forest", "nearest_neighbours"} & light
    assert {recipe.role for recipe in load().values() if recipe.light} == set(Role) - {
        Role.HYPERPARAMETERS,
        Role.COMBINE,
    }


@pytest.mark.proof
def test_one_model_is_shipped_though_more_would_be_better(
    run: Run, data: Path, tmp_path: Path
) -> None:
    done = run(
        "run", "--dataset", data, "--target", "label", "--evaluations", "12", "--small",
        "--output-format", "json", "--output", "out",
    )  # fmt: skip

    assert done.code in (0, 4), done.err
    assert len(done.json["members"]) == 1
    names = {entry["name"] for entry in done.json["leaderboard"]}
    assert not any(
        name.startswith(("average of", "extra_trees", "random_forest")) for name in names
    )
    assert "seed_bag" not in (tmp_path / "out" / "solution.py").read_text()
