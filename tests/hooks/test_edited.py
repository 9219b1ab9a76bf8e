"""PostToolUse of Write and Edit: files of a session are looked at, and run again where asked."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.hooks.hearing import hear, session_of, settings_record

SOLUTION = """\
# %% role: features (recipe: own)
from sklearn.preprocessing import StandardScaler


class Scaled:
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        {line}


def features(columns):
    return Scaled()


# %% role: model
def model(columns, hyperparameters):
    return None


# %% main
TARGET = "Churn"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    settings = settings_record(tmp_path, test="last_month.csv", workflow="flow.json")
    session_of(tmp_path, records=(settings,))
    return tmp_path


def edited(project: Path, path: str, content: str) -> str:
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    given = {"file_path": str(file), "content": content}
    return hear("PostToolUse", project, tool_name="Write", tool_input=given)


def queued(project: Path) -> list[dict[str, Any]]:
    files = sorted((project / ".mle-star" / "queue").glob("*"))
    assert all(file.suffix == ".json" for file in files)
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("return StandardScaler().fit(X).transform(X)", "line 10: Scaled learns from the rows"),
        ("return X.drop(columns=['Churn'])", "line 10: the features block names the target"),
        ("import pandas; return pandas.read_csv('a')", "line 10: the features block reads"),
        ("return (X", "line 10: the features block does not parse"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["models/churn/solution.py", "models/churn/candidates/01-a.py"])
def test_a_solution_that_leaks_is_told_with_its_line(
    project: Path, path: str, line: str, found: str
) -> None:
    said = edited(project, path, SOLUTION.format(line=line))

    assert f"looked at {path} for leakage" in said
    assert found in said


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("models/churn/solution.py", SOLUTION.format(line="return X")),
        ("models/churn/notes.py", "x = 1\n"),
        ("train.py", "scaler.fit(X)\n"),
        ("notes.md", "# %% role: model\n"),
        ("telco.csv", "a,Churn\n1,Yes\n"),
    ],
)
def test_it_is_silent_about_files_that_do_not_leak_or_are_not_ours(
    project: Path, path: str, content: str
) -> None:
    assert edited(project, path, content) == ""


def test_rows_of_the_test_file_in_the_data_are_told(project: Path) -> None:
    rows = [f"{n},{n % 7},{'Yes' if n % 3 else 'No'}" for n in range(50)]
    (project / "last_month.csv").write_text("\n".join(["a,b,Churn", *rows[:5], "900,1,No"]))

    said = edited(project, "telco.csv", "\n".join(["a,b,Churn", *rows]))

    assert "5 of 6 rows looked at of last_month.csv also stand in telco.csv" in said


def test_a_twin_of_the_target_is_told_and_an_identifier_is_not(project: Path) -> None:
    rows = [f"{n},{n % 2},{'Yes' if n % 2 else 'No'}" for n in range(50)]

    said = edited(project, "telco.csv", "\n".join(["id,left,Churn", *rows]))

    assert "the column 'left' tells 'Churn' value for value in the first 50 rows" in said
    assert "'id'" not in said


def test_a_workflow_that_trains_on_test_rows_is_told(project: Path) -> None:
    content = json.dumps({"variables": {"dataset_path": "last_month.csv"}}, indent=1)

    assert "it trains on last_month.csv" in edited(project, "flow.json", content)
    assert "it is not JSON" in edited(project, "models/churn/workflow.json", "{")


def test_a_run_is_queued_where_the_project_asked_for_it(project: Path) -> None:
    (project / ".mle-star").mkdir()
    (project / ".mle-star" / "settings.json").write_text('{"rerun_on_edit": true}')

    said = edited(project, "models/churn/solution.py", SOLUTION.format(line="return X"))

    [request] = queued(project)
    assert "is queued" in said
    assert request["session"] == "id-churn"
    assert request["dataset"] == str(project / "telco.csv")
    assert request["path"] == str(project / "models/churn/solution.py")
    assert "solution" in request["reason"]
    assert datetime.fromisoformat(request["asked"]).tzinfo is not None


@pytest.mark.parametrize("settings", [None, "{}", '{"rerun_on_edit": "yes"}', "[]", "{"])
def test_nothing_is_queued_where_it_did_not(project: Path, settings: str | None) -> None:
    if settings is not None:
        (project / ".mle-star").mkdir()
        (project / ".mle-star" / "settings.json").write_text(settings)

    said = edited(project, "models/churn/solution.py", SOLUTION.format(line="return X.fit(X)"))

    assert "looked at" in said
    assert queued(project) == []
