"""What the phases can be told by a workflow file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mle_star.types import Role
from mle_star.workflow import values
from mle_star.workflow.keys import Keys, Reading
from mle_star.workflow.node import Node
from mle_star.workflow.phase import Phase
from mle_star.workflow.values import Reader

DEPTHS = {"quick": 1, "standard": 3, "comprehensive": 5}
"""Rounds of search of each depth."""

BLOCKS = {
    "feature_engineering": Role.FEATURES,
    "model_selection": Role.MODEL,
    "hyperparameter_tuning": Role.HYPERPARAMETERS,
    "data_preprocessing": Role.CLEAN,
} | {str(role): role for role in Role if role is not Role.COMBINE}
"""Blocks that can be refined, by the names that a file may use."""

_NESTED = ("input", "config", "parameters")
_DATA = ("dataset_path", "target")
_REFERENCE = re.compile(r"\$\{([\w-]+)\.[^{}]*\}")


def _depth(value: Any) -> int:
    return DEPTHS[values.choice(DEPTHS)(value)]


def _block(value: Any) -> str:
    return str(BLOCKS[values.choice(BLOCKS)(value)])


PARAMETERS: dict[Phase, dict[str, tuple[str, Reader]]] = {
    Phase.PROFILE: {},
    Phase.SEARCH: {
        "search_iterations": ("search_iterations", values.integer(1)),
        "rounds": ("search_iterations", values.integer(1)),
        "search_depth": ("search_iterations", _depth),
    },
    Phase.FOUNDATION: {
        "max_candidates": ("max_candidates", values.integer(1)),
        "merge": ("merge", values.boolean),
    },
    Phase.ABLATION: {},
    Phase.REFINEMENT: {
        "refinement_iterations": ("refinement_iterations", values.integer(0)),
        "max_iterations": ("refinement_iterations", values.integer(0)),
        "target_component": ("target_component", _block),
        "block": ("target_component", _block),
        "proposals": ("proposals", values.integer(1)),
    },
    Phase.ENSEMBLE: {"ensemble_strategies": ("ensemble_strategies", values.texts)},
    Phase.VALIDATION: {
        "quality_threshold": ("quality_threshold", values.number),
        "latency_ms": ("latency_ms", values.positive),
    },
    Phase.DEPLOYMENT: {},
}
"""By phase: every key that is understood, with the parameter it sets and how it is read."""


@dataclass(slots=True)
class FileAgent:
    """An agent that the file describes.

    Parameters
    ----------
    name : str
        Its id.
    members : tuple of str
        Which of the six it stands for.
    config : Keys
        What the file says of it; parameters are taken from it at once.
    """

    name: str
    members: tuple[str, ...]
    config: Keys
    _nodes: dict[str, Node] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for known in PARAMETERS.values():
            for key in known:
                if (node := self.config.take(key)) is not None:
                    self._nodes[key] = node

    def nodes_for(self, phase: Phase) -> Iterator[tuple[str, Node]]:
        """What it says of a phase in which it acts."""
        for key in PARAMETERS[phase].keys() & self._nodes.keys():
            self._used.add(key)
            yield key, self._nodes[key]

    def close(self) -> None:
        """Refuse what no task can use."""
        for key in self._nodes.keys() - self._used:
            self.config.reading.problems.add(
                self._nodes[key].line, f"{self.config.where}: no task of the agent has a {key}"
            )
        self.config.close()


def of_task(
    task: Keys, phase: Phase, tasks: Collection[str], agents: Iterable[FileAgent], given: set[str]
) -> dict[str, Any]:
    """The parameters of one task: its own, then those of its agents' configuration.

    Parameters
    ----------
    task : Keys
        The task; its nested mappings are read and closed here.
    phase : Phase
        What it does.
    tasks : collection of str
        All task ids: ``${id.output.x}`` of one of them only describes what the engine does anyway.
    agents : iterable of FileAgent
        Those that act in it.
    given : set of str
        Parameters that variables or settings give, which go before an agent's configuration.
    """
    found = _Found(task.where, phase, tasks, task.reading)
    parts = [Keys(task.take(name), f"{task.where} {name}", task.reading) for name in _NESTED]
    for keys in (task, *parts):
        for key in PARAMETERS[phase]:
            found.take(key, keys.take(key))
    for keys in parts:
        splits = keys.take("validation_config")
        Keys(splits, f"{keys.where} validation_config", task.reading).close()
        for key in _DATA:
            _check_data(keys, key)
        keys.close()
    own = set(found.values)
    for agent in agents:
        for key, node in agent.nodes_for(phase):
            if PARAMETERS[phase][key][0] in given:
                task.reading.notes.append(
                    f"{key} of agent {agent.name!r} is not used: variables or settings go before it"
                )
            elif PARAMETERS[phase][key][0] not in own:
                found.take(key, node)
    return found.values


class _Found:
    """The parameters of a task so far."""

    def __init__(self, where: str, phase: Phase, tasks: Collection[str], reading: Reading) -> None:
        self.values: dict[str, Any] = {}
        self._where = where
        self._phase = phase
        self._tasks = tasks
        self._reading = reading

    def take(self, key: str, node: Node | None) -> None:
        if node is None:
            return
        link = _REFERENCE.fullmatch(node.value) if isinstance(node.value, str) else None
        if link is not None and link[1] in self._tasks:
            self._reading.described.add(key)
            return
        name, reader = PARAMETERS[self._phase][key]
        if name == "ensemble_strategies":
            reader = _strategies(self._reading.strategies)
        value = self._reading.value(node, f"{self._where}: {key}", reader)
        if value is None:
            return
        if self.values.setdefault(name, value) != value:
            other = values.shown(self.values[name])
            self._reading.problems.add(
                node.line, f"{self._where}: {key} says {name} {value}, but it is {other} already"
            )


def _check_data(keys: Keys, key: str) -> None:
    """Refuse another data file or target than that of the run."""
    node = keys.take(key)
    if node is None:
        return
    keys.describe(key)
    said = keys.reading.variables.get(key)
    if node.value != said and not (isinstance(node.value, str) and "${" in node.value):
        keys.reading.problems.add(
            node.line, f"{keys.where}: {key} is that of the run: set it in variables"
        )


def _strategies(known: Collection[str]) -> Callable[[Any], tuple[str, ...]]:
    """Names of strategies; words of a name will do where they fit only one."""

    def read(value: Any) -> tuple[str, ...]:
        found: list[str] = []
        for given in values.texts(value):
            words = set(re.split(r"[\s_-]+", given.lower().strip()))
            fitting = [name for name in known if words <= set(name.lower().split())]
            exact = [name for name in fitting if words == set(name.lower().split())]
            if len(exact or fitting) != 1:
                raise ValueError(f"a list of names among {', '.join(known)}")
            found += exact or fitting
        if not found:
            raise ValueError("a list of at least one name")
        return tuple(dict.fromkeys(found))

    return read
