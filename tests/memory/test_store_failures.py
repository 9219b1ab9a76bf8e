"""Whatever fails while a store is written, what was acknowledged stands and can be read."""

from __future__ import annotations

import errno
import itertools
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.memory.conftest import record, session

from mle_star_memory import transaction
from mle_star_memory.opening import open_store
from mle_star_memory.store import Store, StoreBusyError, StoreError

STEPS: list[Callable[[Store], None]] = [
    lambda store: store.add_session(session("a")),
    lambda store: store.add_session(session("b")),
    lambda store: store.add_records("a", [record("1", "one"), record("2", "two")]),
    lambda store: store.update_session("a", status="done", best_score=0.5),
    lambda store: store.add_records("a", [record("1", "changed"), record("3", "three")]),
    lambda store: store.add_records("b", [record("1", "other")]),
]

FAILURES = [
    ("memory.sqlite3", "commit", sqlite3.OperationalError("database or disk is full")),
    ("memory.sqlite3", "commit", sqlite3.OperationalError("disk I/O error")),
    ("memory.json", "fsync", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))),
    ("memory.json", "fsync", OSError(errno.EIO, os.strerror(errno.EIO))),
    ("memory.json", "replace", OSError(errno.EIO, os.strerror(errno.EIO))),
]


@pytest.mark.parametrize(("name", "call", "error"), FAILURES)
def test_any_one_failing_write_is_told_and_all_others_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: str, error: Exception
) -> None:
    for failing in range(1, len(STEPS) + 1):
        path, expected = tmp_path / str(failing) / name, tmp_path / str(failing) / f"as-{name}"
        open_store(path).close()
        with monkeypatch.context() as patch, open_store(path) as store:
            _fail(patch, call, error, failing)
            told = [_was_told(step, store) for step in STEPS]
        with open_store(expected) as store:
            for step, failed in zip(STEPS, told, strict=True):
                _ = failed or _was_told(step, store)

        assert told[failing - 1]
        assert _content(path) == _content(expected)
        assert not list(path.parent.glob(".*partial"))


def _was_told(step: Callable[[Store], None], store: Store) -> bool:
    try:
        step(store)
    except StoreError:
        return True
    return False


def _fail(patch: pytest.MonkeyPatch, call: str, error: Exception, failing: int) -> None:
    """Let one call fail, counted from now."""
    where: dict[str, tuple[Any, str]] = {
        "commit": (transaction, "commit"),
        "fsync": (os, "fsync"),
        "replace": (Path, "replace"),
    }
    holder, name = where[call]
    real, calls = getattr(holder, name), itertools.count(1)

    def fails(*given: Any) -> Any:
        if next(calls) == failing:
            raise error
        return real(*given)

    patch.setattr(holder, name, fails)


def _content(path: Path) -> list[Any]:
    with open_store(path) as store:
        sessions = store.sessions()
        return [(s, store.records(s.id), store.query("one changed other")) for s in sessions]


def test_a_failing_commit_of_a_migration_leaves_a_file_that_opens_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "memory.sqlite3"
    with monkeypatch.context() as patch:
        _fail(patch, "commit", sqlite3.OperationalError("disk I/O error"), 1)
        with pytest.raises(StoreError, match="disk I/O"):
            open_store(path)

    with open_store(path) as store:
        assert store.sessions() == []


FILLING = """
import resource, sys
from pathlib import Path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session, StoreError
store = open_store(Path(sys.argv[1]))
store.add_session(Session("a", "n", "/f", "/d", "y", 1.0))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    for number in range(10_000):
        store.add_records("a", [Record("candidate", str(number), "word " * 100, 1.0, "word")])
        print(number, flush=True)
except StoreError:
    sys.exit(8)
"""


def test_where_the_disk_takes_no_more_what_was_acknowledged_is_there(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILLING, str(path), str(200_000)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    acknowledged = done.stdout.split()
    assert done.returncode == 8, done.stderr
    assert acknowledged
    with open_store(path) as store:
        assert [r.key for r in store.records("a")] == acknowledged
        store.add_records("a", [record("more", "words")])
        assert [match.record.key for match in store.query("words")] == ["more"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


HOLDING = {
    "memory.sqlite3": """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
""",
    "memory.json": """
import fcntl, os, sys
file = open(os.path.join(os.path.dirname(sys.argv[1]), ".memory.json.lock"), "ab")
fcntl.flock(file, fcntl.LOCK_EX)
""",
}


def test_a_writer_gives_up_when_another_one_does_not_end_and_readers_read_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("json_store", "sqlite_store"):
        monkeypatch.setattr(f"mle_star_memory.{module}.BUSY_SECONDS", 0.2)
    with open_store(path) as store:
        store.add_session(session())
        code = HOLDING[path.name] + "print('held', flush=True)\nsys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            with pytest.raises(StoreBusyError, match="locked"):
                store.add_records("a", [record("1")])
            assert store.sessions() == [session()]
            other.communicate(b"")
        store.add_records("a", [record("1")])
        assert store.records("a") == [record("1")]
