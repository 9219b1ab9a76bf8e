"""``mle-star hooks``, and hooks that are asked before a run begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run, data, run
from tests.engine.lifecycle.folders import IMPORTS, write

from mle_star.lifecycle.builtin import BUILT_INS
from mle_star_memory.location import database

__all__ = ["data", "run"]

_BLOCKS = f"{IMPORTS}@hook('pre-task')\ndef check(event):\n    raise Block('not before noon')\n"


def test_the_list_tells_all_in_their_order_with_where_they_come_from(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path, "a.py", f"{IMPORTS}@hook('post-task', seconds=9)\ndef mine(event): ...\n")
    write(tmp_path, "b.py", "def (")

    told = run("hooks", "list", "--json").json

    assert [hook["name"] for hook in told["hooks"]] == [h.name for h in BUILT_INS] + ["mine"]
    mine = told["hooks"][-1]
    assert (mine["event"], mine["of"], mine["source"]) == ("post-task", "run", "project")
    assert mine["seconds"] == 9
    assert mine["path"].endswith("a.py")
    assert "b.py" in told["problems"][0]
    page = run("hooks", "list")
    assert page.code == 0
    assert "mine" in page.out
    assert "b.py" in page.err


def test_run_calls_one_with_a_made_up_event_or_that_of_a_file(run: Run, tmp_path: Path) -> None:
    text = f"{IMPORTS}@hook('post-task')\ndef mine(event):\n    print(event['name'], event['of'])\n"
    write(tmp_path, "a.py", text)
    (tmp_path / "event.json").write_text(json.dumps({"name": "given", "of": "me"}))

    assert "customers-churn run" in run("hooks", "run", "mine").out
    told = run("hooks", "run", "mine", "--event", "event.json", "--json").json
    assert (told["status"], told["said"]) == ("done", "given me")


@pytest.mark.parametrize(("body", "code"), [("pass", 0), ("raise Block('no')", 2), ("1 / 0", 1)])
def test_the_exit_status_of_run_tells_what_it_did(
    run: Run, tmp_path: Path, body: str, code: int
) -> None:
    write(tmp_path, "a.py", f"{IMPORTS}@hook('pre-task')\ndef mine(event):\n    {body}\n")

    assert run("hooks", "run", "mine").code == code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody",), "here are: mine"),
        (("report",), "part of the engine"),
        (("mine", "--event", "no.json"), "cannot be read"),
        (("mine", "--session", "no-such"), "no session"),
    ],
)
def test_what_cannot_be_run_is_told(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    write(tmp_path, "a.py", f"{IMPORTS}@hook('pre-task')\ndef mine(event): ...\n")

    done = run("hooks", "run", *words)

    assert done.code == 2
    assert said in done.err


def test_the_check_of_the_environment_can_be_run_alone(run: Run) -> None:
    assert run("hooks", "run", "environment").code == 0


def test_test_calls_every_hook_and_tells_what_each_did(run: Run, tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.py",
        f"{IMPORTS}"
        "@hook('pre-task', of='tasks')\ndef one(event):\n    print(event['of'])\n"
        "@hook('during-task')\ndef two(event):\n    print(event['happened']['type'])\n"
        "@hook('post-task')\ndef three(event):\n    raise Block(event['status'])\n",
    )

    done = run("hooks", "test", "--json")

    assert done.code == 0
    assert [(h["hook"], h["status"], h["said"]) for h in done.json["hooks"]] == [
        ("one", "done", "foundation_building"),
        ("two", "done", "incumbent_changed"),
        ("three", "blocked", "done"),
    ]
    write(tmp_path, "b.py", f"{IMPORTS}@hook('pre-task')\ndef bad(event):\n    1 / 0\n")
    failed = run("hooks", "test")
    assert failed.code == 1
    assert "ZeroDivisionError" in failed.out


def test_without_hooks_test_says_where_they_are_looked_for(run: Run) -> None:
    done = run("hooks", "test")

    assert done.code == 0
    assert ".mle-star/hooks" in done.err


def test_a_run_that_a_hook_refuses_leaves_nothing_behind(
    run: Run, data: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.py", _BLOCKS)
    before = sorted(tmp_path.iterdir())

    done = run("run", "--dataset", data, "--target", "label")

    assert done.code == 2
    assert "the run is refused by hook check: not before noon" in done.err
    assert "--no-hooks" in done.err
    assert "hooks of this run: check (pre-task, project)" in done.err
    assert sorted(tmp_path.iterdir()) == before
    assert not database().exists()


def test_stages_of_a_run_that_a_hook_refuses_leave_nothing_behind(
    run: Run, data: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.py", _BLOCKS)

    done = run("ml", "mle-star", "action", "--dataset", data, "--target", "label", "--quiet")

    assert done.code == 2
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir())


def test_a_run_in_the_background_is_refused_in_the_foreground(
    run: Run, data: Path, tmp_path: Path
) -> None:
    write(tmp_path, "a.py", _BLOCKS)

    done = run("run", "--dataset", data, "--target", "label", "--detach")

    assert done.code == 2
    assert not (tmp_path / "models").exists()


def test_hooks_that_cannot_be_used_are_told_and_the_run_goes_on(
    run: Run, data: Path, tmp_path: Path
) -> None:
    write(tmp_path, "bad.py", "def (")
    write(tmp_path, "check.py", _BLOCKS)  # so that the run ends here

    done = run("run", "--dataset", data, "--target", "label")

    assert "no hook:" in done.err
    assert "not before noon" in done.err
