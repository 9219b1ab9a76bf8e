from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tests.engine.bundle.conftest import COMBINE, Case

from mle_star import files
from mle_star.bundle import trust
from mle_star.bundle.about import About
from mle_star.bundle.bundle import FOLDER, digest_of, load
from mle_star.bundle.model_file import assembled
from mle_star.bundle.writing import write
from mle_star.errors import DataError, StateError
from mle_star.solution.block import checked
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.ensemble import EnsembleModel
from mle_star.types import Role


@pytest.fixture(scope="module")
def made(
    case: Case, pair: Ensemble, about: About, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("run") / FOLDER
    write(folder, lambda: case.fitted(pair), pair, case.schema, about, case.table.iloc[:50])
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def rehash(folder: Path, name: str) -> None:
    """What somebody would do who changes a file on purpose."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = files.sha256(folder / name)
    rewrite(folder, manifest)


def rewrite(folder: Path, manifest: dict[str, object]) -> None:
    manifest["digest"] = digest_of(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def replace_model(folder: Path, content: bytes) -> None:
    (folder / "model.skops").write_bytes(content)
    rehash(folder, "model.skops")


class Foreign(BaseEstimator):
    def predict_matrix(self, X: object) -> np.ndarray:
        return np.zeros((2, 2))


class RunsCode:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran-code",)


def test_a_loaded_bundle_predicts_what_was_fitted_bit_for_bit(
    made: Path, case: Case, pair: Ensemble
) -> None:
    found = load(made).model.predict_matrix(case.table)

    assert np.array_equal(found, case.fitted(pair).predict_matrix(case.table))


def test_members_with_equal_features_have_them_in_common(
    case: Case, pair: Ensemble, tmp_path: Path
) -> None:
    linear, other = case.fitted(pair).members
    paths = [tmp_path / name for name in "abc"]
    for path, member in zip(paths, (linear, other, linear), strict=True):
        joblib.dump(member, path)
    three = COMBINE.replace("0.75", "0.5, 0.25")
    ensemble = Ensemble((*pair.members, pair.members[0]), checked(Role.COMBINE, three))

    model = assembled(ensemble, paths, [2])

    first, second, third = (member.steps for member in model.members)
    assert first[0][1] is third[0][1]
    assert first[1][1] is third[1][1]
    assert first[-1][1] is not third[-1][1]
    assert first[1][1] is not second[1][1]
    halves = (member.predict_proba(case.table) for member in (linear, other))
    assert np.allclose(model.predict_matrix(case.table), sum(0.5 * half for half in halves))
    shared = trust.load(trust.dump(model), Path("model.skops")).members
    assert shared[0].steps[1][1] is shared[2].steps[1][1]


def test_it_holds_everything_and_the_manifest_hashes_it(made: Path) -> None:
    manifest = json.loads((made / "manifest.json").read_text())

    assert sorted(manifest["files"]) == sorted(
        path.name for path in made.iterdir() if path.name != "manifest.json"
    )
    assert {"model.skops", "solution.py", "schema.json", "requirements.txt", "model_card.md"} == (
        set(manifest["files"])
    )
    assert manifest["scores"]["holdout"] == 0.79
    assert manifest["training_rows"] == 295
    assert manifest["trust"] == "none"
    assert all(files.sha256(made / n) == digest for n, digest in manifest["files"].items())
    assert (
        f"scikit-learn=={manifest['packages']['scikit-learn']}"
        in (made / "requirements.txt").read_text()
    )


def test_the_output_folder_of_a_run_will_do(made: Path, case: Case) -> None:
    assert load(made.parent).folder == made


def test_files_and_tables_predict_alike_whatever_the_order_of_columns(
    made: Path, case: Case
) -> None:
    bundle = load(made)
    table = pd.read_csv(case.new)[["Seen", "City", "Size (m²)"]].assign(more=1)

    from_file, from_table = bundle.predict(case.new), bundle.predict(table)

    assert list(from_file.columns) == ["prediction", "probability_no", "probability_yes"]
    pd.testing.assert_frame_equal(from_file, from_table)


def test_values_never_seen_are_predicted(made: Path, case: Case) -> None:
    table = pd.read_csv(case.new).assign(City="Atlantis", Seen=None)

    assert load(made).predict(table)["probability_yes"].between(0, 1).all()


def test_a_missing_column_is_named_with_what_is_there_instead(made: Path, case: Case) -> None:
    with pytest.raises(DataError, match=r"'City' \(there is 'city'\)"):
        load(made).predict(pd.read_csv(case.new).rename(columns={"City": "city"}))


def test_writing_again_replaces_the_bundle_and_leaves_nothing_else(
    copy: Path, case: Case, single: Ensemble, about: About
) -> None:
    write(copy, lambda: case.fitted(single), single, case.schema, about, case.table.iloc[:50])

    assert len(load(copy).model.members) == 1
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_a_bundle_that_predicts_something_else_never_takes_its_place(
    copy: Path, case: Case, single: Ensemble, about: About
) -> None:
    wrong = np.zeros((50, 2))

    with pytest.raises(StateError, match="predicts something else"):
        write(copy, lambda: case.fitted(single), single, case.schema, about, case.table[:50], wrong)

    assert len(load(copy).model.members) == 2


@pytest.mark.parametrize(
    "name", ["model.skops", "solution.py", "schema.json", "requirements.txt", "model_card.md"]
)
def test_every_flipped_bit_is_found(copy: Path, name: str) -> None:
    path = copy / name
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 20):
        changed = bytearray(content)
        changed[place] ^= 1 << int(place % 8)
        path.write_bytes(bytes(changed))

        with pytest.raises(StateError, match=f"{name} is not the file"):
            load(copy)


def test_a_flipped_bit_in_the_manifest_is_found(copy: Path) -> None:
    path = copy / "manifest.json"
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 30):
        changed = bytearray(content)
        changed[place] ^= 1
        if not content[place : place + 1].isspace():
            path.write_bytes(bytes(changed))

            with pytest.raises(StateError):
                load(copy)


def test_a_truncated_model_is_refused_even_with_its_hash_made_right(copy: Path) -> None:
    content = (copy / "model.skops").read_bytes()
    for share in np.linspace(0, 0.99, 20):
        replace_model(copy, content[: int(share * len(content))])

        with pytest.raises(StateError, match=r"model\.skops"):
            load(copy)


@pytest.mark.parametrize("name", ["../model.skops", "a/b", "/etc/passwd", "..\\x", ""])
def test_a_manifest_cannot_point_outside(copy: Path, name: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"][name] = "0" * 64
    rewrite(copy, manifest)

    with pytest.raises(StateError, match="outside its folder"):
        load(copy)


def test_a_link_is_not_followed(copy: Path, tmp_path: Path) -> None:
    (copy / "model.skops").rename(tmp_path / "elsewhere")
    (copy / "model.skops").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError, match="is a link"):
        load(copy)


def test_a_foreign_type_is_refused_by_name(copy: Path) -> None:
    replace_model(copy, skops.io.dumps(Foreign()))

    with pytest.raises(StateError, match="Foreign"):
        load(copy)


@pytest.mark.parametrize("function", [os.system, eval, pd.read_pickle, np.load])
def test_a_function_is_refused_whatever_library_it_is_of(copy: Path, function: object) -> None:
    pipeline = make_pipeline(FunctionTransformer(function))
    replace_model(copy, skops.io.dumps(EnsembleModel([pipeline], None, [2])))

    with pytest.raises(StateError, match="may run code"):
        load(copy)


def test_a_call_hidden_in_a_type_runs_nothing(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    described = {
        "__class__": "mkdir",
        "__module__": "os",
        "__loader__": "ConstructorFromReduceNode",
        "content": {
            "__class__": "tuple",
            "__module__": "builtins",
            "__loader__": "TupleNode",
            "content": [
                {
                    "__class__": "str",
                    "__module__": "builtins",
                    "__loader__": "JsonNode",
                    "content": '"ran-code"',
                    "is_json": True,
                }
            ],
        },
        "protocol": 2,
        "_skops_version": "0.13",
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("schema.json", json.dumps(described))
    replace_model(copy, archive.getvalue())

    with pytest.raises(StateError):
        load(copy)

    assert not Path("ran-code").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(copy: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("schema.json", b"0" * (100 << 20))
    replace_model(copy, archive.getvalue())

    with pytest.raises(StateError, match="would unpack to 100 MiB"):
        load(copy)


def test_pickles_are_never_read_without_trust(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["files"]["model.skops"]
    (copy / "model.joblib").write_bytes(pickle.dumps(RunsCode()))
    manifest["files"]["model.joblib"] = files.sha256(copy / "model.joblib")
    rewrite(copy, manifest)

    with pytest.raises(StateError, match="can run code"):
        load(copy)

    assert not Path("ran-code").exists()


def test_what_the_safe_format_cannot_hold_is_saved_for_those_who_trust_it(
    tmp_path: Path, case: Case, single: Ensemble, about: About
) -> None:
    model = case.fitted(single)
    model.members[0].note_ = pd.Index(["a", "b"])

    write(tmp_path / "m", lambda: model, single, case.schema, about, case.table.iloc[:50])

    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["trust"] == "required"
    assert "skops format cannot hold" in manifest["why"]
    with pytest.raises(StateError, match="trust_code=True"):
        load(tmp_path / "m")
    found = load(tmp_path / "m", trust_code=True).model.predict_matrix(case.table)
    assert np.array_equal(found, model.predict_matrix(case.table))
    assert "refuses it" in (tmp_path / "m" / "model_card.md").read_text()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99, "files": {}}'])
def test_a_manifest_that_is_none_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)

    with pytest.raises(StateError):
        load(copy)


def test_a_folder_without_a_model_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="output folder of a finished run"):
        load(tmp_path)


def test_functions_and_test_helpers_of_allowed_libraries_are_not_allowed() -> None:
    types = [
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.utils._testing.create_memmap_backed_data",
        "sklearn.datasets._base.load_files",
        "mle_star.toolkit.main.run_script",
        "numpy.testing._private.utils.runstring",
        "mle_star.toolkit.ensemble.EnsembleModel",
    ]

    assert trust.untrusted(types) == types[1:5]
