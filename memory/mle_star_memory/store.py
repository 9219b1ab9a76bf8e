"""The store's contract: past sessions, and records of what was found and measured in them.

A *session* is one run. A *record* is one thing that came up in it, such as a judged candidate. It
has a kind and a key, and a session holds one record a kind and key: recording the same thing again
changes nothing, and recording another content under the same key replaces it.

Every change is all or nothing, and whoever reads sees whole changes only. Many processes may use
one store at once: a writer waits for another, a reader waits for nobody. Whatever goes wrong with
the file is a :class:`StoreError`, and leaves the store as it was.

Any text is a valid query. Its words are looked for in the records' text, whatever their case and
accents, as beginnings of words; the order is by BM25, best match first, newer before older. Records
that hold all words are found; where there is none, those that hold any. A blank query gives the
newest records.

The back ends are :mod:`mle_star_memory.sqlite_store` and :mod:`mle_star_memory.json_store`;
:func:`mle_star_memory.opening.open_store` chooses. Reading needs the standard library only; hooks
of other programs have :mod:`mle_star_memory.glance`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self

    from mle_star_memory.versions import Move, Version

PREPARED, RUNNING = "prepared", "running"
"""A session whose stages were looked at but not run, and one that has begun and not ended."""

BUSY_SECONDS = 10.0
"""How long a writer waits for another process."""


class StoreError(OSError):
    """The store cannot be read or written: not permitted, disk full, damaged, too new."""


class StoreBusyError(StoreError):
    """Another process has been writing for longer than a writer waits."""


@dataclass(frozen=True)
class Session:
    """One run, as it is remembered.

    Parameters
    ----------
    id, name, folder, dataset, target : str
        Its identity, its name, and absolute paths of its result and data.
    started : float
        Seconds since the epoch.
    task, metric : str
        Kind of task and name of the metric; empty until known.
    status : str
        ``prepared``, ``running``, ``done``, ``failed``, ``interrupted`` or ``timeout``.
    finished : float or None
        Seconds since the epoch.
    best_score : float or None
        In the metric's own units.
    exit_code : int or None
        Exit status of the run.
    fingerprint : str
        Of its data, see :func:`mle_star_memory.fingerprint.fingerprint`; empty until known.
    stage : str
        The phase it is in or ended in; empty until the first begins.
    """

    id: str
    name: str
    folder: str
    dataset: str
    target: str
    started: float
    task: str = ""
    metric: str = ""
    status: str = RUNNING
    finished: float | None = None
    best_score: float | None = None
    exit_code: int | None = None
    fingerprint: str = ""
    stage: str = ""


SESSION_FIELDS = tuple(field.name for field in fields(Session))


@dataclass(frozen=True)
class Record:
    """One thing that came up in a session.

    Parameters
    ----------
    kind : str
        Such as ``candidate`` or ``metric``.
    key : str
        Tells it from others of its kind in the session.
    content : Any
        Plain values, kept as JSON.
    time : float
        Seconds since the epoch at which its content was recorded.
    text : str
        What a query finds it by.
    """

    kind: str
    key: str
    content: Any
    time: float
    text: str = ""


@dataclass(frozen=True)
class Match:
    """A record that a query found.

    Parameters
    ----------
    session, name : str
        Id and name of the session that it belongs to.
    record : Record
        What was found.
    """

    session: str
    name: str
    record: Record


class Store(ABC):
    """Where sessions and records are kept; closed by ``with``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""

    @abstractmethod
    def add_session(self, session: Session) -> None:
        """Remember a session; one with the same id is replaced, its records stay."""

    @abstractmethod
    def update_session(self, identity: str, **values: Any) -> None:
        """Change some fields of a session, by name; nothing happens if there is no such session.

        Raises
        ------
        KeyError
            If a field is unknown.
        """

    @abstractmethod
    def session(self, identity: str) -> Session | None:
        """The session of an id."""

    @abstractmethod
    def sessions(self, limit: int | None = 50) -> list[Session]:
        """Sessions, newest first; at most `limit`, None: all."""

    @abstractmethod
    def add_records(self, session: str, records: Sequence[Record]) -> None:
        """Record things of a session, all or none.

        Raises
        ------
        StoreError
            Also if there is no such session.
        """

    @abstractmethod
    def records(self, session: str, kind: str | None = None) -> list[Record]:
        """Records of a session, of one kind or all, in the order in which they came up."""

    @abstractmethod
    def query(
        self, text: str, kind: str | None = None, session: str | None = None, limit: int = 20
    ) -> list[Match]:
        """Records found by words, best match first.

        Parameters
        ----------
        text : str
            Anything; see the module.
        kind : str or None, default None
            Only records of this kind.
        session : str or None, default None
            Only records of the session of this id.
        limit : int, default 20
            At most so many.
        """

    @abstractmethod
    def add_version(self, version: Version) -> Version:
        """Give a model's version its number and keep it.

        Parameters
        ----------
        version : Version
            Without a number; where it names no parent, the session of the version before is it.

        Returns
        -------
        Version
            As it is kept: the one of its session and model that is there already, if there is one.
        """

    @abstractmethod
    def versions(self, name: str | None = None) -> list[Version]:
        """Versions of a model, or of all, by name and number."""

    @abstractmethod
    def move_version(self, name: str, number: int, move: Move) -> list[Version]:
        """Change the stage of a version; one in production makes way for another.

        Returns
        -------
        list of Version
            What was changed, those that made way first.

        Raises
        ------
        StoreError
            Also if there is no such version.
        """


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """Values by field of a session; KeyError if one is unknown."""
    if unknown := set(values) - set(SESSION_FIELDS):
        raise KeyError(f"a session has no field {', '.join(sorted(unknown))}")
    return values


def no_session(identity: str) -> StoreError:
    """What to raise where a record's session is not there."""
    return StoreError(f"it holds no session {identity!r} to record for")


def encode(content: Any, *, indent: bool = False) -> bytes:
    """JSON of plain values; NaN and infinities become null, unknown types text."""
    import orjson

    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(
        content, default=str, option=options | orjson.OPT_INDENT_2 if indent else options
    )
