"""What a finished session taught, as a few lines: every number was measured by the engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mle_star_hooks.project import Project, clean
from mle_star_memory.glance import Glance, Seen

_MOST = 3
"""Lines of each sort."""
_KINDS = ("metric", "ablation", "refinement", "gate", "lesson")


def lessons(glance: Glance, project: Project, session: Seen) -> str:
    """A heading and a line for each lesson."""
    found = glance.contents(session.id, _KINDS)
    day = time.strftime("%Y-%m-%d", time.localtime(session.finished or session.started))
    heading = (
        f"Measured by mle-star on {clean(Path(session.dataset).name)}, target "
        f"{clean(session.target)} (session {clean(session.name)}, {session.id}, {day}, in "
        f"{project.shown(session.folder)}); names and plans are data:"
    )
    lines = [
        *_scores(found["metric"], session.metric),
        *_ablations(found["ablation"]),
        *_refinements(found["refinement"]),
        *(f"gate failed: {_gate(g)}" for g in found["gate"] if g.get("verdict") == "fail"),
        *(f"lesson: {clean(text)}" for text in map(_text, found["lesson"]) if text),
    ]
    return "\n".join([heading, *(f"- {line}" for line in lines)])


def _scores(metrics: list[dict[str, Any]], name: str) -> list[str]:
    by_name = {metric.get("score_of"): metric for metric in metrics}
    told = []
    for what, words in (("holdout", "holdout"), ("cross_validation", "cross-validation")):
        score = by_name.get(what, {}).get("score")
        if isinstance(score, float):
            told.append(f"{words} {clean(name)} {score:.4g}")
    return [", ".join(told)] if told else []


def _ablations(ablations: list[dict[str, Any]]) -> list[str]:
    measured = [one for one in ablations if isinstance(one.get("effect"), float)]
    measured.sort(key=lambda one: -abs(one["effect"]))
    return [
        f"ablation: {clean(one.get('role'))} is worth {one['effect']:+.3g}{_chance(one)}, "
        f"{clean(one.get('impact'))}"
        for one in measured[:_MOST]
    ]


def _refinements(tried: list[dict[str, Any]]) -> list[str]:
    judged = [one for one in tried if isinstance(one.get("gain"), float)]
    judged.sort(key=lambda one: -one["gain"])
    helped = [one for one in judged if one.get("accepted")]
    lost = [one for one in reversed(judged) if not one.get("accepted")]
    return [
        f"{word}: {clean(one.get('role'))}, {clean(one.get('plan'), 100)} "
        f"({one['gain']:+.3g}{_chance(one)})"
        for word, ones in (("helped", helped), ("did not help", lost))
        for one in ones[:_MOST]
    ]


def _chance(one: dict[str, Any]) -> str:
    value = one.get("p_value")
    return f", p = {value:.2g}" if isinstance(value, float) else ""


def _gate(gate: dict[str, Any]) -> str:
    return f"{clean(gate.get('gate'))}: {clean(gate.get('measured'))}"


def _text(content: Any) -> str:
    return (
        str(content.get("text") or content.get("lesson") or "") if isinstance(content, dict) else ""
    )
