"""A run is remembered while it goes on, once however often it is told, and never at its expense."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest
from tests.engine.report.story import judged, story
from tests.engine.session.recording import content, path, record, whole

from mle_star import config
from mle_star import events as e
from mle_star.eventlog import TASK
from mle_star.events import Event
from mle_star.session.notes import Notes
from mle_star.session.recorder import Recorder
from mle_star_memory.opening import open_store
from mle_star_memory.store import Record, Session

__all__ = ["path"]


def test_everything_that_a_run_found_is_remembered(path: Path) -> None:
    assert record(path, whole()) == []

    (session,), records = content(path)
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
    record(path, whole())

    with open_store(path) as store:
        found = store.query(text, kind=kind)[0].record
    assert (found.kind, found.key) == (kind, key)


def test_a_candidate_is_remembered_with_its_blocks_and_once_for_each_fidelity(path: Path) -> None:
    blocks = {"model": "m1", "features": "f1"}
    sampled = judged("one", 0.7, blocks=blocks, sample_rows=500)
    record(path, [story()[0], sampled, judged("one", 0.8, blocks=blocks)])

    _, records = content(path)
    candidates = [r.content for r in records if r.kind == "candidate"]
    assert [(c["score"], c["sample_rows"], c["blocks"]) for c in candidates] == [
        (0.7, 500, blocks),
        (0.8, None, blocks),
    ]


def test_what_comes_from_the_cache_does_not_take_the_place_of_what_was_measured(path: Path) -> None:
    measured = judged("one", 0.8, seconds=1.5)
    record(path, [story()[0], measured, judged("one", 0.8, seconds=0.0, cached=True)])

    _, records = content(path)
    assert [r.content["seconds"] for r in records if r.kind == "candidate"] == [1.5]


def test_being_told_the_same_again_changes_nothing(path: Path) -> None:
    record(path, whole())
    before = content(path)
    record(path, [*whole(), *whole()])

    assert content(path) == before


def test_a_run_that_goes_on_is_running_again_and_ends_like_one_that_was_not_stopped(
    tmp_path: Path,
) -> None:
    record(tmp_path / "whole.json", whole())
    stopped = e.SessionFinished(130, 9.0, {"status": "interrupted"})
    for told, stage in ((6, "profile"), (len(whole()) - 3, "foundation")):
        path = tmp_path / f"{told}.json"
        record(path, [*whole()[:told], stopped])
        assert content(path)[0][0].status == "interrupted"
        record(path, [*whole()[:told], e.SessionResumed({"": 3})], now=7.0)
        (resumed,), _ = content(path)
        assert (resumed.status, resumed.finished, resumed.exit_code) == ("running", None, None)
        assert (resumed.started, resumed.stage) == (5.0, stage)
        record(path, whole())

        assert content(path) == content(tmp_path / "whole.json")


def test_the_model_that_a_run_left_is_registered_once_however_often_its_end_is_told(
    path: Path,
) -> None:
    for now in (5.0, 6.0):
        record(path, whole(), now=now)

    with open_store(path) as store:
        (version,) = store.versions()
    assert (version.name, version.number, version.stage) == ("churn", 1, "experimental")
    assert (version.session, version.model, version.code) == ("id1", "m", "c")
    assert (version.metric, version.score) == ("roc_auc", 0.855)
    assert version.refusals == ["gate failed"]


def test_what_is_shipped_by_hand_is_a_version_of_its_own(path: Path, tmp_path: Path) -> None:
    record(path, whole())
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
    record(path, story()[:1])

    (session,), _ = content(path)
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

    _, records = content(path)
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
            sessions, found = content(path)

        assert [session.status for session in sessions] == ["running"]
        assert any(record.kind == "gate" for record in found)
