"""Runs one Python hook: ``python -m mle_star.lifecycle.child FILE FUNCTION``, event on stdin."""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from pathlib import Path
from types import ModuleType

from mle_star.hooks import Block

EXIT_BLOCKED = 2


def main(path: str, function: str) -> int:
    """Call a hook with the event on standard input; gives back an exit status.

    Parameters
    ----------
    path : str
        The Python file.
    function : str
        Its name there.
    """
    event = json.load(sys.stdin)
    try:
        getattr(_module(Path(path)), function)(event)
    except Block as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - that is how a hook answers
        return EXIT_BLOCKED
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _module(path: Path) -> ModuleType:
    """The file as a module; what stands beside it can be imported, what is installed goes first."""
    sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location("mle_star_hook", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
