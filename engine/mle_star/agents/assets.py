"""Where the data files that travel with the engine stand."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = {
    "agents": "agents",
    "knowledge": "memory/knowledge",
    "claude-flow": "commands/claude-flow",
    "commands": "commands",
}


def asset_folder(name: str, package: Path = _PACKAGE) -> Path:
    """Folder of some of them.

    Parameters
    ----------
    name : {"agents", "knowledge", "claude-flow", "commands"}
        The agent definitions, the knowledge base, the launcher for claude-flow, or the slash
        commands for Claude Code.
    package : Path
        The ``mle_star`` package; an installed wheel holds the files under its ``_data``, a
        checkout two folders above it.

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    candidates = [package / "_data" / name, package.parent.parent / _CHECKOUT[name]]
    for folder in candidates:
        if folder.is_dir():
            return folder
    places = " nor ".join(map(str, candidates))
    raise FileNotFoundError(f"no {name} folder at {places}; install mle-star again")
