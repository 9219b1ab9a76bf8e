"""The session that a command is about."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from mle_star.session.lookup import EVENTS, Found, find
from mle_star.session.past import past_sessions
from mle_star.session.stages import Stages, near, stages_in
from mle_star_memory.location import memory_path
from mle_star_memory.opening import open_store
from mle_star_memory.store import PREPARED, Session


def sought(asked: str | None, memory: str | None = None) -> Found:
    """Find a session by id, name or folder; a store that cannot be read is passed over.

    Parameters
    ----------
    asked : str or None
        What was typed; None: the newest session.
    memory : str or None, default None
        The store, as typed.

    Raises
    ------
    UsageError
        If there is none.
    """
    return find(asked, past_sessions(memory))


def staged(asked: str | None, memory: str | None = None, *, runs: bool = False) -> Stages | None:
    """Find a session that is gone through by stages.

    Parameters
    ----------
    asked : str or None
        A folder, an id or the beginning of one, or a name; None: the newest there is.
    memory : str or None, default None
        The store, as typed.
    runs : bool, default False
        Whether there is none if the newest session of all is a run without stages.

    Returns
    -------
    Stages or None
        None if there is none.
    """
    if asked is not None and (found := stages_in(Path(asked).expanduser())) is not None:
        return found
    past = past_sessions(memory)
    if asked is not None:
        exact = [session for session in past if asked in (session.id, session.name)]
        past = exact or [session for session in past if session.id.startswith(asked)]
    for session in past:
        found = stages_in(near(session.folder))
        if found is not None or (runs and (Path(session.folder) / EVENTS).is_file()):
            return found
    return stages_in(Path("models") / asked) if asked is not None else None


def remember_stage(stages: Stages, dataset: Path, target: str, now: float) -> None:
    """Let a session be found before it runs; a store that fails is passed over.

    Parameters
    ----------
    stages : Stages
        Of the session; with a folder.
    dataset : Path
        Its data file.
    target : str
        What is predicted; empty if that is not known yet.
    now : float
        Seconds since the epoch.
    """
    path = memory_path(stages.given.get("memory"))
    if path is None:
        return
    session = Session(
        stages.session,
        stages.name,
        str(Path(stages.folder).resolve()),
        str(dataset.resolve()),
        target,
        now,
        status=PREPARED,
        stage=stages.stage,
    )
    with contextlib.suppress(sqlite3.Error, OSError), open_store(path) as store:
        store.add_session(session)
