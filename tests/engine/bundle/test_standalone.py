from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.engine.bundle.conftest import Case, recipe_solution

from mle_star.bundle.standalone import standalone
from mle_star.solution.block import checked
from mle_star.solution.build import cells_of
from mle_star.solution.solution import Ensemble, parse
from mle_star.toolkit.main import run_script, training_rows
from mle_star.toolkit.pipeline import assemble
from mle_star.toolkit.table import predictions_frame, read_strings, typed_table
from mle_star.types import Role

BLOCKER = """
import runpy, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0].startswith("mle_star"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_alone(text: str, case: Case, folder: Path) -> pd.DataFrame:
    (folder / "solution.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", BLOCKER, "solution.py"]
    options = ["--train", str(case.train), "--predict", str(case.new), "--output", "out.csv"]
    subprocess.run([*command, *options], cwd=folder, check=True)
    return pd.read_csv(folder / "out.csv")


def expected(case: Case, ensemble: Ensemble) -> pd.DataFrame:
    rows = typed_table(read_strings(case.new, case.schema.dialect), case.schema.feature_specs())
    matrix = case.fitted(ensemble).predict_matrix(rows)
    return predictions_frame(matrix, case.schema.output_specs())


@pytest.mark.parametrize("which", ["single", "pair"])
def test_it_gives_the_model_s_predictions_without_mle_star(
    which: str, case: Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    ensemble: Ensemble = request.getfixturevalue(which)

    found = run_alone(standalone(ensemble, case.schema), case, tmp_path)

    wanted = expected(case, ensemble)
    assert list(found.columns) == ["prediction", "probability_no", "probability_yes"]
    assert found["prediction"].tolist() == wanted["prediction"].tolist()
    np.testing.assert_allclose(found["probability_yes"], wanted["probability_yes"], atol=1e-9)


def test_files_may_be_gzipped_or_not(case: Case, tmp_path: Path) -> None:
    zipped = tmp_path / "new.csv.gz"
    zipped.write_bytes(gzip.compress(case.new.read_bytes()))
    settings = {
        "dialect": case.schema.dialect,
        "specs": case.schema.feature_specs(),
        "outputs": case.schema.output_specs(),
        "time": [],
        "columns": case.schema.columns,
    }

    for number, path in enumerate([case.new, zipped]):
        arguments = ["--train", str(case.train), "--predict", str(path)]
        run_script([_plain], None, settings, [*arguments, "--output", str(tmp_path / f"{number}")])

    assert (tmp_path / "0").read_text() == (tmp_path / "1").read_text()


def _plain(columns: dict[str, object]) -> object:
    return assemble(cells_of(recipe_solution("ordinal", "plain_tree")), columns)


def test_one_solution_is_read_back_role_by_role(case: Case, single: Ensemble) -> None:
    found = parse(standalone(single, case.schema))

    solution = single.members[0]
    assert [b.role for b in found.blocks] == [b.role for b in solution.blocks]
    for mine, original in zip(found.blocks, solution.blocks, strict=True):
        assert mine.recipe == original.recipe
        assert "mle_star" not in mine.source
        kept = [line for line in original.source.splitlines() if "mle_star" not in line]
        assert [x for x in mine.source.splitlines() if x] == [x for x in kept if x]


def test_only_the_toolkit_that_is_used_is_in_the_file(case: Case, single: Ensemble) -> None:
    text = standalone(single, case.schema)

    assert "# %% toolkit: native" in text
    assert "# %% toolkit: design" not in text
    assert "import mle_star" not in text
    assert "from mle_star" not in text
    assert text.count("from __future__") == 1


def test_a_cell_that_defines_a_toolkit_s_own_name_cannot_break_it(
    case: Case, single: Ensemble, tmp_path: Path
) -> None:
    model = single.members[0].block(Role.MODEL)
    assert model is not None
    source = f"def predict_matrix(*_):\n    raise RuntimeError\n\n\n{model.source}"
    clashing = Ensemble((single.members[0].with_block(checked(Role.MODEL, source)),))

    found = run_alone(standalone(clashing, case.schema), case, tmp_path)

    wanted = expected(case, single)
    np.testing.assert_allclose(found["probability_yes"], wanted["probability_yes"], atol=1e-9)


def test_names_of_members_and_targets_cannot_leave_their_line(case: Case) -> None:
    solution = recipe_solution("ordinal", "plain_tree")
    hostile = Ensemble((solution.without(Role.CLEAN, name='"""\nimport os  # \\'),))

    compile(standalone(hostile, case.schema), "solution.py", "exec")


def test_training_rows_are_put_in_time_order() -> None:
    strings = pd.DataFrame(
        {
            "y": ["2021", "2020", "2020", "2020", None],
            "m": ["January", "march", "February", "Feb", "May"],
            "t": ["1", "2", "3", "4", "5"],
        },
        dtype="str",
    )
    settings = {
        "specs": [{"name": "t", "original": "t", "kind": "numeric"}],
        "outputs": [{"original": "t", "kind": "regression", "classes": []}],
        "time": [
            {"name": "y", "original": "y", "kind": "numeric"},
            {"name": "m", "original": "m", "kind": "categorical"},
        ],
    }

    table, labels = training_rows(strings, settings)

    assert table["t"].tolist() == labels[:, 0].tolist() == [3.0, 4.0, 2.0, 1.0, 5.0]


def test_the_columns_of_time_are_in_the_file(case: Case, single: Ensemble) -> None:
    text = standalone(single, case.schema, "seen")

    assert "'time': [{'name': 'seen', 'original': 'Seen', 'kind': 'date'" in " ".join(text.split())
