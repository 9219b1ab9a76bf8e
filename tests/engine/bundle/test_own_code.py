"""Bundles whose cells define classes of their own, and what a sandbox may hand out for one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tests.engine.bundle.conftest import Case

from mle_star import files
from mle_star.bundle.about import About
from mle_star.bundle.blocks import from_json, to_json
from mle_star.bundle.bundle import digest_of, load
from mle_star.bundle.caged import Caged
from mle_star.bundle.predict import predict_file
from mle_star.bundle.writing import write, write_caged
from mle_star.errors import StateError
from mle_star.judge.cage.cage import Cage
from mle_star.judge.cage.process import CageError
from mle_star.solution.solution import Ensemble, parse
from mle_star.toolkit.ensemble import EnsembleModel

OWN = """
# %% role: features
from sklearn.base import BaseEstimator, TransformerMixin

class Size(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X[["size"]].fillna(0.0).to_numpy()

def features(columns):
    return Size()

# %% role: model
from sklearn.linear_model import LogisticRegression

def model(columns, hyperparameters):
    return LogisticRegression()
"""
ROWS = 20


@pytest.fixture
def own() -> Ensemble:
    return Ensemble((parse(OWN, name="own"),))


@pytest.fixture
def agents(own: Ensemble) -> Ensemble:
    (member,) = own.members
    blocks = tuple(replace(block, foreign=True) for block in member.blocks)
    return Ensemble((replace(member, blocks=blocks),))


@pytest.fixture
def bundle(case: Case, own: Ensemble, about: About, tmp_path: Path) -> Path:
    sample = case.table.iloc[:ROWS]
    write(tmp_path / "m", lambda: case.fitted(own), own, case.schema, about, sample)
    return tmp_path / "m"


@dataclass(frozen=True)
class Told:
    """A sandbox in which somebody else decides what is written and said."""

    does: Callable[[str, dict[str, Any]], Any]
    name: str = "told"

    def call(self, function: str, arguments: dict[str, Any], **_: Any) -> Any:
        return self.does(function.rpartition(":")[2], arguments)


def caged(does: Callable[[str, dict[str, Any]], Any], tmp_path: Path) -> Caged:
    return Caged(cast("Cage", Told(does)), 10.0, 100.0, tmp_path)


def test_a_model_with_a_class_of_its_cells_carries_them(bundle: Path, own: Ensemble) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())

    assert from_json(json.loads((bundle / "blocks.json").read_text())) == own
    assert {"model.joblib", "blocks.json"} <= set(manifest["files"])
    assert "types that are not known: mle_star_solution_" in manifest["why"]
    assert manifest["agent_written"] == []
    assert load(bundle, trust_code=True).model.members[0].named_steps["features"] is not None


def test_a_persons_own_code_is_not_sent_to_a_sandbox(
    bundle: Path, case: Case, tmp_path: Path
) -> None:
    def none() -> Cage:
        raise AssertionError("asked for a sandbox")

    with pytest.raises(StateError, match="can run code"):
        predict_file(bundle, case.new, tmp_path / "out.csv", find_cage=none)


@pytest.mark.parametrize("content", [b"{}", b'{"members": [{}], "combine": null}', b"[]"])
def test_cells_that_are_none_are_refused(bundle: Path, content: bytes) -> None:
    (bundle / "blocks.json").write_bytes(content)
    rehash(bundle, "blocks.json")

    with pytest.raises(StateError, match=r"blocks\.json cannot be read"):
        load(bundle, trust_code=True)


def test_a_model_that_cannot_be_unpickled_is_told_of_in_one_line(bundle: Path) -> None:
    (bundle / "model.joblib").write_bytes(b"none")
    rehash(bundle, "model.joblib")

    with pytest.raises(StateError, match=r"model\.joblib cannot be loaded"):
        load(bundle, trust_code=True)


def test_blocks_come_back_as_they_were(agents: Ensemble, pair: Ensemble) -> None:
    for ensemble in (agents, pair):
        back = from_json(json.loads(files.to_json(to_json(ensemble))))
        assert [m.blocks for m in back.members] == [m.blocks for m in ensemble.members]
        assert back.combine == ensemble.combine
        assert back.is_foreign == ensemble.is_foreign


def link(out: Path) -> None:
    out.symlink_to("/etc/passwd")


def pipe(out: Path) -> None:
    os.mkfifo(out)


def endless(out: Path) -> None:
    with out.open("wb") as file:
        file.truncate(2**40)


@pytest.mark.parametrize("leave", [link, pipe, endless])
def test_what_a_sandbox_leaves_as_a_model_must_be_a_file(
    leave: Callable[[Path], None], case: Case, agents: Ensemble, tmp_path: Path
) -> None:
    def does(function: str, given: dict[str, Any]) -> Any:
        leave(Path(given["folder"]) / "model.joblib")
        return {"name": "model.joblib"}

    with pytest.raises(StateError, match="no file that can be used"):
        caged(does, tmp_path).pack([], agents, [2], case.table)


@pytest.mark.parametrize("said", [None, [], {}, {"name": "../../x"}, {"name": "manifest.json"}])
def test_a_sandbox_that_names_no_model_file_is_refused(
    said: Any, case: Case, agents: Ensemble, tmp_path: Path
) -> None:
    with pytest.raises(StateError, match="made no model file"):
        caged(lambda *_: said, tmp_path).pack([], agents, [2], case.table)


@pytest.mark.parametrize(
    "said", [None, [1.0], ["x", 1], [0, 0], [-1, 1], [1, float("nan")], [1, 99]]
)
def test_times_that_cannot_be_are_refused(
    said: Any, case: Case, agents: Ensemble, tmp_path: Path
) -> None:
    with pytest.raises(StateError, match="the sandbox gave"):
        caged(lambda *_: said, tmp_path).latencies([], agents, [2], case.table)


def ship(
    matrix: np.ndarray, content: bytes, case: Case, ensemble: Ensemble, about: About, folder: Path
) -> None:
    """What becomes of a model file and of predictions that a sandbox hands out."""

    def does(function: str, given: dict[str, Any]) -> Any:
        if function == "pack":
            (Path(given["folder"]) / "model.skops").write_bytes(content)
            return {"name": "model.skops", "why": ""}
        Path(given["output"]).write_bytes(matrix.tobytes())
        return None

    sample, expected = case.table.iloc[:ROWS], np.full((ROWS, 2), 0.5)
    inside = caged(does, folder.parent)
    write_caged(folder, [], ensemble, case.schema, about, sample, expected, inside)


SAFE = skops.io.dumps(EnsembleModel([], None, [2]))


def test_what_predicts_as_judged_is_shipped(
    case: Case, agents: Ensemble, about: About, tmp_path: Path
) -> None:
    ship(np.full((ROWS, 2), 0.5), SAFE, case, agents, about, tmp_path / "m")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]
    assert "loads without running any" in (tmp_path / "m" / "model_card.md").read_text()


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (np.full((ROWS, 2), 0.4), "something else"),
        (np.full((ROWS, 2), np.nan), "something else"),
        (np.full((ROWS, 1), 0.5), "another number of predictions"),
        (np.full((ROWS, 3), 0.5), "no file that can be used"),
    ],
)
def test_what_does_not_predict_as_judged_is_not_shipped(
    matrix: np.ndarray, reason: str, case: Case, agents: Ensemble, about: About, tmp_path: Path
) -> None:
    with pytest.raises(StateError, match=reason):
        ship(matrix, SAFE, case, agents, about, tmp_path / "m")

    assert list(tmp_path.iterdir()) == []


def test_a_safe_format_is_believed_only_after_a_look(
    case: Case, agents: Ensemble, about: About, tmp_path: Path
) -> None:
    pipeline = make_pipeline(FunctionTransformer(os.system))
    content = skops.io.dumps(EnsembleModel([pipeline], None, [2]))

    with pytest.raises(StateError, match="may run code"):
        ship(np.full((ROWS, 2), 0.5), content, case, agents, about, tmp_path / "m")


def test_a_failure_in_the_sandbox_is_told_in_one_line(
    case: Case, agents: Ensemble, tmp_path: Path
) -> None:
    def does(*_: Any) -> Any:
        raise CageError("ValueError: a\n\x1b[31mb" + "c" * 5000)

    with pytest.raises(StateError, match="in the sandbox that failed: ValueError: a") as caught:
        caged(does, tmp_path).pack([], agents, [2], case.table)

    assert len(str(caught.value)) < 500
    assert caught.value.problem.isprintable()


def rehash(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = files.sha256(folder / name)
    manifest["digest"] = digest_of(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
