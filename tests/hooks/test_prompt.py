"""UserPromptSubmit: what was measured before, where the prompt is about a known data set."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.hooks.hearing import hear, session_of

from mle_star_memory.store import Record

RECORDS = (
    Record("metric", "holdout", {"score_of": "holdout", "score": 0.862}, 1.0),
    Record(
        "ablation",
        "1",
        {"role": "features", "effect": 0.0186, "p_value": 0.01, "impact": "HIGH"},
        1.0,
    ),
    Record("ablation", "2", {"role": "clean", "effect": None, "impact": "LOW"}, 1.0),
    Record("refinement", "1", {"role": "model", "plan": "small trees", "gain": 0.004,
                               "accepted": True, "p_value": 0.02}, 1.0),
    Record("refinement", "2", {"role": "features", "plan": "one_hot", "gain": -0.003,
                               "accepted": False}, 1.0),
    Record("gate", "1", {"gate": "latency", "verdict": "fail", "measured": "180 ms"}, 1.0),
    Record("gate", "2", {"gate": "memory", "verdict": "pass", "measured": "9 MiB"}, 1.0),
    Record("lesson", "1", {"text": "tenure is known too late"}, 1.0),
    Record("finding", "1", {"agent": "x", "text": "from a page of strangers"}, 1.0),
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    session_of(tmp_path, "churn-run", RECORDS)
    return tmp_path


@pytest.mark.parametrize(
    "prompt",
    [
        "look at telco.csv again",
        "/mle-star:run data/telco.csv Churn",
        "Why did the score for churn fall?",
        "which features of telco matter",
        "explain the model of churn-run",
    ],
)
def test_what_was_measured_comes_with_a_prompt_about_it(project: Path, prompt: str) -> None:
    said = hear("UserPromptSubmit", project, prompt=prompt)

    assert "telco.csv, target Churn (session churn-run, id-churn-run" in said
    assert "holdout roc_auc 0.862" in said
    assert "ablation: features is worth +0.0186, p = 0.01, HIGH" in said
    assert "helped: model, small trees (+0.004, p = 0.02)" in said
    assert "did not help: features, one_hot (-0.003)" in said
    assert "gate failed: latency: 180 ms" in said
    assert "lesson: tenure is known too late" in said


def test_what_was_not_measured_passed_or_came_from_elsewhere_is_not_told(project: Path) -> None:
    said = hear("UserPromptSubmit", project, prompt="telco.csv")

    assert "clean" not in said
    assert "memory" not in said
    assert "strangers" not in said


@pytest.mark.parametrize(
    "prompt",
    ["hello", "customers churn, write a letter", "telco.csv.bak", "train a model", "x" * 10**6],
)  # fmt: skip
def test_it_is_silent_about_any_other_prompt(project: Path, prompt: str) -> None:
    assert hear("UserPromptSubmit", project, prompt=prompt) == ""


def test_of_each_data_set_the_newest_finished_session_is_told(project: Path) -> None:
    session_of(project, "newer", started=500.0, finished=600.0)
    session_of(project, "unfinished", started=700.0, status="running")

    said = hear("UserPromptSubmit", project, prompt="telco.csv")

    assert "session newer" in said
    assert "churn-run" not in said
    assert "unfinished" not in said
