"""The offline knowledge base: what is known to work, under which conditions, and who says so.

The entries stand in ``memory/knowledge/*.json``, one file a topic; their form is described in the
README beside them.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.agents.assets import asset_folder
from mle_star.errors import StateError
from mle_star.files import read_json
from mle_star.recipes.recipe import Facts

TOPICS = ("sota_models", "best_practices", "competition_solutions", "research_papers")
"""Names of the files, without ``.json``."""

HIGH_CARDINALITY = 50
"""Distinct values above which a categorical column counts as high in cardinality."""

IMBALANCED = 0.2
"""Share of the rarest class below which classes count as imbalanced."""

_SKEWED = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of knowledge.

    Parameters
    ----------
    id : str
        Unique, in kebab case.
    topic : str
        One of :data:`TOPICS`.
    title, says : str
        What it is about, and what it says in one or two sentences.
    source, url : str
        Where it is written.
    date : datetime.date
        When it was written; the first day of the month or year where no more is known.
    recipes : tuple of str
        Names of the recipes that put it to use.
    conditions : dict
        What must hold of the task and the table; see :func:`matches`.
    weight : float
        In (0, 1]: how much it says for its recipes where its conditions hold.
    """

    id: str
    topic: str
    title: str
    says: str
    source: str
    url: str
    date: datetime.date
    recipes: tuple[str, ...]
    conditions: dict[str, Any]
    weight: float

    def cite(self) -> str:
        """Title, address and date in one line."""
        return f"{self.source}, {self.url} ({self.date.isoformat()})"


def load_knowledge(folder: Path | None = None) -> tuple[Entry, ...]:
    """Read every topic, in order.

    Parameters
    ----------
    folder : Path or None
        Holds the JSON files; None: the one that travels with the engine.

    Raises
    ------
    StateError
        If a file cannot be read or an entry lacks a field.
    """
    folder = folder or asset_folder("knowledge")
    return tuple(
        _entry(topic, raw) for topic in TOPICS for raw in read_json(folder / f"{topic}.json")
    )


def matches(conditions: dict[str, Any], facts: Facts) -> list[str] | None:
    """Which facts meet the conditions, in words; None where one is not met.

    Parameters
    ----------
    conditions : dict
        ``kinds``, ``metrics`` (lists), ``min_rows``, ``max_rows``, ``min_columns``,
        ``min_classes`` and the yes-or-no conditions of :func:`traits`.
    facts : Facts
        What they are held against.
    """
    met: list[str] = []
    for name, wanted in conditions.items():
        words = _check(name, wanted, facts)
        if words is None:
            return None
        met.append(words)
    return met


def traits(facts: Facts) -> dict[str, tuple[bool, str]]:
    """Each yes-or-no condition with its answer and the fact behind it."""
    return {
        "numeric": (facts.numeric > 0, f"{facts.numeric} numeric columns"),
        "categorical": (facts.categorical > 0, f"{facts.categorical} categorical columns"),
        "text": (facts.text > 0, f"{facts.text} text columns"),
        "date": (facts.date > 0, f"{facts.date} date columns"),
        "missing": (facts.missing > 0, f"{facts.missing:.1%} of the cells missing"),
        "high_cardinality": (
            facts.max_cardinality > HIGH_CARDINALITY,
            f"up to {facts.max_cardinality:,} distinct values in a categorical column",
        ),
        "imbalanced": (facts.minority < IMBALANCED, f"{facts.minority:.1%} in the rarest class"),
        "skewed_target": (abs(facts.skew) > _SKEWED, f"target skewness {facts.skew:.1f}"),
        "positive_target": (facts.positive_target, "a target that is nowhere negative"),
        "time": (facts.ordered_in_time, "rows ordered in time"),
        "grouped": (facts.grouped, "rows in groups"),
        "multi_output": (facts.outputs > 1, f"{facts.outputs} targets"),
    }


def _check(name: str, wanted: Any, facts: Facts) -> str | None:
    sizes = {
        "min_rows": (facts.rows, f"{facts.rows:,} rows"),
        "max_rows": (-facts.rows, f"{facts.rows:,} rows"),
        "min_columns": (facts.columns, f"{facts.columns} columns"),
        "min_classes": (facts.classes, f"{facts.classes} classes"),
    }
    if name in sizes:
        size, words = sizes[name]
        return words if size >= (-wanted if name == "max_rows" else wanted) else None
    if name == "kinds":
        return f"a {facts.kind} task" if facts.kind in wanted else None
    if name == "metrics":
        return f"metric {facts.metric}" if facts.metric in wanted else None
    answer, words = traits(facts)[name]
    return words if answer is wanted else None


def _entry(topic: str, raw: dict[str, Any]) -> Entry:
    try:
        return Entry(
            id=raw["id"],
            topic=topic,
            title=raw["title"],
            says=raw["says"],
            source=raw["source"]["title"],
            url=raw["source"]["url"],
            date=datetime.date.fromisoformat(raw["date"]),
            recipes=tuple(raw["recipes"]),
            conditions=dict(raw["conditions"]),
            weight=float(raw["weight"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(
            f"the entry {raw.get('id', '?')!r} of the knowledge base {topic!r} is damaged: {error}",
            "see the README in the knowledge folder for the form of an entry",
        ) from error
