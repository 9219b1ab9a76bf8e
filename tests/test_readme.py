"""The README cannot lie: its commands run, and its options are those of the table."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mle_star.commands import RUN
from mle_star.config import OPTIONS

_FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINKED = ("bin", "commands", "examples", "engine", "package.json", "pyproject.toml")


def _commands(root: Path) -> list[list[str]]:
    blocks = _FENCE.findall((root / "README.md").read_text(encoding="utf-8"))
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line]


def test_the_option_table_is_that_of_the_engine(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")

    rows = dict(re.findall(r"^\| `--([\w-]+)[^`]*` \| (.*) \|$", text, re.MULTILINE))

    assert rows == {option.name: option.help for option in OPTIONS if RUN in option.commands}


def test_the_test_command_is_a_script_of_the_package(root: Path) -> None:
    assert ["npm", "test"] in _commands(root)
    assert "test" in json.loads((root / "package.json").read_text(encoding="utf-8"))["scripts"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here")
def test_every_command_runs_in_the_order_of_the_page(root: Path, tmp_path: Path) -> None:
    for name in LINKED:
        (tmp_path / name).symlink_to(root / name)
    environment = os.environ | {
        "MLE_STAR_PYTHON": sys.executable,
        "MLE_STAR_CLAUDE": str(tmp_path / "no-claude-here"),  # tests/claude has the real one
    }

    for command in _commands(root):
        if command == ["npm", "test"]:
            continue
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        expected = (5,) if "--claude" in command else (0, 4)
        assert done.returncode in expected, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"

    result = json.loads((tmp_path / "models/telco_churn-churn/result.json").read_text())
    assert result["holdout"]["score"] >= 0.83
    assert result["seconds"] <= 120 + 30  # a machine at work
    assert len(result["gates"]) >= 9
    rows = pd.read_csv(tmp_path / "examples" / "telco_churn.csv")
    predictions = pd.read_csv(tmp_path / "predictions.csv")
    assert len(predictions) == len(rows)
    assert list(predictions) == ["prediction", "probability_No", "probability_Yes"]
