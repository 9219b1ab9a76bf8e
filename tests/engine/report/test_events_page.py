"""What is published of events is what a log holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.cli.any_event import TEXTS, any_event
from tests.engine.cli.conftest import write_data

from mle_star.eventlog import KINDS, VERSION, encode
from mle_star.events import Event, Noted
from mle_star.report.events_page import page

_ROW = re.compile(r"^\| `(\w+)` \| ([a-z ]+) \|", re.M)
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "null": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
}


def _published(text: str) -> dict[str, dict[str, str]]:
    """Fields and types of each kind, those of every line included, as the page has them."""
    head, _, kinds = text.partition("\n## Kinds\n")
    envelope = dict(_ROW.findall(head))
    parts = kinds.split("\n### ")[1:]
    return {part.split("\n", 1)[0]: envelope | dict(_ROW.findall(part)) for part in parts}


def _fits(value: Any, words: str) -> bool:
    return any(_is(value, one) for one in words.split(" or "))


def _is(value: Any, words: str) -> bool:
    if words.startswith("array of "):
        inner = words.removeprefix("array of ")
        return isinstance(value, list) and all(_is(entry, inner) for entry in value)
    if words.startswith("object of "):
        inner = words.removeprefix("object of ")
        return isinstance(value, dict) and all(_is(entry, inner) for entry in value.values())
    return _CHECKS[words](value)


def _problems(line: dict[str, Any], published: dict[str, dict[str, str]]) -> list[str]:
    fields = published.get(line["type"])
    if fields is None:
        return [f"{line['type']} is not published"]
    found = [f"{name} is not published" for name in line.keys() - fields.keys()]
    found += [f"{name} is missing" for name in fields.keys() - line.keys()]
    shared = line.keys() & fields.keys()
    found += [f"{name}: {line[name]!r}" for name in shared if not _fits(line[name], fields[name])]
    return found


@pytest.fixture(scope="module")
def published(root: Path) -> dict[str, dict[str, str]]:
    return _published((root / "docs" / "events.md").read_text(encoding="utf-8"))


def test_the_page_is_up_to_date(root: Path) -> None:
    text = (root / "docs" / "events.md").read_text(encoding="utf-8")

    assert text == page(), "make it anew: python -m mle_star.report.events_page > docs/events.md"


def test_every_kind_is_published(published: dict[str, dict[str, str]]) -> None:
    assert list(published) == list(KINDS)
    assert published["noted"].keys() == {
        "v", "seq", "time", "elapsed", "of", "type", "level", "message",
    }  # fmt: skip


def test_the_example_is_a_line(published: dict[str, dict[str, str]]) -> None:
    [example] = re.findall(r"```json\n(.+)\n```", page())
    line = json.loads(example)

    assert line["v"] == VERSION
    assert _problems(line, published) == []


@given(event=any_event(), of=TEXTS, elapsed=st.floats(0, 1e6))
def test_whatever_an_event_holds_its_line_is_as_published(
    event: Event, of: str, elapsed: float
) -> None:
    line = json.loads(encode(event, 3, 12.5, elapsed, of))

    assert _problems(line, _published(page())) == []


def test_a_line_that_is_not_as_published_is_noticed(published: dict[str, dict[str, str]]) -> None:
    line = json.loads(encode(Noted("info", "x"), 0, 1.0, 0.0, ""))

    assert _problems(line | {"message": 3, "more": 1}, published) == [
        "more is not published",
        "message: 3",
    ]


@pytest.mark.proof
def test_every_line_of_a_real_run_is_as_published(
    tmp_path: Path, published: dict[str, dict[str, str]]
) -> None:
    write_data(tmp_path / "shop.csv", rows=120)
    options = ["--dataset", "shop.csv", "--target", "label", "--drop", "code,shop,day"]
    options += ["--evaluations", "2", "--jobs", "1", "--refinement-iterations", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "mle_star", "run", *options, "--output-format", "stream-json"],
        cwd=tmp_path,
        env={**os.environ, "MLE_STAR_HOME": str(tmp_path / "home")},
        capture_output=True,
        check=False,
        timeout=300,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode in (0, 4), done.stderr.decode()
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert (lines[0]["type"], lines[-1]["type"]) == ("session_started", "session_finished")
    assert [problem for line in lines for problem in _problems(line, published)] == []
    [log] = tmp_path.glob("models/*/events.jsonl")
    assert log.read_bytes() == done.stdout
