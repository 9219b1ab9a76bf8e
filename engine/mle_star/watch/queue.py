"""Requests for runs: one JSON file each, written whole or not at all, whoever asks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from mle_star.files import write_json

REFUSED = "refused"
"""Folder within the queue for requests that cannot be worked off."""

_TEXTS = ("reason", "session", "dataset", "path", "asked", "target")
_LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for a run.

    Parameters
    ----------
    file : Path
        Of the request.
    reason : str
        Why, in words.
    session : str, default ""
        Id or name of the session to go on from; empty: the newest on the data file.
    dataset : str, default ""
        The data file; empty: the session's.
    path : str, default ""
        The file that changed.
    asked : str, default ""
        When, as ISO 8601 text.
    target : str, default ""
        What is predicted, where no session says it.
    """

    file: Path
    reason: str
    session: str = ""
    dataset: str = ""
    path: str = ""
    asked: str = ""
    target: str = ""

    @property
    def name(self) -> str:
        """What the request is called."""
        return self.file.stem

    def done(self) -> None:
        """Take it out of the queue."""
        self.file.unlink(missing_ok=True)


class Unreadable(ValueError):  # noqa: N818 - says what the file is
    """A file in the queue is no request."""


def ask(queue: Path, request: Mapping[str, str | None], now: float) -> Path:
    """Put a request into a queue.

    Parameters
    ----------
    queue : Path
        Its folder.
    request : mapping
        Fields of :class:`Request` but the file.
    now : float
        Seconds since the epoch.
    """
    stamp = int(1000 * now)
    while (path := queue / f"{stamp}-{os.getpid()}.json").exists():
        stamp += 1
    asked = datetime.fromtimestamp(now, UTC).isoformat()
    return write_json(path, {**request, "asked": asked})


def waiting(queue: Path) -> list[Path]:
    """Files of requests, the oldest first."""
    return sorted(queue.glob("[!.]*.json"), key=lambda path: (_stamp(path), path.name))


def read(path: Path) -> Request:
    """Read a request.

    Raises
    ------
    Unreadable
        If it is none.
    """
    try:
        with path.open("rb") as file:
            found: Any = orjson.loads(file.read(_LARGEST))
    except (OSError, orjson.JSONDecodeError) as error:
        raise Unreadable(f"it cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise Unreadable("it is no JSON object")
    texts = {name: found.get(name) or "" for name in _TEXTS}
    for name, text in texts.items():
        if not isinstance(text, str) or "\0" in text:
            raise Unreadable(f"its {name!r} is no text")
    if not texts["session"] and not texts["dataset"]:
        raise Unreadable("it names neither a session nor a data file")
    return Request(path, **texts)


def refuse(path: Path) -> None:
    """Put a request aside that cannot be worked off."""
    aside = path.parent / REFUSED
    with contextlib.suppress(OSError):
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)


def _stamp(path: Path) -> int:
    number = path.name.partition("-")[0]
    return int(number) if number.isdigit() else 0
