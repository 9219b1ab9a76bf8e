"""A run is remembered while it goes on, once however often it is told, and never at its expense."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.report.story import judged, story

from mle_star import config
from mle_star import events as e
from mle_star.eventlog import TASK
from mle_star.events import Event
from mle_star.session import recorder as module
from mle_star.session.notes import Notes
from mle_star.session.recorder import Recorder
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session

PROFILE = {
    "columns": [
        {"original": "tenure", "kind": "numeric", "role": "feature"},
        {"original": "contract", "kind": "categorical", "role": "feature"},
        {"original": "Churn", "kind": "categorical", "role": "target"},
    ],
    "missing": 0.02,
    "duplicate_rows": 3,
    "issues": [{"message": "'tenure' has outliers"}],
}


def whole() -> list[Event]:
    """A run with every kind of event that is remembered."""
    first, *rest = story()
    assert isinstance(rest[0], e.DataProfiled)
    rest[0] = replace(rest[0], profile=PROFILE)
    return [
        first,
        e.TaskStarted("dataset_analysis", "profile", [], 1, None),
        *rest[:3],
        e.TaskFinished("dataset_analysis", "profile", "done", "5,000 rows", 0.5),
        e.TechniqueFound("lightgbm", "model", 0.9, "fits tables", ["Ke et al. 2017"], 1),
        *rest[3:],
    ]


@pytest.fixture(params=["memory.sqlite3", "memory.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def _record(path: Path, events: Iterable[Event], now: float = 5.0) -> list[Event]:
    """Tell a recorder of a run; gives back what it emitted."""
    emitted: list[Event] = []
    with contextlib.closing(Recorder(path, lambda: now, emitted.append)) as recorder:
        for event in events:
            recorder(event)
    return emitted


def _content(path: Path) -> tuple[list[Session], list[Record]]:
    with open_store(path) as store:
        sessions = store.sessions()
        return sessions, [r for session in sessions for r in store.records(session.id)]


def test_everything_that_a_run_found_is_remembered(path: Path) -> None:
    assert _record(path, whole()) == []

    (session,), records = _content(path)
    assert (session.id, session.name, session.target) == ("id1", "churn", "Churn")
    assert (session.task, session.metric, session.best_score) == ("binary", "roc_auc", 0.855)
    assert (session.status, session.stage, session.exit_code) == ("done", "foundation", 4)
    assert (session.started, session.finished) == (5.0, 5.0)
    assert len(session.fingerprint) == 12
    assert {record.kind for record in records} == set(config.RECORDS)
    named = [r.content["name"] for r in records if r.kind == "candidate"]
    assert named == ["linear", "pilot", "lightgbm", "broken"]
    assert [r.content["score_of"] for r in records if r.kind == "metric"] == [
        "baseline", "cross_validation", "holdout",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("my data churn", "session", "id1"),
        ("tenure outliers", "task", "data"),
        ("two labels", "task", "task"),
        ("5,000 rows", "stage", "dataset_analysis"),
        ("Ke 2017", "search", "model lightgbm"),
        ("pilot", "candidate", "digest of pilot None None"),
        ("ordinal HIGH", "ablation", "1 features ordinal"),
        ("target encoding", "refinement", "1 1 features target encoding d gain"),
        ("greedy lightgbm", "ensemble", "greedy"),
        ("fold spread fail", "gate", "fold spread"),
        ("bundle", "artifact", "model/"),
        ("holdout", "metric", "holdout"),
    ],
)
def test_each_thing_is_found_by_its_words(tmp_path: Path, text: str, kind: str, key: str) -> None:
    path = tmp_path / "memory.sqlite3"
    _record(path, whole())

    with open_store(path) as store:
        found = store.query(text, kind=kind)[0].record
    assert (found.kind, found.key) == (kind, key)


def test_a_candidate_is_remembered_with_its_blocks_and_once_for_each_fidelity(path: Path) -> None:
    blocks = {"model": "m1", "features": "f1"}
    sampled = judged("one", 0.7, blocks=blocks, sample_rows=500)
    _record(path, [story()[0], sampled, judged("one", 0.8, blocks=blocks)])

    _, records = _content(path)
    candidates = [r.content for r in records if r.kind == "candidate"]
    assert [(c["score"], c["sample_rows"], c["blocks"]) for c in candidates] == [
        (0.7, 500, blocks),
        (0.8, None, blocks),
    ]


def test_what_comes_from_the_cache_does_not_take_the_place_of_what_was_measured(path: Path) -> None:
    measured = judged("one", 0.8, seconds=1.5)
    _record(path, [story()[0], measured, judged("one", 0.8, seconds=0.0, cached=True)])

    _, records = _content(path)
    assert [r.content["seconds"] for r in records if r.kind == "candidate"] == [1.5]


def test_being_told_the_same_again_changes_nothing(path: Path) -> None:
    _record(path, whole())
    before = _content(path)
    _record(path, [*whole(), *whole()])

    assert _content(path) == before


def test_a_run_that_goes_on_is_running_again_and_ends_like_one_that_was_not_stopped(
    tmp_path: Path,
) -> None:
    _record(tmp_path / "whole.json", whole())
    stopped = e.SessionFinished(130, 9.0, {"status": "interrupted"})
    for told, stage in ((6, "profile"), (len(whole()) - 3, "foundation")):
        path = tmp_path / f"{told}.json"
        _record(path, [*whole()[:told], stopped])
        assert _content(path)[0][0].status == "interrupted"
        _record(path, [*whole()[:told], e.SessionResumed({"": 3})], now=7.0)
        (resumed,), _ = _content(path)
        assert (resumed.status, resumed.finished, resumed.exit_code) == ("running", None, None)
        assert (resumed.started, resumed.stage) == (5.0, stage)
        _record(path, whole())

        assert _content(path) == _content(tmp_path / "whole.json")


def test_the_model_that_a_run_left_is_registered_once_however_often_its_end_is_told(
    path: Path,
) -> None:
    for now in (5.0, 6.0):
        _record(path, whole(), now=now)

    with open_store(path) as store:
        (version,) = store.versions()
    assert (version.name, version.number, version.stage) == ("churn", 1, "experimental")
    assert (version.session, version.model, version.code) == ("id1", "m", "c")
    assert (version.metric, version.score) == ("roc_auc", 0.855)
    assert version.refusals == ["gate failed"]


def test_what_is_shipped_by_hand_is_a_version_of_its_own(path: Path, tmp_path: Path) -> None:
    _record(path, whole())
    (tmp_path / "model").mkdir()
    manifest = {"digest": "m2", "files": {"solution.py": "c2"}, "data_digest": "t"}
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest))
    facts = {"summary": {"holdout": {"score": 0.9}}}
    with open_store(path) as store:
        store.update_session("id1", folder=str(tmp_path))
        for _ in range(2):
            notes = Notes("id1")
            notes.take(e.Handwork(1, "ship", "shipped", facts), "", 7.0)
            notes.put(store)

        first, second = store.versions("churn")
    assert (first.number, first.model) == (1, "m")
    assert (second.number, second.model, second.parent) == (2, "m2", "id1")
    assert (second.score, second.refusals) == (0.9, [])


def test_a_run_that_was_prepared_counts_from_when_it_is_run(path: Path) -> None:
    with open_store(path) as store:
        store.add_session(
            Session("id1", "churn", "/f", "/d", "Churn", 1.0, status="prepared", stage="task")
        )
    _record(path, story()[:1])

    (session,), _ = _content(path)
    assert (session.status, session.started, session.stage) == ("running", 5.0, "task")


def test_tasks_of_a_workflow_do_not_take_each_others_place(path: Path) -> None:
    emitted: list[Event] = []
    with contextlib.closing(Recorder(path, lambda: 5.0, emitted.append)) as recorder:
        recorder(story()[0])
        for task in ("refine", "refine again"):
            token = TASK.set(task)
            recorder(e.AblationMeasured(1, "model", "linear", 0.1, None, None, None, "HIGH"))
            recorder(judged("one", 0.8))
            TASK.reset(token)

    _, records = _content(path)
    assert [r.key for r in records if r.kind == "ablation"] == [
        "refine 1 model linear",
        "refine again 1 model linear",
    ]
    assert len([r for r in records if r.kind == "candidate"]) == 1


def test_it_can_be_asked_about_while_it_goes_on(path: Path) -> None:
    with contextlib.closing(Recorder(path, lambda: 5.0, lambda _: None)) as recorder:
        for event in whole()[:-1]:
            recorder(event)
        deadline = time.monotonic() + 10
        found: list[Record] = []
        while not any(r.kind == "gate" for r in found) and time.monotonic() < deadline:
            time.sleep(0.02)
            sessions, found = _content(path)

        assert [session.status for session in sessions] == ["running"]
        assert any(record.kind == "gate" for record in found)


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

    _is_told_once(_record(path, whole()), path)


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

    _is_told_once(_record(path, whole()), path)
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

    _is_told_once(_record(path, whole()), path)
    sqlite3.connect(path).close()
    with open_store(path) as store:
        assert len(store.sessions()) <= 1


def test_what_is_wrong_with_an_event_is_no_failure_of_the_run(path: Path) -> None:
    wrong = e.SessionStarted("id", "name", "folder", {})

    _is_told_once(_record(path, [wrong, *whole()[1:]]), path)


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
    monkeypatch.setattr("mle_star_memory.sqlite_store.BUSY_SECONDS", 0.1)
    slowest = 0.0
    with contextlib.closing(Recorder(path, lambda: 5.0, lambda _: None)) as recorder:
        for event in whole()[:-1]:
            began = time.perf_counter()
            recorder(event)
            slowest = max(slowest, time.perf_counter() - began)
        time.sleep(0.5)  # several tries of the thread fail
        other.stdin.write("\n")
        other.stdin.flush()
        recorder(whole()[-1])

    (session,), records = _content(path)
    assert slowest < 0.1
    assert session.status == "done"
    assert {record.kind for record in records} == set(config.RECORDS)


def test_a_store_that_stays_locked_is_told_of_once_at_the_end(
    held: tuple[Path, subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = held
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    began = time.monotonic()

    _is_told_once(_record(path, whole()), path)
    assert time.monotonic() - began < 30  # not as long as the store stays locked


def test_events_cost_the_run_next_to_nothing(tmp_path: Path) -> None:
    events = [judged(f"candidate {number}", 0.8) for number in range(2000)]
    with contextlib.closing(Recorder(tmp_path / "m.sqlite3", time.time, print)) as recorder:
        recorder(story()[0])
        began = time.perf_counter()
        for event in events:
            recorder(event)
        seconds = time.perf_counter() - began

    assert seconds / len(events) < 1e-4  # ten times what it takes on a slow, busy machine
    assert len(_content(tmp_path / "m.sqlite3")[1]) == 1 + len(events)
