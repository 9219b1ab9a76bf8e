"""The option table and the settings it is resolved into."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from mle_star import commands, config
from mle_star.errors import MleStarError, UsageError
from mle_star.session.settings import Settings, names, resolve


def _resolve(**given: Any) -> Settings:
    return resolve({"dataset": "churn.csv.gz", "target": "Churn"} | given, cores=4)


def test_an_option_stands_once_a_command() -> None:
    for command in commands.COMMANDS:
        found = [option.name for option in config.options_of(command)]
        assert len(found) == len(set(found))


def test_the_copy_on_the_node_side_equals_the_table(root: Path) -> None:
    copy = root / "commands" / "lib" / "options.json"
    if not copy.exists():
        pytest.skip("the Node side has no copy yet")

    assert json.loads(copy.read_text()) == json.loads(json.dumps(config.table()))


def test_defaults_are_those_of_the_table() -> None:
    settings = _resolve()

    for option in config.options_of(commands.RUN):
        if option.default is not None and hasattr(settings, option.key) and option.kind != "flag":
            assert getattr(settings, option.key) == option.default
    assert settings.seconds == config.PRESETS["balanced"] == 600
    assert settings.jobs == 4
    assert settings.name == "churn-churn"
    assert settings.chaining
    assert not settings.interactive


@pytest.mark.parametrize(("preset", "seconds"), [("quick", 120), ("balanced", 600), ("best", 3600)])
def test_a_preset_is_a_number_of_seconds(preset: str, seconds: float) -> None:
    assert _resolve(preset=preset).seconds == seconds


def test_a_time_budget_wins_over_a_preset_and_evaluations_over_both() -> None:
    assert _resolve(preset="quick", time_budget=30.0).seconds == 30
    settings = _resolve(time_budget=30.0, evaluations=5)
    assert (settings.seconds, settings.evaluations) == (math.inf, 5)


def test_a_timeout_bounds_the_budget_with_time_to_end_in() -> None:
    settings = _resolve(time_budget=100.0, timeout=40_000)

    assert settings.timeout == 40
    assert 30 < settings.seconds < 40
    assert _resolve(time_budget=10.0, timeout=40_000).seconds == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ("a",)),
        ("a, b,a", ("a", "b")),
        ('"a,b",c', ("a,b", "c")),
        (" , ", ()),
        ("", ()),
        (None, ()),
        ("größe,年", ("größe", "年")),
    ],
)
def test_names_are_a_comma_separated_list(text: str | None, expected: tuple[str, ...]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"time_budget": -1.0},
        {"time_budget": 0.0},
        {"time_budget": math.nan},
        {"time_budget": math.inf},
        {"evaluations": 0},
        {"seed": -1},
        {"jobs": 0},
        {"search_iterations": 0},
        {"refinement_iterations": -1},
        {"timeout": 0},
        {"target": " , "},
        {"dataset": "a\0b"},
        {"verbose": True, "quiet": True},
        {"name": ""},
        {"name": "a/b"},
        {"name": "a\\b"},
        {"name": ".."},
        {"name": "-rf"},
        {"name": "a\0"},
        {"name": "x" * 300},
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        _resolve(**given)

    assert caught.value.exit_code == 2
    assert caught.value.remedy


def test_no_steps_of_refinement_may_be_asked_for() -> None:
    assert _resolve(refinement_iterations=0).refinement_iterations == 0


@pytest.mark.parametrize(
    ("given", "agents"),
    [
        ({}, ""),
        ({"no_claude": True}, ""),
        ({"claude": True}, "claude"),
        ({"agent_backend": "openai:http://localhost:1/v1#m"}, "openai:http://localhost:1/v1#m"),
        ({"replay": "answers.jsonl"}, "replay"),
    ],
)
def test_options_say_which_language_models_take_part(given: dict[str, Any], agents: str) -> None:
    assert _resolve(**given).agents == agents


@pytest.mark.parametrize(
    "given", [{"max_cost": 1.0}, {"share_rows": 3}, {"record": "a.jsonl"}, {"claude_model": "m"}]
)
def test_an_option_about_language_models_needs_one(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="none was asked for") as caught:
        _resolve(**given)

    assert "--claude" in caught.value.remedy
    assert _resolve(**given, claude=True).agents == "claude"


@pytest.mark.parametrize("other", ["no_claude", "agent_backend", "replay"])
def test_one_kind_of_agents_at_a_time(other: str) -> None:
    value: Any = True if other == "no_claude" else "openai:http://x/v1#m"
    with pytest.raises(UsageError, match="both given"):
        _resolve(claude=True, **{other: value})


def test_an_output_that_holds_something_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")

    for taken in (file, tmp_path, file / "below"):
        with pytest.raises(MleStarError, match="--output"):
            _resolve(output=str(taken))
    assert file.read_text() == "mine"


def test_a_name_made_from_hostile_ones_is_a_plain_folder_name() -> None:
    settings = resolve({"dataset": "/x/../We ird.tar.csv", "target": "a/b,..,ü" * 50}, cores=1)

    assert settings.name.startswith("we-ird-a-b")
    assert len(settings.name) <= 60
    assert set(settings.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
