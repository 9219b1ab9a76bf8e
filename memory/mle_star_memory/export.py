"""A session as ``mle-star-session`` JSON, the form in which its state is handed to other tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mle_star_memory.store import Record, Session

_STAGES = {
    "": "situation",
    "situation": "situation",
    "profile": "situation",
    "task": "task",
    "validation": "results",
    "deployment": "results",
    "results": "results",
}
"""The workflow stage of each phase that is not part of the action."""


def document(session: Session, records: Sequence[Record]) -> dict[str, Any]:
    """The ``mle-star-session`` document of a session.

    It holds what was measured and nothing else: ``feature-importance`` is always empty, because
    the effect of whole blocks is measured (``component-impact``), not that of single features.
    Scores are in the metric's own units, effects the score that is lost without a block.

    Parameters
    ----------
    session : Session
        Which one.
    records : sequence of Record
        All of the session's, in the order in which they came up.
    """
    of: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        of.setdefault(record.kind, []).append(record.content)
    found = [(entry["recipe"], entry["role"]) for entry in of.get("search", [])]
    return {
        "mle-star-session": {
            "workflow-stage": stage_of(session),
            "search-results": {
                "sota-models": [recipe for recipe, role in found if role == "model"],
                "techniques": [recipe for recipe, role in found if role != "model"],
            },
            "ablation-results": {
                "feature-importance": {},
                "component-impact": _impact(of.get("ablation", [])),
            },
            "ensemble-strategies": [_strategy(entry) for entry in of.get("ensemble", [])],
            "experiment-tracking": {
                "run-id": session.id,
                "metrics": _metrics(session, of.get("metric", [])),
                "artifacts": [entry["path"] for entry in of.get("artifact", [])],
            },
        }
    }


def stage_of(session: Session) -> str:
    """Situation, task, action or results: where a session stands."""
    if session.status == "done":
        return "results"
    return _STAGES.get(session.stage, "action")


def _impact(ablations: list[dict[str, Any]]) -> dict[str, float]:
    """The newest effect of every block that one was measured of."""
    return {a["role"]: a["effect"] for a in ablations if a["effect"] is not None}


def _strategy(compared: dict[str, Any]) -> dict[str, Any]:
    told = {key: compared[key] for key in ("weights", "members", "score", "chosen")}
    return {"method": compared["strategy"], **{k: v for k, v in told.items() if v is not None}}


def _metrics(session: Session, metrics: list[dict[str, Any]]) -> dict[str, float]:
    """The session's score by the metric's name, then what it was measured on."""
    measured = {session.metric: session.best_score}
    for metric in metrics:
        what = metric["score_of"].replace("_", "-")
        measured[f"{session.metric}-{what}"] = metric.get("score")
    return {name: score for name, score in measured.items() if score is not None}
