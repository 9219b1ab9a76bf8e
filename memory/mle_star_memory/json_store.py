"""The store in one JSON file: for small use, and for reading by eye.

The file is written whole at every change: to a file beside it, which is then renamed. Writers hold
a lock on a third file, ``.NAME.lock``; readers need none.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from mle_star_memory.store import (
    BUSY_SECONDS,
    Match,
    Record,
    Session,
    Store,
    StoreBusyError,
    StoreError,
    checked,
    encode,
    no_session,
)
from mle_star_memory.versions import Move, Version, moved, numbered
from mle_star_memory.words import rank, wanted

VERSION = 1
_T = TypeVar("_T")


class JsonStore(Store):
    """The store in one JSON file.

    Parameters
    ----------
    path : Path
        The file, made at the first change; its folder is made if absent.

    Raises
    ------
    StoreError
        If it cannot be read, is no such file or of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        with _told():
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._read()

    def close(self) -> None:
        """Nothing is held between two calls."""

    def add_session(self, session: Session) -> None:
        """See :meth:`Store.add_session`."""
        with self._change() as found:
            found["sessions"][session.id] = asdict(session)

    def update_session(self, identity: str, **values: Any) -> None:
        """See :meth:`Store.update_session`."""
        checked(values)
        with self._change() as found:
            if identity in found["sessions"]:
                found["sessions"][identity].update(values)

    def session(self, identity: str) -> Session | None:
        """See :meth:`Store.session`."""
        return next((s for s in self.sessions(None) if s.id == identity), None)

    def sessions(self, limit: int | None = 50) -> list[Session]:
        """See :meth:`Store.sessions`."""
        found = _sessions(self._read())
        return sorted(found, key=lambda session: (-session.started, session.id))[:limit]

    def add_records(self, session: str, records: Sequence[Record]) -> None:
        """See :meth:`Store.add_records`."""
        with self._change() as found:
            if session not in found["sessions"]:
                raise no_session(session)
            kept = found["records"].setdefault(session, [])
            places = {(r["kind"], r["key"]): place for place, r in enumerate(kept)}
            for record in records:
                fresh = {**asdict(record), "content": json.loads(encode(record.content))}
                place = places.setdefault((record.kind, record.key), len(kept))
                if place == len(kept):
                    kept.append(fresh)
                elif kept[place]["content"] != fresh["content"]:
                    kept[place] = fresh

    def records(self, session: str, kind: str | None = None) -> list[Record]:
        """See :meth:`Store.records`."""
        return _records(self._read(), session, kind)

    def query(
        self, text: str, kind: str | None = None, session: str | None = None, limit: int = 20
    ) -> list[Match]:
        """See :meth:`Store.query`."""
        found = self._matches(kind, session)
        if not text.strip():
            return found[::-1][:limit]
        places = rank(wanted(text), [match.record.text for match in found])
        return [found[place] for place in places[:limit]]

    def add_version(self, version: Version) -> Version:
        """See :meth:`Store.add_version`."""
        with self._change() as found:
            known = _versions(found, version.name)
            fresh = numbered(known, version)
            if fresh not in known:
                found.setdefault("versions", []).append(asdict(fresh))
        return fresh

    def versions(self, name: str | None = None) -> list[Version]:
        """See :meth:`Store.versions`."""
        return _versions(self._read(), name)

    def move_version(self, name: str, number: int, move: Move) -> list[Version]:
        """See :meth:`Store.move_version`."""
        with self._change() as found:
            changed = moved(_versions(found, name), name, number, move)
            fresh = {(one.name, one.number): one for one in changed}
            found["versions"] = [
                asdict(fresh.get((one.name, one.number), one)) for one in _versions(found, None)
            ]
        return changed

    def _matches(self, kind: str | None, session: str | None) -> list[Match]:
        """Every record of a kind and a session, oldest first."""
        content = self._read()
        matches = [
            Match(known.id, known.name, record)
            for known in _sessions(content)
            if session in (None, known.id)
            for record in _records(content, known.id, kind)
        ]
        return sorted(matches, key=lambda match: match.record.time)

    @contextlib.contextmanager
    def _change(self) -> Iterator[dict[str, Any]]:
        with self._locked():
            found = self._read()
            yield found
            self._write(encode(found, indent=True))

    def _read(self) -> dict[str, Any]:
        """The whole content: sessions by id, and lists of records by session."""
        try:
            found = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {"version": VERSION, "sessions": {}, "records": {}}
        except OSError as error:
            raise StoreError(str(error)) from error
        except ValueError as error:
            raise StoreError(f"it is not JSON: {error}") from error
        if not isinstance(found, dict) or not all(
            isinstance(found.get(part), dict) for part in ("sessions", "records")
        ):
            raise StoreError("it is JSON, but not a store")
        if found.get("version") != VERSION:
            raise StoreError(
                f"the store has version {found.get('version')}, this program knows {VERSION}"
            )
        return found

    def _write(self, content: bytes) -> None:
        partial = self._path.with_name(f".{self._path.name}.{os.getpid()}.partial")
        with _told():
            try:
                with partial.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self._path)
            except OSError:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with _told():
            file = self._path.with_name(f".{self._path.name}.lock").open("ab")
        with file:
            last = time.monotonic() + BUSY_SECONDS
            while not _taken(file.fileno()):
                if time.monotonic() > last:
                    raise StoreBusyError("the store is locked by another process")
                time.sleep(0.01)
            yield


def _sessions(content: dict[str, Any]) -> list[Session]:
    return [_made(Session, values) for values in content["sessions"].values()]


def _records(content: dict[str, Any], session: str, kind: str | None) -> list[Record]:
    records = [_made(Record, values) for values in content["records"].get(session, [])]
    return [record for record in records if kind in (None, record.kind)]


def _versions(content: dict[str, Any], name: str | None) -> list[Version]:
    kept = content.get("versions", [])
    if not isinstance(kept, list):
        raise StoreError("its versions are no list")
    versions = [Version.made(values) for values in kept]
    named = [version for version in versions if name in (None, version.name)]
    return sorted(named, key=lambda version: (version.name, version.number))


def _made(kind: type[_T], values: Any) -> _T:
    """A fact of the contract, if the file holds one: people edit it by hand."""
    try:
        return kind(**values)
    except TypeError as error:
        raise StoreError(f"a {kind.__name__.lower()} in it is damaged: {error}") from error


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the system says, in the words of the contract."""
    try:
        yield
    except OSError as error:
        raise StoreError(str(error)) from error
