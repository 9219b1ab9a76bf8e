"""Reading mappings key by key, so that every key is honoured, told or refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mle_star.workflow.node import Node
from mle_star.workflow.problems import Problems, expected
from mle_star.workflow.values import shown
from mle_star.workflow.variables import references, substitute

T = TypeVar("T")

DESCRIBING = frozenset(
    (
        # of anything
        "name", "description", "version", "metadata", "capabilities", "claude_prompt", "output",
        # of settings and agents
        "expected_runtime", "enable_monitoring", "save_intermediate_results", "auto_documentation",
        "frameworks", "optimization_methods", "focus_areas", "domains",
        # what a task of claude-flow is handed by others: here the engine hands it on by itself
        "problem_type", "data_characteristics", "search_queries", "dataset_path", "target",
        "search_results", "dataset_info", "approaches_to_implement", "foundation_pipeline",
        "baseline_performance", "components_to_test", "improvement_strategies", "base_models",
        "individual_performances", "final_model", "full_pipeline", "validated_model",
        "performance_benchmarks", "deployment_target",
    )
)  # fmt: skip
"""Keys that are accepted and told in the notes, but change nothing."""

_SPLITS = "the engine makes the splits, the same for every candidate"
REFUSED = {
    "cv_folds": _SPLITS,
    "test_size": _SPLITS,
    "stratification": _SPLITS,
    "random_seed": "--seed sets the seed of the whole run",
}
"""Keys that ask for what a workflow file cannot decide, with the reason."""


@dataclass(slots=True)
class Reading:
    """What is known while a file is read.

    Parameters
    ----------
    problems : Problems
        All that is wrong so far.
    variables : dict of str to Any
        For ``${name}``.
    metrics, strategies : collection of str
        Names of metrics, and of ways to combine models, that the engine has.
    described : set of str
        Keys that were accepted and change nothing.
    used : set of str
        Variables that were referred to.
    notes : list of str
        Other things to tell.
    """

    problems: Problems
    variables: dict[str, Any]
    metrics: Collection[str] = ()
    strategies: Collection[str] = ()
    described: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def value(self, node: Node, what: str, reader: Callable[[Any], T]) -> T | None:
        """The value of a node as a reader wants it; None, and a problem, if it is not so."""
        plain = node.plain()
        self.used.update(references(plain))
        try:
            plain = substitute(plain, self.variables)
        except ValueError as error:
            self.problems.add(node.line, f"{what}: {error}")
            return None
        try:
            return reader(plain)
        except ValueError as error:
            self.problems.add(node.line, f"{what} must be {error}, got {shown(plain)}")
            return None


class Keys:
    """The keys of one mapping; camelCase is read as snake_case, null as absent.

    Parameters
    ----------
    node : Node or None
        A mapping; anything else is a problem and read as empty.
    where : str
        What it is, for messages.
    reading : Reading
        What is known.
    """

    def __init__(self, node: Node | None, where: str, reading: Reading) -> None:
        self.where = where
        self.reading = reading
        self.line = node.line if node else 0
        self._nodes: dict[str, tuple[str, Node]] = {}
        self._asked: dict[str, None] = {}
        if node is None or node.value is None:
            return
        if not isinstance(node.value, dict):
            got = shown(node.plain())
            reading.problems.add(node.line, f"{where} must be a mapping, got {got}")
            return
        for key, inner in node.value.items():
            self._keep(key, inner)

    def take(self, name: str) -> Node | None:
        """The node of a key, which then counts as read."""
        self._asked[name] = None
        _, node = self._nodes.pop(name, ("", None))
        return node if node and node.value is not None else None

    def read(self, name: str, reader: Callable[[Any], T]) -> T | None:
        """The value of a key as a reader wants it; None if it is absent or refused."""
        written = self._nodes[name][0] if name in self._nodes else name
        node = self.take(name)
        return self.reading.value(node, f"{self.where}: {written}", reader) if node else None

    def describe(self, name: str) -> None:
        """Tell that a key changes nothing."""
        self.reading.described.add(name)

    def close(self) -> None:
        """Judge the keys that nobody took: describing ones are told, others are problems."""
        for name, (key, node) in self._nodes.items():
            if name in DESCRIBING:
                self.describe(key)
            elif name in REFUSED:
                self.reading.problems.add(node.line, f"{self.where}: {key}: {REFUSED[name]}")
            else:
                hint = expected(name, self._asked)
                self.reading.problems.add(node.line, f"{self.where}: unknown key {key!r}, {hint}")
        self._nodes = {}

    def _keep(self, key: str, node: Node) -> None:
        name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
        if name in self._nodes:
            other = self._nodes[name][0]
            self.reading.problems.add(node.line, f"{self.where}: {other} and {key} are the same")
        self._nodes[name] = (key, node)
