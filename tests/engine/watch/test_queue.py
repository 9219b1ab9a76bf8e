"""Requests on disk, from whomever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mle_star.watch.queue import Unreadable, ask, read, refuse, waiting


def test_a_request_is_read_as_it_was_asked(tmp_path: Path) -> None:
    path = ask(tmp_path, {"reason": "x", "session": "abc", "dataset": None, "path": "/s.py"}, 5.0)

    request = read(path)

    assert (request.reason, request.session, request.dataset) == ("x", "abc", "")
    assert (request.path, request.asked) == ("/s.py", "1970-01-01T00:00:05+00:00")
    assert path.name.startswith("5000-")


def test_two_requests_of_one_moment_are_two(tmp_path: Path) -> None:
    for _ in range(2):
        ask(tmp_path, {"reason": "x", "session": "abc"}, 5.0)

    assert len(waiting(tmp_path)) == 2


def test_the_oldest_comes_first_and_half_written_ones_do_not_count(tmp_path: Path) -> None:
    for name in ("900-1.json", "1000-1.json", ".1.json.7.partial", ".5-1.json", "b.txt"):
        (tmp_path / name).write_text("{}")

    assert [path.name for path in waiting(tmp_path)] == ["900-1.json", "1000-1.json"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "7", "{}", '{"session": 3}', '{"session": "a", "path": "b\\u0000"}'],
)
def test_what_is_no_request_is_refused_with_a_reason(tmp_path: Path, content: str) -> None:
    path = tmp_path / "1-1.json"
    path.write_text(content)

    with pytest.raises(Unreadable):
        read(path)
    refuse(path)

    assert waiting(tmp_path) == []
    assert (tmp_path / "refused" / "1-1.json").read_text() == content


def test_what_a_request_says_beside_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "1-1.json"
    path.write_text(json.dumps({"session": "abc", "later": {"a": 1}}))

    assert read(path).session == "abc"
