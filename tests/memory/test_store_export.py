"""The exported document has the seeds' form, and holds what was measured and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.memory.conftest import session

from mle_star_memory.export import document
from mle_star_memory.store import Record


def _records(kind: str, *contents: dict[str, Any]) -> list[Record]:
    return [Record(kind, str(place), content, 1.0) for place, content in enumerate(contents)]


RECORDS = [
    *_records(
        "search", {"recipe": "lightgbm", "role": "model"}, {"recipe": "one_hot", "role": "features"}
    ),
    *_records(
        "ablation",
        {"role": "features", "effect": 0.01},
        {"role": "post", "effect": None},
        {"role": "features", "effect": 0.02},
    ),
    *_records(
        "ensemble",
        {
            "strategy": "greedy",
            "weights": [0.7, 0.3],
            "members": ["a", "b"],
            "score": 0.9,
            "chosen": True,
            "reason": "+0.01",
        },
        {"strategy": "stacking", "weights": None, "members": [], "score": None, "chosen": False},
    ),
    *_records("metric", {"score_of": "cross_validation", "score": 0.9}, {"score_of": "test"}),
    *_records("artifact", {"path": "model/", "what": "the bundle"}),
]


def test_it_holds_what_was_measured() -> None:
    done = session(metric="roc_auc", best_score=0.88, status="done")

    assert document(done, RECORDS) == {
        "mle-star-session": {
            "workflow-stage": "results",
            "search-results": {"sota-models": ["lightgbm"], "techniques": ["one_hot"]},
            "ablation-results": {
                "feature-importance": {},
                "component-impact": {"features": 0.02},
            },
            "ensemble-strategies": [
                {
                    "method": "greedy",
                    "weights": [0.7, 0.3],
                    "members": ["a", "b"],
                    "score": 0.9,
                    "chosen": True,
                },
                {"method": "stacking", "members": [], "chosen": False},
            ],
            "experiment-tracking": {
                "run-id": "a",
                "metrics": {"roc_auc": 0.88, "roc_auc-cross-validation": 0.9},
                "artifacts": ["model/"],
            },
        }
    }


def test_a_session_without_results_has_the_same_form() -> None:
    found = document(session(status="prepared"), [])["mle-star-session"]

    assert found == {
        "workflow-stage": "situation",
        "search-results": {"sota-models": [], "techniques": []},
        "ablation-results": {"feature-importance": {}, "component-impact": {}},
        "ensemble-strategies": [],
        "experiment-tracking": {"run-id": "a", "metrics": {}, "artifacts": []},
    }


@pytest.mark.parametrize(
    ("status", "stage", "told"),
    [
        ("running", "", "situation"),
        ("running", "profile", "situation"),
        ("prepared", "task", "task"),
        ("running", "search", "action"),
        ("interrupted", "refinement", "action"),
        ("running", "ensemble", "action"),
        ("failed", "validation", "results"),
        ("running", "deployment", "results"),
        ("done", "search", "results"),
    ],
)
def test_the_stage_of_the_workflow_follows_from_the_phase(
    status: str, stage: str, told: str
) -> None:
    found = document(session(status=status, stage=stage), [])

    assert found["mle-star-session"]["workflow-stage"] == told
