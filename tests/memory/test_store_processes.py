"""Many processes at one store: none is turned away, nothing acknowledged is lost."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.memory.conftest import record, session

from mle_star_memory.opening import open_store

WRITING = """
import sys
from pathlib import Path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session
me, writes = sys.argv[2], int(sys.argv[3])
with open_store(Path(sys.argv[1])) as store:
    store.add_session(Session(me, "n", "/f", "/d", "y", float(me)))
    for number in range(writes):
        held = len(store.records(me))
        store.add_records(me, [Record("candidate", str(number), held, 1.0, f"word{me}")])
        print(number, flush=True)
    store.update_session(me, status="done")
"""


def _write(path: Path, me: int, writes: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITING, str(path), str(me), str(writes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("name", "writes"), [("memory.sqlite3", 200), ("memory.json", 20)])
def test_eight_write_at_once_and_two_are_killed_on_the_way(
    tmp_path: Path, name: str, writes: int
) -> None:
    path = tmp_path / name
    writers = [_write(path, me, writes if me >= 2 else 100 * writes) for me in range(8)]
    for killed in writers[:2]:
        assert killed.stdout is not None
        for _ in range(writes // 4):
            killed.stdout.readline()
        killed.kill()
    ended = [writer.communicate(timeout=120) for writer in writers]

    assert [err for _, err in ended] == [""] * 8
    assert [writer.returncode for writer in writers] == [-9, -9, 0, 0, 0, 0, 0, 0]
    with open_store(path) as store:
        for me, (said, _) in enumerate(ended):
            records = store.records(str(me))
            least = writes if me >= 2 else writes // 4 + len(said.split())
            assert [r.content for r in records] == list(range(len(records)))
            assert len(records) == least or least < len(records) < 100 * writes
            assert len(store.query(f"word{me}", limit=10**6)) == len(records)
        assert [s.status for s in store.sessions()] == ["done"] * 6 + ["running"] * 2
    if name.endswith("sqlite3"):
        assert _is_sound(path)


def _is_sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    connection.close()
    return bool(found == "ok")


OPENING = """
import sys, time
from pathlib import Path
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session
time.sleep(max(0.0, float(sys.argv[2]) - time.time()))
with open_store(Path(sys.argv[1])) as store:
    store.add_session(Session(sys.argv[3], "n", "/f", "/d", "y", 1.0))
"""


def test_several_make_a_new_store_at_the_same_moment(tmp_path: Path) -> None:
    moment = time.time() + 1.0
    for name in ("memory.sqlite3", "memory.json"):
        for time_ in range(3):
            path = tmp_path / str(time_) / name
            command = [sys.executable, "-W", "error", "-c", OPENING, str(path), str(moment)]
            started = [
                subprocess.Popen([*command, str(me)], stderr=subprocess.PIPE, text=True)
                for me in range(4)
            ]

            assert [process.communicate(timeout=60)[1] for process in started] == [""] * 4
            with open_store(path) as store:
                assert sorted(s.id for s in store.sessions()) == ["0", "1", "2", "3"]
            moment = time.time() + 0.5


ASKING = """
import json, sys
from pathlib import Path
from mle_star_memory.opening import open_store
with open_store(Path(sys.argv[1])) as store:
    print(json.dumps([match.record.key for match in store.query("word", limit=2000)]))
"""


def test_another_process_can_ask_while_a_writer_writes(path: Path) -> None:
    with open_store(path) as store:
        store.add_session(session())
        asking = None
        for number in range(2000):
            store.add_records("a", [record(str(number), "a word")])
            if number == 5:
                command = [sys.executable, "-c", ASKING, str(path)]
                asking = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            if asking is not None and asking.poll() is not None:
                break
        assert asking is not None
        said, _ = asking.communicate(timeout=30)

    found = json.loads(said)
    assert asking.returncode == 0
    assert len(found) > 5
    assert sorted(map(int, found)) == list(range(len(found)))
