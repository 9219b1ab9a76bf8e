"""What a model is told apart by: digests of it, of its code and of its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mle_star.bundle.bundle import MANIFEST
from mle_star.errors import StateError
from mle_star.files import read_json
from mle_star.session.folder import SOLUTION


def digests(model: Path) -> dict[str, Any]:
    """Digests of a model, of its code and of its data; empty where they cannot be read.

    Parameters
    ----------
    model : Path
        The model's folder.
    """
    try:
        manifest = read_json(model / MANIFEST)
        code = manifest["files"][SOLUTION]
        return {"model": manifest["digest"], "code": code, "data": manifest["data_digest"]}
    except (StateError, KeyError, TypeError):
        return {}
