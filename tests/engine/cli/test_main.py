"""The command line without training: help, exit statuses, listings, options of the data."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cli.conftest import Run

from mle_star import __version__, commands, config
from mle_star.errors import BudgetError, DataError, SandboxError, StateError, UnavailableError
from mle_star_memory.location import database, home
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session


def test_help_names_every_command_and_every_option(run: Run) -> None:
    page = run("--help").out
    assert all(command.split()[0] in page for command in (*commands.COMMANDS, "automation"))

    for command in commands.COMMANDS:
        shown = run(*command.split(), "--help")
        assert shown.code == 0
        for option in config.options_of(command):
            assert (option.metavar if option.positional else f"--{option.name}") in shown.out
            if option.default and option.kind != "flag":
                assert f"Default: {option.default}" in " ".join(shown.out.split())


def test_automation_mle_star_has_the_options_of_run(run: Run) -> None:
    shown, same = run("automation", "mle-star", "--help").out, run("run", "--help").out

    assert shown.splitlines()[1:] == same.splitlines()[1:]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from mle_star.cli.main import main; main(['run', '--help']);"
        "heavy = {'pandas', 'numpy', 'sklearn', 'rich', 'optuna'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_help_comes_quickly() -> None:
    """Processor time, so that a busy machine makes no difference."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "mle_star", "--help"], check=True, capture_output=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(seconds) < 0.25


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"mle-star {__version__}\n"


def test_the_option_table_is_printed_for_the_other_side(run: Run) -> None:
    assert run("options", "--json").json == json.loads(json.dumps(config.table()))


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["run"],
        ["run", "--dataset", "x.csv"],
        ["run", "--dataset", "x.csv", "--target", "y", "--preset", "slow"],
        ["run", "--dataset", "x.csv", "--target", "y", "--time-budget", "-1"],
        ["run", "--dataset", "x.csv", "--target", "y", "--time-budget", "soon"],
        ["run", "--dataset", "x.csv", "--target", "y", "--name", "../up"],
        ["run", "--dataset", "x.csv", "--target", "y", "--unknown"],
        ["sessions", "--target", "y"],
    ],
)
def test_a_wrong_command_line_ends_with_2_and_leaves_nothing(
    run: Run, tmp_path: Path, words: list[str]
) -> None:
    done = run(*words)

    assert (done.code, done.out) == (2, "")
    assert done.err
    assert list(tmp_path.iterdir()) == []


def test_claude_that_is_not_there_ends_with_5_and_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLE_STAR_CLAUDE", str(tmp_path / "no-such-claude"))

    done = run("run", "--dataset", "x.csv", "--target", "y", "--claude")

    assert done.code == 5
    assert "no-such-claude" in done.err
    assert "--no-claude" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError, 3), (UnavailableError, 5), (SandboxError, 6), (BudgetError, 7), (StateError, 8)],
)
def test_each_error_has_its_exit_status_and_its_remedy(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Any, code: int
) -> None:
    def fail(_: Any) -> int:
        raise error("it is so", "do this")

    monkeypatch.setattr("mle_star.cli.sessions.execute", fail)
    done = run("sessions")

    assert (done.code, done.out) == (code, "")
    assert done.err == "mle-star: it is so\n  What to do: do this\n"


def test_a_bug_is_one_line_and_a_log(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> int:
        raise ZeroDivisionError("oh\nno")

    monkeypatch.setattr("mle_star.cli.sessions.execute", fail)
    done = run("sessions")

    log = home() / "crash.log"
    assert done.code == 1
    assert "this is a bug: ZeroDivisionError: oh" in done.err
    assert str(log) in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in log.read_text()


def test_an_interruption_ends_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("mle_star.cli.sessions.execute", fail)

    assert run("sessions").code == 130


def test_sessions_are_listed_newest_first(run: Run) -> None:
    assert run("sessions").out == ""
    assert run("sessions", "--json").json == []
    with open_store(database()) as store:
        store.add_session(Session("1", "older", "/a", "/d.csv", "y", 1.0))
        store.add_session(Session("2", "newer", "/b", "/d.csv", "y", 2.0, metric="rmse"))

    names = [entry["name"] for entry in run("sessions", "--json").json]
    lines = run("sessions").out.splitlines()

    assert names == ["newer", "older"]
    assert ["newer" in lines[0], "older" in lines[1]] == [True, True]


def test_a_damaged_store_is_told_of(run: Run) -> None:
    home().mkdir(parents=True, exist_ok=True)
    database().write_text("not a database" * 100)

    done = run("sessions")

    assert done.code == 8
    assert str(database()) in done.err


def test_doctor_tells_what_it_measured(run: Run) -> None:
    found = run("doctor", "--json").json

    assert found["cores"] == len(os.sched_getaffinity(0))
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["libraries"]["scikit-learn"]
    assert found["store"] == str(database())
    assert "scikit-learn" in run("doctor").out


def test_doctor_tells_of_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mle_star.cli.doctor.NEEDED", ("numpy", "no-such-package"))

    done = run("doctor")

    assert done.code == 1
    assert "missing: no-such-package" in done.err


def _profile(run: Run, data: Path, *words: str) -> dict[str, Any]:
    done = run("profile", "--dataset", data, "--target", "label", "--json", *words)
    assert done.code == 0, done.err
    found: dict[str, Any] = done.json
    return found


def _roles(found: dict[str, Any]) -> dict[str, str]:
    return {column["original"]: column["role"] for column in found["columns"]}


def test_a_profile_tells_of_task_and_columns(run: Run, data: Path) -> None:
    found = _profile(run, data)

    assert found["rows"] == 240
    assert (found["task"]["kind"], found["task"]["metric"]) == ("binary", "roc_auc")
    assert _roles(found)["a"] == "feature"
    page = run("profile", "--dataset", data, "--target", "label").out
    assert "240 usable" in page


def test_options_of_the_data_have_their_effect(run: Run, data: Path) -> None:
    assert _profile(run, data, "--metric", "log_loss")["task"]["metric"] == "log_loss"
    assert _profile(run, data, "--task", "multiclass")["task"]["kind"] == "multiclass"
    assert _profile(run, data, "--group", "shop")["task"]["group"] == "shop"
    assert _profile(run, data, "--time-column", "day")["task"]["time"] == "day"
    assert _roles(_profile(run, data, "--id", "b,c"))["b"] == "id"
    assert _roles(_profile(run, data, "--drop", "c"))["c"] == "dropped"
    several = run("profile", "--dataset", data, "--target", "label,b", "--json").json
    assert several["task"]["targets"] == ["label", "b"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--target", "lable"], "label"),
        (["--target", "label", "--drop", "nothing"], "nothing"),
        (["--target", "label", "--group", "nobody"], "nobody"),
    ],
)
def test_a_column_that_is_not_there_ends_with_3(
    run: Run, data: Path, words: list[str], named: str
) -> None:
    done = run("profile", "--dataset", data, *words)

    assert done.code == 3
    assert named in done.err


def test_a_metric_that_does_not_fit_ends_with_2(run: Run, data: Path) -> None:
    done = run(
        "profile", "--dataset", data, "--target", "label", "--metric", "rmse", "--task", "binary"
    )

    assert done.code == 2
    assert "rmse" in done.err
