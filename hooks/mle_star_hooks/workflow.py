"""A workflow file, looked at for leakage: a data file that is tested on as well."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from mle_star_hooks.project import clean
from mle_star_hooks.test_rows import holds_test_rows

_DATASET = re.compile(
    r"""^\s*["']?(?:dataset_path|dataset)["']?\s*:\s*["']?([^"'\n,]+)""", re.MULTILINE
)


def workflow_findings(text: str, path: str, known: Collection[str]) -> Iterator[str]:
    """What leaks in a workflow, and what keeps it from being read.

    Parameters
    ----------
    text : str
        The file.
    path : str
        Its path; relative paths in it start from the project, which is tried as well.
    known : collection of str
        Absolute paths of files with test rows.
    """
    if path.endswith(".json"):
        try:
            json.loads(text)
        except ValueError as error:
            yield f"it is not JSON: {error}"
            return
    for match in _DATASET.finditer(text):
        name = match.group(1).strip()
        if holds_test_rows(name, str(Path(path).parent), known):
            yield f"it trains on {clean(name)}, which holds test rows"
