"""Asking about past runs: data on standard output, talk on standard error."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run, run
from tests.engine.report.story import story

from mle_star.session.lock import Lock
from mle_star.session.recorder import Recorder
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session

__all__ = ["run"]


@pytest.fixture(params=["the user's own", "own.sqlite3", "own.json"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """A store with two sessions in it, as the words that ask for it."""
    path = database() if request.param == "the user's own" else tmp_path / request.param
    with contextlib.closing(Recorder(path, lambda: 5.0, lambda _: None)) as recorder:
        for event in story(str(tmp_path / "models" / "churn")):
            recorder(event)
    with open_store(path) as opened:
        opened.add_session(
            Session("id2", "prices", str(tmp_path / "p"), "/p.csv", "price", 9.0, status="failed")
        )
    return [] if path == database() else ["--memory", str(path)]


def test_words_are_found_in_all_that_is_remembered(run: Run, store: list[str]) -> None:
    found = run("memory", "query", "light", "gr", *store)
    as_json = run("memory", "query", "light gr", "--json", *store)

    assert (found.code, found.err) == (0, "")
    assert "churn  id1  ensemble" in found.out
    assert "strategy greedy, score 0.8600" in found.out
    (match,) = as_json.json
    assert list(match) == ["session", "name", "kind", "key", "time", "content"]
    assert (match["session"], match["name"], match["kind"]) == ("id1", "churn", "ensemble")
    assert (match["time"], match["content"]["weights"]) == (5.0, [0.7, 0.3])


def test_a_query_is_held_to_a_kind_a_session_and_a_number(run: Run, store: list[str]) -> None:
    def kinds(*words: str) -> list[str]:
        return [m["kind"] for m in run("memory", "query", "--json", *words, *store).json]

    assert set(kinds("lightgbm")) == {"candidate", "ensemble"}
    assert kinds("lightgbm", "--kind", "candidate") == ["candidate"]
    assert kinds("lightgbm", "--session", "prices") == []
    assert len(kinds("lightgbm", "--session", "id1")) == 3
    assert len(kinds("--limit", "2")) == 2
    assert len(kinds()) == 20


@pytest.mark.parametrize("words", ["xyzzy", '"', "AND (", "\U0001f680", "-- --limit"])
def test_a_query_that_finds_nothing_says_so_and_is_no_failure(
    run: Run, store: list[str], words: str
) -> None:
    done = run("memory", "query", *store, "--", *words.split(" "))

    assert (done.code, done.out, done.err) == (0, "", "nothing found\n")


@pytest.mark.parametrize("asked", ["id1", "churn", "models/churn"])
def test_a_session_is_shown_by_kind(run: Run, store: list[str], asked: str) -> None:
    done = run("memory", "show", asked, *store)

    assert (done.code, done.err) == (0, "")
    for told in ("results: foundation", "roc_auc 0.8550", "4 candidate records", "2 gate records"):
        assert told in done.out
    kinds = [line.split()[1] for line in done.out.splitlines() if " record" in line[:20]]
    assert kinds == [
        "session", "task", "candidate", "ablation", "refinement", "ensemble", "gate", "artifact",
        "metric", "resources",
    ]  # fmt: skip


def test_the_newest_session_is_shown_if_none_is_named(run: Run, store: list[str]) -> None:
    found = run("memory", "show", "--json", *store).json

    assert (found["id"], found["status"], found["records"]) == ("id2", "failed", [])


def test_a_session_is_exported_in_the_form_of_the_seeds(run: Run, store: list[str]) -> None:
    found = run("memory", "export", "churn", *store).json["mle-star-session"]

    assert list(found) == [
        "workflow-stage", "search-results", "ablation-results", "ensemble-strategies",
        "experiment-tracking",
    ]  # fmt: skip
    assert found["ablation-results"]["component-impact"] == {"features": 0.012}
    assert found["experiment-tracking"]["metrics"]["roc_auc"] == 0.855


@pytest.mark.parametrize("command", ["show", "export"])
def test_an_unknown_session_ends_with_2_and_tells_what_there_is(
    run: Run, store: list[str], command: str
) -> None:
    done = run("memory", command, "nobody", *store)

    assert (done.code, done.out) == (2, "")
    assert "no session 'nobody'; there are id2 (prices), id1 (churn)" in done.err


@pytest.mark.parametrize("command", [["sessions"], ["memory", "list"]])
def test_sessions_are_listed(run: Run, store: list[str], command: list[str]) -> None:
    lines = run(*command, *store).out.splitlines()

    assert [line.split("\t")[1:5] for line in lines] == [
        ["id2", "prices", "failed", ""],
        ["id1", "churn", "done", "roc_auc"],
    ]
    assert [s["id"] for s in run(*command, "--json", "--limit", "1", *store).json] == ["id2"]


def test_a_run_that_nobody_runs_any_more_was_interrupted(run: Run, tmp_path: Path) -> None:
    with open_store(database()) as store:
        store.add_session(Session("id3", "alive", str(tmp_path), "/d", "y", 1.0))

    assert [s["status"] for s in run("sessions", "--json").json] == ["interrupted"]
    with contextlib.closing(Lock(tmp_path)):
        assert [s["status"] for s in run("sessions", "--json").json] == ["running"]


def test_where_nothing_was_ever_remembered_it_is_said_and_nothing_is_made(run: Run) -> None:
    asked = run("memory", "query", "x")
    listed = run("memory", "list")
    shown = run("memory", "show")

    assert (asked.code, asked.out, asked.err) == (0, "", "nothing found\n")
    assert (listed.code, listed.out, listed.err) == (0, "", "no sessions yet\n")
    assert shown.code == 2
    assert "there is no session yet" in shown.err
    assert not database().exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--memory", "none"], 2),
        (["--memory", ""], 2),
        (["--memory", "absent.json"], 2),
        (["--memory", "damaged.sqlite3"], 8),
        (["--memory", "damaged.json"], 8),
        (["--memory", "."], 8),
        (["--limit", "0"], 2),
        (["--limit", "-1"], 2),
        (["--kind", "colour"], 2),
    ],
)
def test_what_cannot_be_asked_is_told_without_a_traceback(
    run: Run, tmp_path: Path, words: list[str], code: int
) -> None:
    for name in ("damaged.sqlite3", "damaged.json"):
        (tmp_path / name).write_text("no store" * 1000)
    open_store(database()).close()

    done = run("memory", "query", "x", *words)

    assert (done.code, done.out) == (code, "")
    assert done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "absent.json").exists()
