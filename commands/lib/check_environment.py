"""Tell whether this environment is whole: every installed file is there and the engine imports."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import distributions


def problems() -> list[str]:
    """One line for everything that is broken; empty if nothing is."""
    found = []
    for distribution in distributions():
        files = distribution.files or []
        missing = [f for f in files if f.suffix != ".pyc" and not f.locate().exists()]
        if missing:
            found.append(f"{distribution.name}: {len(missing)} files missing")
    try:
        importlib.import_module("mle_star.cli.main")
    except ImportError as error:
        found.append(str(error))
    return found


if __name__ == "__main__":
    found = problems()
    sys.stdout.write("\n".join(found))
    sys.exit(1 if found else 0)
