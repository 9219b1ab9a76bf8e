"""docs/hooks.md cannot lie: its examples run, its tables are those of the code."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cli.conftest import Run, run
from tests.engine.lifecycle.folders import write

from mle_star import hooks
from mle_star.lifecycle.builtin import BUILT_INS
from mle_star.lifecycle.calling import call
from mle_star.lifecycle.find import find
from mle_star.lifecycle.hook import BLOCKED, DONE, Hook
from mle_star.lifecycle.told import made_up
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.versions import Version

__all__ = ["run"]

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "hooks.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples(page: str, language: str) -> list[str]:
    return [text for found, text in _FENCE.findall(page) if found == language]


def the(name: str) -> Hook:
    return next(hook for hook in find().hooks if hook.name == name)


def told(name: str, **other: Any) -> dict[str, Any]:
    return made_up(the(name), Path.cwd()) | other


def test_the_python_example_does_what_it_says(page: str, project: Path) -> None:
    (text,) = examples(page, "python")
    write(project, "mine.py", text)

    assert [h.does for h in find().hooks if h.name == "tell"] == ["Writes down every new best."]
    assert the("tell").seconds == 5
    settings = told("not_too_long")["settings"]
    long = told("not_too_long", settings=settings | {"seconds": 7200})
    assert call(the("not_too_long"), told("not_too_long")).status == DONE
    assert call(the("not_too_long"), long).said == "ask for at most an hour"
    assert call(the("tell"), told("tell")).status == DONE
    assert (project / "best.txt").read_text() == "lightgbm 0.84\n"
    weak = told("only_good_ones", summary={"cross_validation": {"score": 0.6}})
    assert call(the("only_good_ones"), told("only_good_ones")).status == DONE
    assert call(the("only_good_ones"), weak).status == BLOCKED


def test_the_shell_example_does_what_it_says(page: str, project: Path) -> None:
    (text,) = [one for one in examples(page, "sh") if one.startswith("#!")]
    write(project, "post-task.sh", text, executable=True)
    (hook,) = find().hooks

    assert (hook.event, hook.of, hook.seconds) == ("post-task", "deployment", 10)
    assert call(hook, made_up(hook, project)).status == DONE
    assert json.loads((project / "deployed.json").read_text())["of"] == "deployment"


def test_the_commands_of_the_page_work(page: str, run: Run, monkeypatch: Any) -> None:
    monkeypatch.setattr("mle_star.cli.models._check_files", lambda _: None)
    with open_store(database()) as store:
        store.add_version(Version("shop-label", "s", "/m", 1.0))
    lines = [line for text in examples(page, "sh") for line in text.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("mle-star ")]

    codes = {" ".join(words): run(*words).code for words in commands if "--session" not in words}

    assert len(codes) == 7
    assert set(codes.values()) == {0}


def test_the_tables_are_those_of_the_code(page: str) -> None:
    rows = [tuple(cell.strip("` ") for cell in row.split(" | ")) for row in _ROW.findall(page)]

    assert [row for row in rows if row[0] in hooks.EVENTS] == [
        (hook.event, hook.name, hook.does) for hook in BUILT_INS
    ]
    defaults = inspect.signature(hooks.hook).parameters
    stated = {row[0]: row[1] for row in rows[:6] if row[0] in defaults}
    assert stated == {
        "of": defaults["of"].default,
        "on": "`, `".join(defaults["on"].default),
        "seconds": f"{defaults['seconds'].default:g}",
    }


@pytest.mark.parametrize(
    ("event", "of"), [(e, of) for e in hooks.EVENTS for of in ("run", "tasks")]
)
def test_every_field_that_a_hook_is_told_stands_on_the_page(page: str, event: str, of: str) -> None:
    described = set(re.findall(r"^\| (`[^|]+`) \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE))
    fields = {name for cell in described for name in re.findall(r"`(\w+)`", cell)}
    hook = Hook("mine", event, "project", of=of)

    assert set(made_up(hook, Path.cwd())) <= fields
