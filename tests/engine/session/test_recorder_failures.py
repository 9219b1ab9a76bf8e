"""A store that fails, is held by others or damaged never fails or delays a run."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.engine.report.story import judged, story
from tests.engine.session.recording import content, path, record, whole

from mle_star import config
from mle_star import events as e
from mle_star.events import Event
from mle_star.session import recorder as module
from mle_star.session.recorder import Recorder
from mle_star_memory.opening import open_store

__all__ = ["path"]


def _is_told_once(emitted: list[Event], path: Path) -> None:
    (note,) = emitted
    assert isinstance(note, e.Noted)
    assert note.level == "warning"
    assert "not remembered" in note.message
    assert str(path) in note.message


@pytest.mark.parametrize("name", ["memory.sqlite3", "memory.json"])
def test_a_store_that_cannot_be_made_is_told_of_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / name

    _is_told_once(record(path, whole()), path)


def test_after_a_failure_nothing_is_kept_for_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    noted: list[Event] = []
    recorder = Recorder(tmp_path / "file" / "m.sqlite3", time.time, noted.append)
    recorder(story()[0])
    while not noted:
        recorder(judged("one", 0.8))
    event = judged("two", 0.8)
    before = sys.getrefcount(event)

    recorder(event)

    assert sys.getrefcount(event) == before


def test_a_damaged_store_is_told_of_once_and_left_alone(path: Path) -> None:
    path.write_bytes(b"no store" * 1000)

    _is_told_once(record(path, whole()), path)
    assert path.read_bytes() == b"no store" * 1000


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
def test_a_write_that_fails_on_the_way_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    path, left = tmp_path / "memory.sqlite3", [failing]

    def commit(connection: sqlite3.Connection) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise sqlite3.OperationalError("disk I/O error")
        connection.execute("COMMIT")

    monkeypatch.setattr("mle_star_memory.transaction.commit", commit)

    _is_told_once(record(path, whole()), path)
    sqlite3.connect(path).close()
    with open_store(path) as store:
        assert len(store.sessions()) <= 1


def test_what_is_wrong_with_an_event_is_no_failure_of_the_run(path: Path) -> None:
    wrong = e.SessionStarted("id", "name", "folder", {})

    _is_told_once(record(path, [wrong, *whole()[1:]]), path)


HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterable[tuple[Path, subprocess.Popen[str]]]:
    """A store that another process is writing to until a line is written to it."""
    path = tmp_path / "memory.sqlite3"
    open_store(path).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield path, other
        other.kill()


def test_a_run_does_not_wait_for_another_process_that_writes(
    held: tuple[Path, subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = held
    assert other.stdin is not None
    monkeypatch.setattr("mle_star_memory.sqlite_store.BUSY_SECONDS", 20.0)
    slowest = 0.0
    with contextlib.closing(Recorder(path, lambda: 5.0, lambda _: None)) as recorder:
        for event in whole()[:-1]:
            began = time.perf_counter()
            recorder(event)
            slowest = max(slowest, time.perf_counter() - began)
        time.sleep(0.5)
        other.stdin.write("\n")
        other.stdin.flush()
        recorder(whole()[-1])

    (session,), records = content(path)
    assert slowest < 10  # a run that waited would take twice as long
    assert session.status == "done"
    assert {record.kind for record in records} == set(config.RECORDS)


def test_a_store_that_stays_locked_is_told_of_once_at_the_end(
    held: tuple[Path, subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = held
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    began = time.monotonic()

    _is_told_once(record(path, whole()), path)
    assert time.monotonic() - began < 30  # not as long as the store stays locked
