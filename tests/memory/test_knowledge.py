"""The knowledge base is well formed, dated, and in step with the recipes."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.engine.agents.fakes import FACTS, facts

from mle_star.agents.knowledge import TOPICS, load_knowledge, matches, traits
from mle_star.errors import StateError
from mle_star.recipes import catalogue
from mle_star.recipes.catalogue import load
from mle_star.types import Kind

SIZES = {"kinds", "metrics", "min_rows", "max_rows", "min_columns", "min_classes"}


def test_every_topic_has_entries_of_unique_ids() -> None:
    entries = load_knowledge()
    ids = Counter(entry.id for entry in entries)

    assert {entry.topic for entry in entries} == set(TOPICS)
    assert [name for name, count in ids.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)


def test_entries_name_recipes_that_exist() -> None:
    known = {path.stem for path in Path(catalogue.__file__).parent.glob("*/*.py")}

    assert {(e.id, name) for e in load_knowledge() for name in e.recipes if name not in known} == (
        set()
    )
    assert all(entry.recipes for entry in load_knowledge())


def test_every_recipe_is_pointed_at() -> None:
    cited = {name for entry in load_knowledge() for name in entry.recipes}

    assert set(load()) - cited == set()


def test_every_entry_has_a_dated_source_on_the_web_and_says_something() -> None:
    for entry in load_knowledge():
        address = urlsplit(entry.url)
        assert address.scheme == "https", entry.id
        assert address.hostname, entry.id
        assert datetime.date(1900, 1, 1) < entry.date < datetime.date(2027, 1, 1), entry.id
        assert entry.source, entry.id
        assert 20 < len(entry.says) < 300, entry.id
        assert 0 < entry.weight <= 1, entry.id


def test_conditions_are_known_and_can_be_met_or_not() -> None:
    known = SIZES | traits(FACTS).keys()

    for entry in load_knowledge():
        assert set(entry.conditions) <= known, entry.id
        matches(entry.conditions, FACTS)


def test_the_readme_names_every_condition() -> None:
    readme = Path(__file__).resolve().parents[2] / "memory" / "knowledge" / "README.md"
    text = readme.read_text(encoding="utf-8")

    assert {name for name in SIZES | traits(FACTS).keys() if f"`{name}`" not in text} == set()


@pytest.mark.parametrize(
    ("conditions", "changes", "holds"),
    [
        ({"min_rows": 1000}, {"rows": 1000}, True),
        ({"min_rows": 1000}, {"rows": 999}, False),
        ({"max_rows": 1000}, {"rows": 1000}, True),
        ({"max_rows": 1000}, {"rows": 1001}, False),
        ({"kinds": ["regression"]}, {"kind": Kind.REGRESSION}, True),
        ({"kinds": ["regression"]}, {"kind": Kind.BINARY}, False),
        ({"metrics": ["log_loss"]}, {"metric": "log_loss"}, True),
        ({"metrics": ["log_loss"]}, {"metric": "roc_auc"}, False),
        ({"text": True}, {"text": 1}, True),
        ({"text": True}, {"text": 0}, False),
        ({"categorical": False}, {"categorical": 0}, True),
        ({"categorical": False}, {"categorical": 1}, False),
        ({"high_cardinality": True}, {"max_cardinality": 51}, True),
        ({"high_cardinality": True}, {"max_cardinality": 50}, False),
        ({"imbalanced": True}, {"minority": 0.1}, True),
        ({"skewed_target": True}, {"skew": -1.5}, True),
        ({"min_columns": 9}, {"numeric": 6, "categorical": 3}, True),
        ({"min_classes": 3}, {"classes": 2}, False),
        ({"time": True, "grouped": False}, {"ordered_in_time": True}, True),
        ({"time": True, "grouped": False}, {"ordered_in_time": True, "grouped": True}, False),
    ],
)
def test_conditions_hold_where_the_facts_meet_all_of_them(
    conditions: dict[str, object], changes: dict[str, object], holds: bool
) -> None:
    assert (matches(conditions, facts(**changes)) is not None) is holds


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    for topic in TOPICS:
        (tmp_path / f"{topic}.json").write_text("[]")
    (tmp_path / "best_practices.json").write_text(json.dumps([{"id": "half", "title": "x"}]))

    with pytest.raises(StateError, match="'half'"):
        load_knowledge(tmp_path)
