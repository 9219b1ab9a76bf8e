"""Events for the hooks, as Claude Code gives them, and sessions for them to know of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mle_star_hooks.answer import answer
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session

ROOT = Path(__file__).resolve().parents[2]
HOOK = ROOT / "hooks" / "mle_star_hooks" / "hook.py"


def start(given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the hook as ``hooks.json`` does."""
    kept = {k: v for k, v in os.environ.items() if k != "CLAUDE_PROJECT_DIR"}
    return subprocess.run(
        [sys.executable, "-I", "-S", str(HOOK)],
        input=given,
        text=True,
        capture_output=True,
        env=kept | environment,
        timeout=60,
        check=False,
    )


def given(name: str, project: Path, **event: Any) -> str:
    """An event as Claude Code gives it."""
    return json.dumps({"hook_event_name": name, "cwd": str(project), "session_id": "talk", **event})


def hear(name: str, project: Path, **event: Any) -> str:
    """What the hook says to the model about an event; empty if it is silent.

    Heard in this process, which is quicker; an error is an error here.
    """
    text = answer(given(name, project, **event).encode())
    if not text:
        return ""
    told = json.loads(text)["hookSpecificOutput"]
    assert told["hookEventName"] == name
    return str(told["additionalContext"])


def session_of(
    project: Path, name: str = "churn", records: tuple[Record, ...] = (), **fields: Any
) -> Session:
    """Remember a session with its folder in a project; finished, if nothing else is said."""
    folder = project / "models" / name
    (folder / "model").mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "id": f"id-{name}", "name": name, "folder": str(folder),
        "dataset": str(project / "telco.csv"), "target": "Churn", "started": 100.0,
        "metric": "roc_auc", "status": "done", "finished": 200.0, "best_score": 0.8412,
    }  # fmt: skip
    session = Session(**values | fields)
    with open_store(database()) as store:
        store.add_session(session)
        store.add_records(session.id, records)
    return session


def settings_record(project: Path, **settings: Any) -> Record:
    """The record of what a session was begun with."""
    content = {"settings": {"dataset": "telco.csv", "cwd": str(project), **settings}}
    return Record("session", "s", content, 1.0)


def findings() -> list[tuple[str, str, str]]:
    """Session, agent and text of every finding in the store."""
    with open_store(database()) as store:
        found = store.query("", kind="finding")
    return [(m.session, m.record.content["agent"], m.record.content["text"]) for m in found]
