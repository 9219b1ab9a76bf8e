"""The project that a conversation is about, and what of ours there is in it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mle_star_memory.glance import Glance, Seen
from mle_star_memory.location import database

_LOCK = "engine.lock"
_OWN_FOLDER = ".mle-star"


class Project:
    """A folder in which somebody works with Claude.

    Parameters
    ----------
    folder : str
        Absolute, without links.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def remembered(self) -> Iterator[Glance | None]:
        """What is remembered, for a look; None if nothing ever was."""
        path = database()
        if path.is_file():
            with Glance(path) as glance:
                yield glance
        else:
            yield None

    def sessions(self) -> list[Seen]:
        """Sessions whose result or data file lies in the project, newest first."""
        with self.remembered() as glance:
            return glance.sessions(self.folder) if glance else []

    def shown(self, path: str) -> str:
        """A path as a person of this project writes it."""
        inside = path.startswith(self.folder.rstrip(os.sep) + os.sep)
        return clean(os.path.relpath(path, self.folder) if inside else path)

    @property
    def own(self) -> Path:
        """The project's folder of ours, whether it is there or not."""
        return Path(self.folder) / _OWN_FOLDER

    @property
    def wants_runs(self) -> bool:
        """Whether the project asked for judged runs of what is edited."""
        try:
            settings = json.loads((self.own / "settings.json").read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(settings, dict) and settings.get("rerun_on_edit") is True


def is_running(session: Seen) -> bool:
    """Whether a process holds the session's folder."""
    try:
        import fcntl

        with Path(session.folder, _LOCK).open("rb+") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    return False


def resolved(name: str, folder: str) -> str:
    """A path as somebody in a folder means it: absolute, without links."""
    return os.path.realpath(Path(folder) / Path(name).expanduser())


def beginning(path: str, longest: int = 400_000) -> str:
    """The text of a file, no more than so many characters; empty if it cannot be read."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(longest)
    except OSError:
        return ""


def is_on_path(program: str) -> bool:
    """Whether a program of this name can be started."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    return any(os.access(Path(folder, program), os.X_OK) for folder in folders)


def settings_of(glance: Glance, session: Seen) -> dict[str, Any]:
    """The settings that a session was begun with; empty if they are not remembered."""
    for content in glance.contents(session.id, ["session"])["session"]:
        settings: dict[str, Any] = content.get("settings", {})
        return settings
    return {}


def clean(text: object, longest: int = 160) -> str:
    """A text from elsewhere on one line, not longer than that."""
    line = " ".join(str(text).split())
    line = "".join(letter for letter in line if letter.isprintable())
    return line if len(line) <= longest else line[: longest - 3] + "..."
