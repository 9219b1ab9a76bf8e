"""Imports point one way."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest
from tests.architecture.source import imports, modules

FLOOR = 0
LAYERS = {
    "errors": FLOOR,
    "events": FLOOR,
    "eventlog": FLOOR,
    "option": FLOOR,
    "agent_options": FLOOR,
    "bench_options": FLOOR,
    "judge_options": FLOOR,
    "memory_options": FLOOR,
    "commands": FLOOR,
    "hooks": FLOOR,
    "hook_options": FLOOR,
    "watch_options": FLOOR,
    "config": FLOOR,
    "seeds": FLOOR,
    "files": FLOOR,
    "heap": FLOOR,
    "types": FLOOR,
    "budget": FLOOR,
    "toolkit": FLOOR,
    "workflow": 1,
    "data": 1,
    "solution": 2,
    "recipes": 3,
    "judge": 4,
    "agents": 5,
    "bundle": 6,
    "install": 6,
    "phases": 7,
    "lifecycle": 7,
    "session": 8,
    "watch": 9,
    "bench": 9,
    "report": 10,
    "mcp": 11,
    "cli": 12,
    "__main__": 13,
}


_RULES = "mle_star.agents.learning"
"""Rules of leakage that the hooks of Claude Code use too."""


def _room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


@pytest.mark.parametrize("name", [n for n in modules() if n.startswith("mle_star.")])
def test_engine_modules_import_only_downwards(name: str) -> None:
    upward = {
        other
        for other in imports(name, at_run_time=False)
        if other.startswith("mle_star.") and LAYERS[_room(other)] > LAYERS[_room(name)]
    }

    assert upward == set()


def test_no_phase_imports_another_phase() -> None:
    from_phases = {
        (name, other)
        for name in modules()
        if name.startswith("mle_star.phases.")
        for other in imports(name)
        if other.startswith("mle_star.phases.") and other != name
    }
    phases = {"search", "foundation", "ablation", "refinement", "ensemble"} | {
        "validation",
        "deployment",
    }

    assert {p for p in from_phases if p[1].rsplit(".", 1)[1] in phases} == set()


def test_there_are_no_cycles() -> None:
    graph = {name: imports(name) - {name} for name in modules()}

    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize(
    ("package", "allowed"),
    [("mle_star_memory", {"mle_star_memory"}), ("mle_star_hooks", {"mle_star_memory", _RULES})],
)
def test_memory_and_hooks_stand_without_the_engine(package: str, allowed: set[str]) -> None:
    foreign = {
        other
        for name in modules()
        if name.split(".")[0] == package
        for other in imports(name, at_run_time=False)
        if not {other, other.split(".")[0]} & (allowed | {package})
    }

    assert foreign == set()


def test_the_rules_that_hooks_share_with_the_engine_import_nothing_of_it() -> None:
    assert imports(_RULES, at_run_time=False) == set()


def test_every_room_of_the_engine_has_its_layer() -> None:
    rooms = {_room(name) for name in modules() if name.startswith("mle_star.")}

    assert rooms - set(LAYERS) == set()
