"""The six agents as they are defined in ``agents/*.md``: subagents of Claude Code and prompts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mle_star.agents.assets import asset_folder
from mle_star.errors import StateError

AGENTS = (
    "ml-researcher",
    "feature-engineer",
    "model-optimizer",
    "ablation-analyst",
    "ensemble-architect",
    "deployment-engineer",
)
"""The six, in the order in which a run needs them."""

_CONVERSATION = "\n## In a conversation\n"
"""From here on a definition speaks to a subagent of Claude Code alone, not to an agent of a run."""
_OF_SERVERS = "mcp__"


@dataclass(frozen=True, slots=True)
class Definition:
    """One agent.

    Parameters
    ----------
    name, description : str
        Who it is, and when to ask it.
    tools : tuple of str
        The tools that it may use in a run, and no others; those of our own server are for
        conversations.
    prompt : str
        Its whole system prompt in a run: the body without what is said of conversations.
    """

    name: str
    description: str
    tools: tuple[str, ...]
    prompt: str


def load_definitions(folder: Path | None = None) -> dict[str, Definition]:
    """Read the six definitions.

    Parameters
    ----------
    folder : Path or None
        Holds ``<name>.md``; None: the one that travels with the engine.

    Returns
    -------
    dict of str to Definition
        By name, in the order of :data:`AGENTS`.

    Raises
    ------
    StateError
        If a file is missing or its front matter is not what Claude Code reads.
    """
    folder = folder or asset_folder("agents")
    return {name: _read(folder / f"{name}.md") for name in AGENTS}


def parse_definition(text: str) -> Definition:
    """Read front matter (``key: value`` lines between ``---``) and body.

    Raises
    ------
    ValueError
        If the front matter is missing, or lacks name, description or tools.
    """
    opening, front, body = (*text.split("---\n", 2), "", "")[:3]
    if opening or not body:
        raise ValueError("no front matter between two lines of ---")
    fields = dict(_field(line) for line in front.splitlines() if line.strip())
    missing = {"name", "description", "tools"} - fields.keys()
    if missing:
        raise ValueError(f"the front matter lacks {', '.join(sorted(missing))}")
    tools = [tool.strip() for tool in fields["tools"].split(",")]
    in_runs = tuple(tool for tool in tools if not tool.startswith(_OF_SERVERS))
    prompt = body.split(_CONVERSATION)[0].strip()
    return Definition(fields["name"], fields["description"], in_runs, prompt)


def _field(line: str) -> tuple[str, str]:
    key, colon, value = line.partition(": ")
    if not colon or ": " in value:
        raise ValueError(f"not a plain 'key: value' line: {line!r}")
    return key, value.strip()


def _read(path: Path) -> Definition:
    try:
        return parse_definition(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(
            f"cannot read the agent definition {path}: {error}", "install mle-star again"
        ) from error
