"""SessionStart: one line of context for each of the project's newest models, if there are any.

Started by Claude Code with whatever ``python3`` there is; silent, with exit status 0, when there is
nothing to say or anything is not as expected: a hook must never be in the way.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mle_star_memory.store import Session

_SHOWN = 3


def main() -> int:
    """Read the hook's input, answer with context; always exit status 0."""
    with contextlib.suppress(Exception):  # the process boundary
        project = _project(json.load(sys.stdin))
        lines = [_line(session) for session in _sessions_under(project)]
        if lines:
            sys.stdout.write(json.dumps(_answer(lines)))
    return 0


def _project(given: dict[str, Any]) -> Path:
    return Path(os.environ.get("CLAUDE_PROJECT_DIR") or given["cwd"]).resolve()


def _sessions_under(project: Path) -> list[Session]:
    """The newest finished sessions whose result lies in the project."""
    sys.path.append(str(Path(__file__).resolve().parents[2] / "memory"))
    from mle_star_memory.location import database
    from mle_star_memory.opening import open_store

    path = database()
    if not path.exists():
        return []
    with open_store(path) as store:
        found = [session for session in store.sessions() if _is_usable(session, project)]
    return found[:_SHOWN]


def _is_usable(session: Session, project: Path) -> bool:
    folder = Path(session.folder)
    return session.status == "done" and project in folder.parents and (folder / "model").is_dir()


def _line(session: Session) -> str:
    score = "" if session.best_score is None else f", {session.metric} {session.best_score:.4g}"
    return f"{session.name}: predicts {session.target}{score}, model in {session.folder}/model"


def _answer(lines: list[str]) -> dict[str, Any]:
    text = "Models made by mle-star for this project:\n" + "\n".join(lines)
    return {"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": text}}


if __name__ == "__main__":
    raise SystemExit(main())
