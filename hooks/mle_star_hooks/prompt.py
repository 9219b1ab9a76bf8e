"""UserPromptSubmit: what was measured before, where the prompt is about a data set known here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mle_star_hooks.lessons import lessons
from mle_star_hooks.project import Project
from mle_star_memory.glance import Seen

_MOST = 2
"""Data sets told of."""
_LONGEST = 20_000
"""Characters of a prompt that are read."""
_PLAIN = {
    "data", "dataset", "train", "training", "test", "input", "table", "rows", "file", "model",
    "main", "all", "full", "sample", "example",
}  # fmt: skip
"""Names of files that are words of any prompt."""
_MODELLING = re.compile(
    r"\b(predict|model|train|target|column|feature|score|ablat|refin|ensemble|dataset|data set|"
    r"accura|overfit|leak|metric|roc|auc|rmse|hyperparameter|mle-star)",
    re.IGNORECASE,
)


def hear(event: dict[str, Any], project: Project) -> str:
    """The lessons of the newest session of each data set that the prompt is about."""
    prompt = str(event["prompt"])[:_LONGEST]
    with project.remembered() as glance:
        if glance is None:
            return ""
        told, found = set(), []
        for session in glance.sessions(project.folder):
            key = session.dataset, session.target
            if key in told or session.status != "done" or not _is_about(prompt, session):
                continue
            told.add(key)
            found.append(lessons(glance, project, session))
            if len(found) == _MOST:
                break
    return "\n\n".join(found)


def _is_about(prompt: str, session: Seen) -> bool:
    """A file is named by itself; a target or a run is meant only where modelling is spoken of."""
    file = Path(session.dataset).name
    stem = file.split(".")[0]
    if _named(prompt, file):
        return True
    if not _MODELLING.search(prompt):
        return False
    if len(stem) > 3 and stem.lower() not in _PLAIN and _named(prompt, stem):
        return True
    names = [*session.target.split(", "), session.name]
    return any(
        len(name) > 2 and name.lower() not in _PLAIN and _named(prompt, name) for name in names
    )


def _named(prompt: str, name: str) -> bool:
    return bool(name) and bool(
        re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-]|\.\w)", prompt, re.IGNORECASE)
    )
