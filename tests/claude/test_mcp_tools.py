"""Every MCP tool, called by the real client through the plugin: from a data file to predictions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.claude.client import StartAPI
from tests.engine.cli.conftest import write_data

pytestmark = pytest.mark.proof

PREFIX = "mcp__plugin_mle-star_engine__"
CODE = """\
from sklearn.linear_model import LogisticRegression


def model(columns, hyperparameters):
    return LogisticRegression(C=0.5)
"""
RUN = {"dataset": "shop.csv", "target": "label", "drop": "code,shop,day,price", "evaluations": 3}
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("profile", {"dataset": "shop.csv", "target": "label"}),
    ("run", {**RUN, "output": "out", "name": "shop"}),
    ("stop", {"session": "out"}),
    ("resume", {"session": "out"}),
    ("wait", {"session": "out", "seconds": 600}),
    ("status", {"session": "shop"}),
    ("sessions", {}),
    ("leaderboard", {"session": "shop", "limit": 3}),
    ("ablation", {"session": "shop"}),
    ("show_solution", {"role": "model"}),
    ("judge_block", {"role": "model", "code": CODE, "why": "simpler"}),
    ("judge_block", {"role": "model", "code": "def model("}),
    ("edit_block", {"role": "model", "code": CODE, "why": "simpler"}),
    ("ensemble", {"session": "shop"}),
    ("validate", {"session": "shop", "ship": True}),
    ("predict", {"model": "out", "dataset": "shop.csv", "output": "p.csv"}),
    ("memory_store", {"text": "the shop explains little", "session": "shop"}),
    ("memory_query", {"text": "explains little"}),
    ("report", {"session": "shop"}),
]


def test_the_loop_is_driven_by_conversation_with_the_real_client(
    client: Path, api: StartAPI, tmp_path: Path, root: Path
) -> None:
    write_data(tmp_path / "shop.csv")
    waited = {"tool": "Bash", "input": {"command": "sleep 6"}}  # until the server is connected
    calls = [{"tool": PREFIX + tool, "input": given} for tool, given in STEPS]
    api([{"when": {"user": "drive"}, "replies": [waited, *calls, "done"]}], "nothing")

    done = subprocess.run(
        [
            str(client), "-p", "drive", "--output-format", "stream-json", "--verbose",
            "--plugin-dir", str(root), "--max-turns", "60", "--allowedTools",
            f"Bash(sleep:*),{PREFIX.rstrip('_')}",
        ],
        cwd=tmp_path,
        env={**os.environ, "MLE_STAR_PYTHON": sys.executable, "ENABLE_TOOL_SEARCH": "false"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )  # fmt: skip

    messages = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [_answer(one) for one in messages if one["type"] == "user"][1:]
    assert messages[-1]["result"] == "done", done.stdout[-3000:]
    assert len(answers) == len(STEPS)
    for (tool, _), (failed, said) in zip(STEPS, answers, strict=True):
        assert not failed, f"{tool}: {said}"
    told = dict(zip((tool for tool, _ in STEPS), (said for _, said in answers), strict=True))
    assert json.loads(told["wait"])["state"] == "done"
    edit = json.loads(told["edit_block"])
    assert edit["judged"]
    assert len(json.loads(told["leaderboard"])["leaderboard"]) >= 2
    assert json.loads(told["validate"])["looks"] == 2
    assert json.loads(told["memory_query"])["records"][0]["kind"] == "lesson"
    assert "By hand, since" in told["report"]
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 241


def _answer(message: dict[str, Any]) -> tuple[bool, str]:
    [block] = message["message"]["content"]
    content = block["content"]
    text = content if isinstance(content, str) else "".join(one["text"] for one in content)
    return bool(block.get("is_error")), text
