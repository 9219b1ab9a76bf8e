"""Whole runs on a small table: what options do, what is written, how a run ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
from tests.engine.cli.conftest import Run, data, run, write_data

from mle_star.bundle.bundle import load
from mle_star.errors import BudgetError
from mle_star_memory.location import database
from mle_star_memory.sqlite_store import SqliteStore

__all__ = ["data", "run"]

_TIMED = (
    "seconds", "fit_seconds", "peak_mib", "time", "session", "folder", "name", "settings", "phases",
    "files", "performance", "resources", "model",
)  # fmt: skip
_TIMED_GATES = ("latency", "memory")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A run with --test and --jobs 1: its folder, its result and what it said."""
    folder = tmp_path_factory.mktemp("whole")
    write_data(folder / "shop.csv")
    done = _start(folder, "--test", "shop.csv", "--jobs", "1", "--verbose")
    out, err = done.communicate(timeout=300)
    assert done.returncode in (0, 4), err
    return folder / "models" / "shop-label", json.loads(out), err


def _start(folder: Path, *words: str) -> subprocess.Popen[str]:
    given = [
        "--dataset",
        "shop.csv",
        "--target",
        "label",
        "--drop",
        "code,shop",
        "--time-column",
        "day",
    ]
    given += ["--output-format", "json", *words]
    if "--time-budget" not in words:
        given += ["--evaluations", "5", "--refinement-iterations", "1"]
    return subprocess.Popen(
        [sys.executable, "-m", "mle_star", "run", *given],
        cwd=folder,
        env={**os.environ, "MLE_STAR_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_folder_holds_what_the_result_says(whole: tuple[Path, dict[str, Any], str]) -> None:
    folder, result, _ = whole

    assert {path.name for path in folder.iterdir()} == {
        "summary.md", "result.json", "leaderboard.csv", "solution.py", "model", "candidates",
        "events.jsonl", "predictions.csv", "workflow.json", "data.npz",
    }  # fmt: skip
    for entry in result["files"]:
        assert (folder / entry["path"]).exists(), entry
    assert json.loads((folder / "result.json").read_text()) == result
    assert result["status"] == "done"
    assert result["exit_code"] == (4 if any(g["verdict"] == "fail" for g in result["gates"]) else 0)


def test_no_more_candidates_are_judged_than_allowed(
    whole: tuple[Path, dict[str, Any], str],
) -> None:
    _, result, _ = whole

    assert 1 <= len(result["leaderboard"]) + len(result["failures"]) <= 5
    assert result["cross_validation"]["score"] >= result["baseline"]["score"] > 0.5


def test_the_test_file_is_predicted_in_its_order_and_scored(
    whole: tuple[Path, dict[str, Any], str],
) -> None:
    folder, result, _ = whole
    given = pd.read_csv(folder.parent.parent / "shop.csv")
    predicted = pd.read_csv(folder / "predictions.csv")

    assert list(predicted) == ["prediction", "probability_no", "probability_yes"]
    assert result["test"]["rows"] == len(predicted) == len(given)
    assert (predicted["prediction"] == given["label"]).mean() > 0.7
    again = load(folder).predict(folder.parent.parent / "shop.csv")
    assert predicted["probability_yes"].to_numpy() == pytest.approx(
        again["probability_yes"].to_numpy()
    )


def test_predict_does_the_same_from_the_folder(
    whole: tuple[Path, dict[str, Any], str], run: Run, tmp_path: Path
) -> None:
    folder, _, _ = whole
    done = run(
        "predict", "--model", folder, "--dataset", folder.parent.parent / "shop.csv",
        "--output", tmp_path / "p.csv",
    )  # fmt: skip

    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "p.csv").read_text() == (folder / "predictions.csv").read_text()


def test_verbose_tells_of_candidates_on_standard_error(
    whole: tuple[Path, dict[str, Any], str],
) -> None:
    _, result, err = whole

    assert f"{result['leaderboard'][0]['name']}:" in err


def test_the_run_is_remembered(whole: tuple[Path, dict[str, Any], str]) -> None:
    folder, result, _ = whole
    with SqliteStore(folder.parent.parent / "home" / "memory.sqlite3") as store:
        (session,) = store.sessions()
        candidates = store.records(session.id, "candidate")
        metrics = store.records(session.id, "metric")

    assert (session.status, session.exit_code) == ("done", result["exit_code"])
    assert session.best_score == pytest.approx(result["holdout"]["score"])
    assert session.folder == str(folder)
    assert len(candidates) >= len(result["leaderboard"])
    scored = {metric.content["score_of"] for metric in metrics}
    assert scored >= {"baseline", "cross_validation", "test"}


@pytest.mark.slow
def test_two_runs_with_one_seed_are_equal_whatever_the_number_of_workers(
    whole: tuple[Path, dict[str, Any], str],
) -> None:
    folder, result, _ = whole
    done = _start(folder.parent.parent, "--test", "shop.csv", "--jobs", "2", "--quiet")
    out, err = done.communicate(timeout=300)

    again = json.loads(out)
    assert err == "" or "warning" in err
    assert again["folder"] == "models/shop-label-2"
    assert _comparable(again) == _comparable(result)
    same = [p.read_text() for p in (folder.parent).glob("*/predictions.csv")]
    assert len(same) == 2
    assert same[0] == same[1]


def _comparable(value: Any) -> Any:
    """A result without what depends on the clock, the machine or the place."""
    if isinstance(value, dict):
        if value.get("gate", "").startswith(_TIMED_GATES):
            return value["gate"]
        return {k: _comparable(v) for k, v in value.items() if k not in _TIMED}
    if isinstance(value, list):
        return [_comparable(entry) for entry in value if "(expected" not in str(entry)]
    return value


@pytest.mark.slow
def test_an_interrupted_run_ends_with_130_and_leaves_no_process(tmp_path: Path) -> None:
    write_data(tmp_path / "shop.csv")
    started = _start(tmp_path, "--time-budget", "100")
    _wait_for_model(tmp_path / "models" / "shop-label", started)
    family = psutil.Process(started.pid).children(recursive=True)
    assert family

    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(timeout=30)

    assert started.returncode == 130
    assert json.loads(out)["status"] == "interrupted"
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    folder = tmp_path / "models" / "shop-label"
    assert len(load(folder).predict(tmp_path / "shop.csv")) == 240


@pytest.mark.slow
def test_when_the_lifeline_breaks_everything_ends(tmp_path: Path) -> None:
    write_data(tmp_path / "shop.csv")
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "mle_star", "run", "--dataset", "shop.csv"]
    started = subprocess.Popen(
        [*command, "--target", "label", "--time-budget", "100", "--quiet", "--time-column", "day"],
        cwd=tmp_path,
        env={**os.environ, "MLE_STAR_LIFELINE": str(reading)},
        pass_fds=(reading,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reading)
    _wait_for_model(tmp_path / "models" / "shop-label", started)
    family = psutil.Process(started.pid).children(recursive=True)

    os.close(writing)

    assert started.wait(timeout=5) == 130
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


@pytest.mark.slow
def test_a_short_time_budget_is_kept(tmp_path: Path) -> None:
    write_data(tmp_path / "shop.csv")
    began = time.monotonic()
    started = _start(tmp_path, "--time-budget", "15", "--quiet")
    out, err = started.communicate(timeout=120)

    assert time.monotonic() - began < 15 + 45  # a machine at work; it may not hang
    assert started.returncode in (0, 4), err
    assert json.loads(out)["members"]


@pytest.mark.slow
def test_a_hard_limit_ends_a_run_that_counts_evaluations(tmp_path: Path) -> None:
    write_data(tmp_path / "shop.csv")
    began = time.monotonic()
    started = _start(tmp_path, "--evaluations", "1000", "--timeout", "8000", "--quiet")
    out, _ = started.communicate(timeout=120)

    assert time.monotonic() - began < 12 + 45
    assert started.returncode in (0, 4, 7)
    assert not out or json.loads(out)["status"] in ("timeout", "done")


def test_a_hard_limit_that_is_over_before_anything_began_is_no_interruption(tmp_path: Path) -> None:
    write_data(tmp_path / "shop.csv")
    started = _start(tmp_path, "--evaluations", "1000", "--timeout", "1", "--quiet")
    started.communicate(timeout=120)

    assert started.returncode == 7


def test_an_early_model_stays_where_the_final_one_cannot_be_fitted(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise BudgetError("no time", "allow more")

    monkeypatch.setattr("mle_star.phases.deployment.run", fail)
    done = run(
        "run", "--dataset", data, "--target", "label", "--time-column", "day", "--drop",
        "code,shop", "--evaluations", "1", "--output-format", "json", "--output", "out",
    )  # fmt: skip

    assert done.code == 4
    assert "an early model is shipped: no time" in done.err
    assert done.json["members"][0]["name"] == done.json["leaderboard"][0]["name"]
    assert len(load(tmp_path / "out").predict(data)) == 240


def test_a_bug_in_a_run_is_logged_in_its_folder_and_nothing_half_written_stays(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mle_star.phases.search.run", fail)
    done = run("run", "--dataset", data, "--target", "label", "--output", "out", "--quiet")

    assert done.code == 1
    assert "Traceback" in (tmp_path / "out" / "crash.log").read_text()
    assert "Traceback" not in done.err
    assert json.loads((tmp_path / "out" / "result.json").read_text())["status"] == "failed"


def test_data_that_cannot_be_used_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("a,y\n" + "1,no\n" * 50)
    done = run("run", "--dataset", "one.csv", "--target", "y", "--output", "out/deep")

    assert (done.code, done.out) == (3, "")
    assert "What to do" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]
    with SqliteStore(database()) as store:
        assert [session.status for session in store.sessions()] == ["failed"]


def test_a_wrong_test_file_is_refused_before_the_search(
    run: Run, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "test.csv").write_text("b\nx\n")
    done = run("run", "--dataset", data, "--target", "label", "--test", "test.csv", "--quiet")

    assert done.code == 3
    assert "test.csv" in done.err
    assert not (tmp_path / "models").exists()


def test_a_folder_that_holds_something_is_not_touched(run: Run, data: Path, tmp_path: Path) -> None:
    done = run("run", "--dataset", data, "--target", "label", "--output", tmp_path)

    assert done.code == 2
    assert [path.name for path in tmp_path.iterdir()] == [data.name]


def _wait_for_model(folder: Path, started: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not (folder / "solution.py").exists():
        assert started.poll() is None, "the run ended before it had a model"
        assert time.monotonic() < deadline
        time.sleep(0.1)
