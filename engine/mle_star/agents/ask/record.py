"""Answers on disk: what was paid for is not asked again, and a run is replayed without a model.

A line is whole or it does not count; it is on the disk before anybody hears of the answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import orjson

from mle_star.agents.ask.request import Answer, Request
from mle_star.errors import MleStarError, StateError, UsageError
from mle_star.files import to_json

VERSION = 1
"""Of the line's form, ``v`` in every line."""

_ANSWER = tuple(field.name for field in fields(Answer))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of a record.

    Parameters
    ----------
    digest : str
        Identity of what was asked.
    agent, step, phase : str
        Who was asked, for what, and in which phase.
    answer : Answer
        What came of it.
    """

    digest: str
    agent: str
    step: str
    phase: str
    answer: Answer


class Record:
    """Keeps answers in an append-only file of JSON lines; any number of threads may use it.

    Parameters
    ----------
    path : Path
        The file; made with the first answer. A torn end is cut off.
    copy : Path or None, default None
        A second file that gets every line too, those that stand in the first one included.

    Raises
    ------
    StateError
        If a file cannot be read or is damaged or, on :meth:`add`, cannot be written.
    """

    def __init__(self, path: Path, copy: Path | None = None) -> None:
        lines = _load(path) if path.exists() else {}
        self._path = path
        self._lock = threading.Lock()
        self._size = sum(map(len, lines))
        self._recorded = list(lines.values())
        self._answers = {recorded.digest: recorded.answer for recorded in self._recorded}
        self._copy: Record | None = None
        if path.exists():
            self._append(b"")
        if copy is not None and copy.resolve() != path.resolve():
            there = _load(copy) if copy.exists() else {}
            self._copy = Record(copy)
            self._copy._append(b"".join(line for line in lines if line not in there))

    def __iter__(self) -> Iterator[Recorded]:
        return iter(tuple(self._recorded))

    def get(self, digest: str) -> Answer | None:
        """The answer to what has this digest, the last one if there are several."""
        return self._answers.get(digest)

    def add(self, request: Request, phase: str, answer: Answer) -> None:
        """Write an answer down; it is on the disk when this returns."""
        line = _encode(request, phase, answer)
        recorded = _decode(line)
        with self._lock:
            self._append(line)
            if self._copy:
                self._copy._append(line)
            self._recorded.append(recorded)
            self._answers[recorded.digest] = recorded.answer

    def _append(self, lines: bytes) -> None:
        """Write after the last whole line; whatever stood there is cut off."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.ftruncate(file, self._size)
                written = 0
                while written < len(lines):
                    written += os.write(file, lines[written:])
                os.fsync(file)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(file, self._size)  # no half lines
                raise
            finally:
                os.close(file)
        except OSError as error:
            raise StateError(
                f"cannot write {self._path}: {error.strerror or error}",
                "free some disk space or name another file",
            ) from error
        self._size += len(lines)


class ReplayBackend:
    """Answers from a record, and never otherwise.

    Parameters
    ----------
    path : Path
        A file that a :class:`Record` wrote.
    """

    name = "replay"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: dict[str, Answer] | None = None

    def check(self) -> str:
        """What answers; see :class:`~mle_star.agents.ask.request.Backend`.

        Raises
        ------
        UsageError
            If the file cannot be read or holds no answers.
        StateError
            If it is damaged.
        """
        return f"{len(self._load())} recorded answers from {self._path}"

    def ask(self, request: Request) -> Answer:
        """Look the request up."""
        try:
            answer = self._load().get(request.digest)
        except MleStarError as error:
            return Answer(failure=error.problem, cost=0.0, attempts=0)
        return answer or Answer(failure="not in the recording", cost=0.0, attempts=0)

    def close(self) -> None:
        """Nothing runs."""

    def _load(self) -> dict[str, Answer]:
        if self._answers is None:
            if not self._path.is_file():
                raise UsageError(f"there is no file {self._path}", "name one made with --record")
            recorded = _load(self._path).values()
            if not recorded:
                raise UsageError(f"{self._path} holds no answers", "name one made with --record")
            self._answers = {one.digest: one.answer for one in recorded}
        return self._answers


def _encode(request: Request, phase: str, answer: Answer) -> bytes:
    asked = {
        "v": VERSION,
        "digest": request.digest,
        "agent": request.agent,
        "step": request.step,
        "phase": phase,
        "system": hashlib.sha256(request.system.encode()).hexdigest()[:16],
        "prompt": request.prompt,
        "prompt_bytes": request.size,
        "turns": len(request.turns),
    }
    return to_json(asked)[:-1] + b"," + to_json(answer)[1:] + b"\n"


def _decode(line: bytes) -> Recorded:
    """Read a line; ValueError if it is not a whole one of this version."""
    found = orjson.loads(line)
    if not isinstance(found, dict) or found.get("v") != VERSION or not line.endswith(b"\n"):
        raise ValueError(f"not an answer of version {VERSION}")
    try:
        values = {name: found[name] for name in _ANSWER}
        values["sources"] = tuple((str(title), str(url)) for title, url in values["sources"])
        head = {name: str(found[name]) for name in ("digest", "agent", "step", "phase")}
        return Recorded(**head, answer=Answer(**values))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an answer: {error}") from error


def _load(path: Path) -> dict[bytes, Recorded]:
    """The whole lines of a file, in order; a torn end is left out."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise StateError(f"cannot read {path}: {error.strerror}", "name another file") from error
    found: dict[bytes, Recorded] = {}
    for number, line in enumerate(lines, start=1):
        try:
            found[line] = _decode(line)
        except ValueError as error:
            if any(map(_is_whole, lines[number:])):
                raise StateError(
                    f"{path}, line {number}: {error}",
                    "the file is damaged, or of another version of mle-star: name another one",
                ) from error
            break
    return found


def _is_whole(line: bytes) -> bool:
    try:
        _decode(line)
    except ValueError:
        return False
    return True
