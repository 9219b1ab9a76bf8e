"""Finding a remembered session by what a person calls it."""

from __future__ import annotations

import os

from mle_star_memory.store import Session, Store

_LISTED = 5


class UnknownSessionError(LookupError):
    """No session is called so, or several are."""


def identify(store: Store, asked: str | None) -> Session:
    """The session that is meant.

    Parameters
    ----------
    store : Store
        What is remembered.
    asked : str or None
        Its folder, its id or the beginning of one, or its name (the newest of that name counts);
        None: the newest session.

    Raises
    ------
    UnknownSessionError
        If there is none, or the beginning of an id fits several.
    """
    sessions = store.sessions(None)
    if asked is None:
        fitting = sessions[:1]
    else:
        folder = os.path.realpath(asked) if "\0" not in asked else ""
        fitting = (
            [s for s in sessions if s.folder == folder]
            or [s for s in sessions if s.id == asked]
            or [s for s in sessions if s.name == asked]
        )[:1] or [s for s in sessions if asked and s.id.startswith(asked)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnknownSessionError(f"{asked!r} begins several ids: {_listed(fitting)}")
    if not sessions:
        raise UnknownSessionError("there is no session yet")
    raise UnknownSessionError(f"there is no session {asked!r}; there are {_listed(sessions)}")


def _listed(sessions: list[Session]) -> str:
    listed = ", ".join(f"{session.id} ({session.name})" for session in sessions[:_LISTED])
    more = len(sessions) - _LISTED
    return f"{listed} and {more} more" if more > 0 else listed
