"""How another program starts this engine: by the Node package that it belongs to, or by Python."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

_STAMP = "mle-star.json"
"""Written by the Node side into an environment that it made; see ``commands/lib/stamp.js``."""


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """The start of this engine.

    Parameters
    ----------
    python : Path
        The interpreter that has it.
    root : Path or None, default None
        The Node package that made the interpreter's environment, and makes it anew where it is
        out of date; None: it was installed by pip.
    """

    python: Path
    root: Path | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Program and first arguments."""
        if self.root is not None:
            return "node", str(_shim(self.root))
        return str(self.python), "-P", "-m", "mle_star"


def engine_command(prefix: Path | None = None) -> EngineCommand:
    """Of the engine in this process.

    Parameters
    ----------
    prefix : Path or None, default None
        Folder of the environment; None: that of this process.
    """
    python = Path(sys.executable)
    try:
        stamp = json.loads(((prefix or Path(sys.prefix)) / _STAMP).read_bytes())
        root = Path(stamp["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return EngineCommand(python)
    return EngineCommand(python, root if _shim(root).is_file() else None)


def _shim(root: Path) -> Path:
    return root / "bin" / "mle-star.js"
