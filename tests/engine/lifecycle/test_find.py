"""Hooks are found in their folders and read without being run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.engine.lifecycle.folders import IMPORTS, write

from mle_star.hooks import ON
from mle_star.lifecycle.find import find, folders
from mle_star.lifecycle.hook import PROJECT, USER


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_functions_are_found_with_what_they_say_of_themselves_and_nothing_is_run(
    project: Path,
) -> None:
    write(
        project,
        "mine.py",
        f"{IMPORTS}open('ran', 'w')\n"
        "@hook('pre-task', of='tasks', seconds=2.5)\n"
        "def first(event):\n    '''Looks at it.\n\n    Closely.'''\n"
        "@hook('during-task', on=['step_finished'])\ndef second(event): ...\n"
        "@hook('during-task')\ndef third(event): ...\n"
        "def no_hook(event): ...\n",
    )

    first, second, third = find().hooks

    assert (first.name, first.event, first.of, first.seconds) == ("first", "pre-task", "tasks", 2.5)
    assert (first.does, first.source) == ("Looks at it.", PROJECT)
    assert (second.on, third.on) == (("step_finished",), ON)
    assert not (project / "ran").exists()


def test_an_executable_says_by_its_name_when_and_by_a_comment_how(project: Path) -> None:
    write(
        project,
        "10-during-task-watch.sh",
        "#!/bin/sh\n# mle-star: seconds=4 on=noted,step_finished\n",
        executable=True,
    )
    write(project, "post-task", "#!/bin/sh\n", executable=True)
    write(project, "README.md", "nothing")
    write(project, "helper.py", "x = 1\n")

    watch, after = find().hooks

    assert (watch.event, watch.seconds, watch.on) == (
        "during-task",
        4.0,
        ("noted", "step_finished"),
    )
    assert (after.event, after.name) == ("post-task", "post-task")
    assert find().problems == ()


def test_the_user_s_come_before_the_project_s_each_by_file_name(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    user = config / "mle-star" / "hooks"
    user.mkdir(parents=True)
    (user / "z.py").write_text(f"{IMPORTS}@hook('pre-task')\ndef users(event): ...\n")
    write(project, "b.py", f"{IMPORTS}@hook('post-task')\ndef later(event): ...\n")
    write(project, "a.py", f"{IMPORTS}@hook('post-task')\ndef sooner(event): ...\n")

    hooks = find().hooks

    assert [(h.name, h.source) for h in hooks] == [
        ("users", USER), ("sooner", PROJECT), ("later", PROJECT),
    ]  # fmt: skip


def test_without_a_folder_of_configuration_it_is_that_of_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))

    assert folders()[0] == (USER, tmp_path / "me" / ".config" / "mle-star" / "hooks")


def test_hooks_of_one_name_are_told_apart(project: Path) -> None:
    for name in ("a.py", "b.py"):
        write(project, name, f"{IMPORTS}@hook('pre-task')\ndef check(event): ...\n")

    names = [hook.name for hook in find().hooks]

    assert names == ["project/a.py:check", "project/b.py:check"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("bad.py", "def (", "cannot be read"),
        ("bad.py", f"{IMPORTS}@hook('pre-task', of=X)\ndef f(e): ...\n", "literals"),
        ("bad.py", f"{IMPORTS}@hook('sometimes')\ndef f(e): ...\n", "'sometimes' is none of"),
        ("bad.py", f"{IMPORTS}@hook('pre-task', wait=1)\ndef f(e): ...\n", "wait"),
        ("bad.py", f"{IMPORTS}@hook('pre-task', seconds=-1)\ndef f(e): ...\n", "above 0"),
        ("bad.py", f"{IMPORTS}@hook('during-task', on=['x'])\ndef f(e): ...\n", "kinds of event"),
        ("bad.py", f"{IMPORTS}@hook('pre-task')\nasync def f(e): ...\n", "plain function"),
        ("pre-task.sh", "#!/bin/sh\n", "chmod"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_problem_and_the_others_stay(
    project: Path, name: str, text: str, reason: str
) -> None:
    write(project, name, text)
    write(project, "good.py", f"{IMPORTS}@hook('pre-task')\ndef good(event): ...\n")

    found = find()

    assert [hook.name for hook in found.hooks] == ["good"]
    (problem,) = found.problems
    assert name in problem
    assert reason in problem


def test_a_wrong_setting_of_an_executable_is_a_problem(project: Path) -> None:
    write(project, "pre-task", "#!/bin/sh\n# mle-star: secs=4\n", executable=True)

    assert "secs=4" in find().problems[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_folder_that_cannot_be_read_is_a_problem(project: Path) -> None:
    folder = write(project, "a.py", "").parent
    folder.chmod(0)
    try:
        assert "cannot be read" in find().problems[0]
    finally:
        folder.chmod(0o755)
