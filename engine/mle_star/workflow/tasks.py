"""The tasks of a file, each checked by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mle_star.workflow import parameters, values
from mle_star.workflow.default import PHASES, depends_among
from mle_star.workflow.file_agents import items_of
from mle_star.workflow.keys import Keys, Reading
from mle_star.workflow.node import Node
from mle_star.workflow.parameters import FileAgent
from mle_star.workflow.phase import Phase
from mle_star.workflow.problems import TYPED, expected
from mle_star.workflow.team import AGENTS, AGENTS_OF, NAMES, TASK_TYPES, acts_in

MOST = 200
"""Tasks of a graph at most."""


@dataclass(slots=True)
class Draft:
    """A task as it was read, before the graph is checked.

    Parameters
    ----------
    id : str
        Its name.
    line : int
        Where it stands.
    phase : Phase
        What it does.
    depends : tuple of str
        Known tasks that it waits for.
    depends_line : int
        Where that was said.
    agents : tuple of str
        Who acts in it.
    condition : Node or None
        The text of its condition, with references replaced.
    retries : int
        How often it is tried again.
    timeout : float or None
        Seconds it may take.
    parameters : dict of str to Any
        What its phase is told.
    """

    id: str
    line: int
    phase: Phase
    depends: tuple[str, ...]
    depends_line: int
    agents: tuple[str, ...]
    condition: Node | None
    retries: int
    timeout: float | None
    parameters: dict[str, Any]


@dataclass(slots=True)
class TaskReader:
    """Reads tasks that know of each other.

    Parameters
    ----------
    reading : Reading
        What is known.
    agents : mapping of str to FileAgent
        Those of the file.
    given : set of str
        Parameters that variables or settings give.
    whole : bool, default True
        Whether every task, and all that it waits for, could be read so far.
    """

    reading: Reading
    agents: Mapping[str, FileAgent]
    given: set[str]
    whole: bool = True
    _ids: set[str] = field(default_factory=set)
    _links: dict[str, tuple[Node, tuple[str, ...]]] = field(default_factory=dict)

    def read(self, tasks: Node | None, dependencies: Node | None) -> list[Draft]:
        """Read the list of tasks, or take the default ones, and what they wait for.

        Parameters
        ----------
        tasks : Node or None
            A list of mappings; None: the default graph.
        dependencies : Node or None
            A mapping of a task's id to the ids of those it waits for.
        """
        default = [Node({"id": Node(name, TYPED)}, TYPED) for name in PHASES]
        items = default if tasks is None else items_of(tasks, "tasks", self.reading)
        if tasks and len(items) > MOST:
            self.reading.problems.add(tasks.line, f"{len(items)} tasks, at most {MOST} can be run")
            items, self.whole = items[:MOST], False
        opened = self._opened(items)
        self._ids = set(opened)
        self._links = self._read_links(dependencies)
        drafts = [self._draft(name, keys) for name, keys in opened.items()]
        self.whole &= all(drafts) and len(opened) == len(items)
        return [draft for draft in drafts if draft]

    def _opened(self, items: list[Node]) -> dict[str, Keys]:
        found: dict[str, Keys] = {}
        for item in items:
            keys = Keys(item, "task", self.reading)
            name = keys.read("id", values.text)
            if name is None:
                self.reading.problems.add(item.line, "task: an id is missing")
            elif name in found:
                first = found[name].line
                self.reading.problems.add(
                    item.line, f"task {name!r} stands twice, first in line {first}"
                )
            else:
                keys.where = f"task {name!r}"
                found[name] = keys
        return found

    def _draft(self, name: str, keys: Keys) -> Draft | None:
        assigned = self._assigned(keys)
        phase = self._phase(name, keys, assigned)
        line, depends = self._depends(name, keys)
        if phase is None:
            return None
        draft = Draft(
            id=name,
            line=keys.line,
            phase=phase,
            depends=depends,
            depends_line=line,
            agents=self._acting(keys, phase, assigned),
            condition=self._condition(keys),
            retries=keys.read("retries", values.integer(0)) or 0,
            timeout=keys.read("timeout", values.positive),
            parameters=parameters.of_task(
                keys, phase, self._ids, self._configured(phase, assigned), self.given
            ),
        )
        keys.close()
        return draft

    def _assigned(self, keys: Keys) -> dict[str, tuple[str, ...]]:
        """The agents that a task names, with the ones of the six that each stands for."""
        node = keys.take("assign_to")
        names = node and self.reading.value(node, f"{keys.where}: assignTo", values.texts)
        found: dict[str, tuple[str, ...]] = {}
        for name in names or ():
            if name in self.agents:
                found[name] = self.agents[name].members
            elif name in NAMES:
                found[name] = NAMES[name]
            elif node:
                hint = expected(name, [*self.agents, *NAMES])
                self.reading.problems.add(
                    node.line, f"{keys.where}: unknown agent {name!r}, {hint}"
                )
        return found

    def _phase(
        self, name: str, keys: Keys, assigned: Mapping[str, tuple[str, ...]]
    ) -> Phase | None:
        before = len(self.reading.problems.found)
        said = keys.read("phase", values.choice(Phase))
        kind = keys.read("type", values.choice(TASK_TYPES))
        meant = TASK_TYPES.get(kind or "", ())
        phase = PHASES.get(name) or (said and Phase(said)) or _meant(meant, assigned)
        problem = ""
        if phase is None:
            ask = "give its phase" if not meant else f"type {kind} may mean {' or '.join(meant)}"
            problem = f"is not in the default graph: {ask}, {expected(name, Phase)}"
        elif said and said != phase:
            problem = f"is about {phase}, its phase says {said}"
        elif meant and phase not in meant:
            problem = f"is about {phase}, its type says {kind}"
        if problem and len(self.reading.problems.found) == before:
            self.reading.problems.add(keys.line, f"{keys.where} {problem}")
        return phase

    def _acting(
        self, keys: Keys, phase: Phase, assigned: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, ...]:
        able = AGENTS_OF[phase]
        for name, members in assigned.items():
            if not set(members) & set(able):
                self.reading.problems.add(
                    keys.line,
                    f"{keys.where}: agent {name!r} has no part in {phase}, "
                    f"expected {' or '.join(able)}",
                )
        asked = {member for members in assigned.values() for member in members}
        return tuple(name for name in able if name in asked or not assigned)

    def _configured(self, phase: Phase, assigned: Mapping[str, tuple[str, ...]]) -> list[FileAgent]:
        """The agents of the file whose configuration counts for a task."""
        if assigned:
            return [self.agents[name] for name in assigned if name in self.agents]
        return [agent for agent in self.agents.values() if acts_in(agent.members, phase)]

    def _condition(self, keys: Keys) -> Node | None:
        node = keys.take("condition")
        text = node and self.reading.value(node, f"{keys.where}: condition", values.text)
        return Node(text, node.line) if node and text else None

    def _depends(self, name: str, keys: Keys) -> tuple[int, tuple[str, ...]]:
        own = keys.take("depends")
        if name in self._links:
            node, names = self._links[name]
            return node.line, names
        if own is not None:
            return own.line, self._known(own, keys.where)
        if name in PHASES:
            return keys.line, depends_among(name, self._ids)
        return keys.line, ()

    def _read_links(self, node: Node | None) -> dict[str, tuple[Node, tuple[str, ...]]]:
        if node is None:
            return {}
        if not isinstance(node.value, dict):
            got = values.shown(node.plain())
            self.reading.problems.add(node.line, f"dependencies must be a mapping, got {got}")
            return {}
        found = {}
        for name, inner in node.value.items():
            if name not in self._ids:
                hint = expected(name, sorted(self._ids))
                self.reading.problems.add(
                    inner.line, f"dependencies: unknown task {name!r}, {hint}"
                )
                self.whole = False
            elif inner.value is not None:
                found[name] = (inner, self._known(inner, f"dependencies of {name!r}"))
        return found

    def _known(self, node: Node, where: str) -> tuple[str, ...]:
        names = self.reading.value(node, f"{where}: depends", values.texts)
        self.whole &= names is not None
        names = names or ()
        for name in names:
            if name not in self._ids:
                hint = expected(name, sorted(self._ids))
                self.reading.problems.add(node.line, f"{where}: unknown task {name!r}, {hint}")
                self.whole = False
        return tuple(name for name in names if name in self._ids)


def _meant(phases: tuple[Phase, ...], assigned: Mapping[str, tuple[str, ...]]) -> Phase | None:
    """The phase that a type means; an analysis is one of the data or of the solution, by agent."""
    if len(phases) < 2:
        return phases[0] if phases else None
    members = {member for found in assigned.values() for member in found}
    if not members or members >= set(AGENTS):
        return None
    if "ablation-analyst" in members:
        return Phase.ABLATION
    return Phase.PROFILE if "feature-engineer" in members else None
