"""A whole run with ``--claude``: the real client, a scripted API, the engine's own scores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.agents.scripted_model import FEATURES, answer
from tests.claude.client import ScriptedAPI, StartAPI, answer_block, search_rule

from mle_star.agents.definitions import AGENTS, load_definitions

pytestmark = pytest.mark.proof

LEAKY = """\
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.preprocessing import FunctionTransformer
    import pandas as pd

    truth = pd.read_csv("examples/telco_churn.csv")["Churn"].eq("Yes").to_frame()
    return FunctionTransformer(lambda table: truth.reindex(table.index))
"""

SNEAKY = LEAKY.replace("pd.read_csv(", 'getattr(pd, "read" + "_csv")(')
"""The same, hidden from rules that read the code."""


@dataclass(frozen=True)
class Whole:
    """The run that the tests look at."""

    done: subprocess.CompletedProcess[str]
    folder: Path
    api: ScriptedAPI

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        return found

    @property
    def questions(self) -> list[dict[str, Any]]:
        """Bodies of the requests that ask for an answer."""
        bodies = [request["body"] for request in self.api.requests if request["method"] == "POST"]
        return [body for body in bodies if form_of(body)]


def form_of(body: dict[str, Any]) -> str:
    for tool in body.get("tools", ()):
        if tool["name"] == "StructuredOutput":
            title: str = tool["input_schema"].get("title", "")
            return title
    return ""


def question_of(body: dict[str, Any]) -> str:
    """The whole text of what was asked, the system prompt left out."""
    return "\n".join(
        content if isinstance(content, str) else "\n".join(b.get("text", "") for b in content)
        for content in (message["content"] for message in body["messages"])
    )


def reply(fact: dict[str, Any], body: dict[str, Any]) -> Any:
    form, question = form_of(body), question_of(body)
    if form == "Findings" and fact["step"] == 0:
        return [{"tool": "WebSearch", "input": {"query": "tabular classification"}}]
    value = answer(form, question)
    if form == "Code":
        tries = question.count("was refused")
        value["source"] = FEATURES if "try 2" in question or tries > 1 else LEAKY
        if tries == 1:
            value["source"] = SNEAKY
    return [answer_block(value)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole")


@pytest.fixture
def whole(folder: Path, api: StartAPI, root: Path) -> Whole:
    pages = ("Soft voting", "https://example.org/voting")
    server = api([search_rule(pages), {"name": "agents", "reply": reply}])
    done = subprocess.run(
        [
            sys.executable, "-m", "mle_star", "run", "--claude", "--evaluations", "12",
            "--dataset", str(root / "examples" / "telco_churn.csv"), "--target", "Churn",
            "--output", str(folder / "out"), "--refinement-iterations", "1",
        ],
        cwd=root, env=dict(os.environ), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    return Whole(done, folder / "out", server)


def test_all_six_take_part_and_what_wins_is_shipped(whole: Whole) -> None:
    assert whole.done.returncode in (0, 4), whole.done.stderr
    result = whole.result
    assert set(result["agents"]["by_agent"]) == set(AGENTS)
    phases = {phase["phase"] for phase in result["phases"]}
    assert {
        "search", "foundation", "ablation", "refinement", "ensemble", "validation", "deployment"
    } <= phases  # fmt: skip

    shipped = (whole.folder / "solution.py").read_text()
    assert "VotingClassifier" in shipped
    assert "examples/telco_churn" not in shipped
    assert '"read" + "_csv"' not in shipped
    assert [source for source in result["agents"]["sources"] if source[0] == "Soft voting"]

    definitions = load_definitions()
    prompts = {agent: definitions[agent].prompt[:80] for agent in AGENTS}
    asked = set()
    for body in whole.questions:
        system, question = json.dumps(body["system"]), question_of(body)
        asked |= {name for name, start in prompts.items() if json.dumps(start)[1:-1] in system}
        for told in ('"Churn"', '"roc_auc"', "rows: 7043", "MonthlyCharges"):
            assert told in question
    assert asked == set(AGENTS)
    later = [q for body in whole.questions if "Measured by the engine" in (q := question_of(body))]
    assert len(later) >= 4
    for question in later:
        assert '"metric":"roc_auc","better":"higher"' in question
    assert max(one["prompt_bytes"] for one in _answers(whole)) < 8_000 + 16_000


def _answers(whole: Whole) -> list[dict[str, Any]]:
    lines = (whole.folder / "events.jsonl").read_text().splitlines()
    return [event for line in lines if (event := json.loads(line))["type"] == "agent_answered"]
