"""The undisturbed beginning of a run, with two first solutions written at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.agents.runs import BEGINNING, FORWARD, Plan, Ran, go, prepare
from tests.agents.scripted_model import FEATURES, ModelServer, answer

CELL = "canary-cell-3f90"
"""Stands in one cell of the data."""

TREE = """\
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=hyperparameters["depth"], random_state=0)
"""
"""Too weak to be packaged early, which takes long."""

TOGETHER = Plan(without=BEGINNING, options=(*FORWARD, "--max-agents", "2"))


def two_models(form: str, question: str) -> dict[str, Any]:
    """Two techniques, and a first solution of each that takes a while to write."""
    found = answer(form, question)
    if form == "Findings":
        [finding] = found["findings"]
        found["findings"] = [finding, finding | {"name": "weak penalty"}]
    if form == "Candidate":
        time.sleep(0.4)
        found["hyperparameters"] = {"depth": 1 + ("weak penalty" in question)}
        found["cells"] = [
            {"role": "features", "source": FEATURES},
            {"role": "model", "source": TREE},
        ]
    return found


def marked(folder: Path) -> str:
    """The usual table, with a cell that nobody may be told of."""
    return (prepare(folder) / "shop.csv").read_text().replace(",x,", f",{CELL},", 1)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, ModelServer]:
    """The run, and the server that it asked."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with ModelServer(two_models) as server:
        return go(folder, server, TOGETHER, data=marked(folder)), server
