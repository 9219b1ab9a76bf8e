"""PreToolUse of Bash: test rows that are about to be trained on, and runs that cannot go well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.hooks.hearing import given, hear, session_of, settings_record, start


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a session that was tested on last_month.csv, and a few files."""
    session_of(tmp_path, records=(settings_record(tmp_path, test="last_month.csv"),))
    for name in ("telco.csv", "last_month.csv", "telco_test.csv"):
        (tmp_path / name).write_text("a,Churn\n1,Yes\n")
    (tmp_path / "fit.py").write_text(
        "import pandas as pd\n"
        "train = pd.read_csv('telco.csv')\n"
        "test = pd.read_csv('last_month.csv')\n"
        "both = pd.concat([train, test])\n"
        "model.fit(both[['a']], both['Churn'])\n"
    )
    (tmp_path / "good.py").write_text(
        "import pandas as pd\n"
        "train, test = pd.read_csv('telco.csv'), 1\n"
        "rows = pd.read_csv('telco.csv')\n"
        "model.fit(rows[['a']], rows['Churn'])\n"
        "test = pd.read_csv('telco_test.csv')\n"
        "said = model.predict(test)\n"
        "report.fit(said)\n"
    )
    return tmp_path


def warned(project: Path, command: str) -> str:
    return hear("PreToolUse", project, tool_name="Bash", tool_input={"command": command})


@pytest.mark.parametrize(
    "command",
    [
        "python models/churn/solution.py --train last_month.csv --predict telco.csv --output o.csv",
        "python3 train.py --data=telco_test.csv",
        "python train_model.py telco_test.csv",
        "cd . && OMP_NUM_THREADS=1 nohup python -u train.py --train ./last_month.csv &",
        "node plugin/bin/mle-star.js run --dataset telco_test.csv --target Churn",
        "python -m mle_star run --dataset=last_month.csv --target Churn",
        "claude-flow automation mle-star --dataset last_month.csv --target Churn",
    ],
)
def test_a_file_of_test_rows_that_is_trained_on_is_named(project: Path, command: str) -> None:
    said = warned(project, command)

    assert "holds test rows and is about to be trained on" in said
    assert "last_month.csv" in said or "telco_test.csv" in said


@pytest.mark.parametrize(
    "command",
    [
        "python fit.py",
        "python - <<'EOF'\nimport pandas\nt = pandas.read_csv('telco_test.csv')\nm.fit(t)\nEOF",
        "python -c \"import pandas as pd; m.fit(pd.read_csv('last_month.csv'), y)\"",
    ],
)  # fmt: skip
def test_code_that_learns_from_test_rows_is_named_by_its_line(project: Path, command: str) -> None:
    said = warned(project, command)

    assert "fit() learns from rows of" in said
    assert "line " in said


def test_stopping_by_test_rows_is_named_too(project: Path) -> None:
    (project / "stop.py").write_text(
        "import pandas\nt = pandas.read_csv('telco_test.csv')\nm.fit(X, y, eval_set=[(t, t.y)])\n"
    )

    assert "is steered by rows of telco_test.csv" in warned(project, "python stop.py")


@pytest.mark.parametrize(
    "command",
    [
        "ls -la", "python good.py", "pytest tests/test_train.py", "python -m pytest test_data.csv",
        "python models/churn/solution.py --train telco.csv --predict telco_test.csv --output o.csv",
        "python train.py --train telco.csv --test telco_test.csv",
        "node plugin/bin/mle-star.js run --dataset telco.csv --target Churn --test last_month.csv",
        "python -m mle_star predict --model m --dataset telco_test.csv --output o.csv",
        "cat telco_test.csv | head", "echo 'unbalanced", "git commit -m 'train on test.csv'",
    ],
)  # fmt: skip
def test_it_is_silent_about_any_other_command(project: Path, command: str) -> None:
    assert warned(project, command) == ""


def test_a_run_that_cannot_go_well_is_named_before(project: Path) -> None:
    missing = warned(project, "python -m mle_star run --dataset nowhere.csv --target Churn")
    same = warned(project, "python -m mle_star run --dataset telco.csv --test ./telco.csv")

    assert "there is no data file nowhere.csv" in missing
    assert "telco.csv would be trained on and tested on" in same


def test_scripts_of_a_project_without_sessions_are_none_of_its_business(tmp_path: Path) -> None:
    assert warned(tmp_path, "python train.py --data telco_test.csv") == ""


def test_it_warns_the_person_too_and_blocks_nothing(project: Path) -> None:
    command = {"command": "python train.py --train last_month.csv"}

    told = json.loads(
        start(given("PreToolUse", project, tool_name="Bash", tool_input=command)).stdout
    )

    assert "about to be trained on" in told["systemMessage"]
    assert set(told) == {"hookSpecificOutput", "systemMessage"}
    assert "permissionDecision" not in told["hookSpecificOutput"]
