"""The agents that a file describes."""

from __future__ import annotations

from mle_star.workflow import values
from mle_star.workflow.keys import Keys, Reading
from mle_star.workflow.node import Node
from mle_star.workflow.parameters import FileAgent
from mle_star.workflow.problems import expected
from mle_star.workflow.team import AGENTS, NAMES, TYPES

_KINDS = TYPES | {name: (name,) for name in AGENTS}


def read_agents(node: Node | None, reading: Reading) -> dict[str, FileAgent]:
    """Read the agents of a file.

    Parameters
    ----------
    node : Node or None
        A list of mappings.
    reading : Reading
        Takes what is wrong.

    Returns
    -------
    dict of str to FileAgent
        By id.
    """
    found: dict[str, FileAgent] = {}
    for item in items_of(node, "agents", reading):
        agent = _agent(item, reading)
        if agent and agent.name in found:
            reading.problems.add(item.line, f"agent {agent.name!r} stands twice")
        elif agent:
            found[agent.name] = agent
    return found


def items_of(node: Node | None, what: str, reading: Reading) -> list[Node]:
    """The items of a list; anything else is a problem and read as empty."""
    if node is None:
        return []
    if isinstance(node.value, list):
        return node.value
    reading.problems.add(node.line, f"{what} must be a list, got {values.shown(node.plain())}")
    return []


def _agent(item: Node, reading: Reading) -> FileAgent | None:
    keys = Keys(item, "agent", reading)
    name = keys.read("id", values.text)
    if name is None:
        reading.problems.add(item.line, "agent: an id is missing")
        return None
    keys.where = f"agent {name!r}"
    kind = keys.read("type", values.choice(_KINDS))
    members = _members(name, kind, keys)
    config = Keys(keys.take("config"), f"{keys.where} config", reading)
    keys.close()
    return FileAgent(name, members, config)


def _members(name: str, kind: str | None, keys: Keys) -> tuple[str, ...]:
    own, said = NAMES.get(name), _KINDS.get(kind or "")
    if own and said and not set(own) & set(said):
        keys.reading.problems.add(keys.line, f"{keys.where} is no {kind}")
    if own is None and said is None:
        keys.reading.problems.add(
            keys.line, f"{keys.where} is unknown: give its type, {expected(name, TYPES)}"
        )
    return own or said or AGENTS
