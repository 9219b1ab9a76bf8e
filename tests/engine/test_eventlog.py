"""The log on disk: what it holds, and what a torn or damaged one gives back."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mle_star.errors import StateError
from mle_star.eventlog import KINDS, EventLog, decode, encode, plain, read_log
from mle_star.events import Event, Noted, SessionFinished, SessionResumed

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def notes(*messages: str) -> list[Event]:
    return [Noted("info", message) for message in messages]


def write(path: Path, events: Sequence[Event], of: str = "") -> None:
    with contextlib.closing(EventLog(path, lambda: 12.5)) as log:
        for number, event in enumerate(events):
            log(event, float(number), of)


def messages(path: Path) -> list[str]:
    standing = [line.event for line in read_log(path).standing]
    return [event.message for event in standing if isinstance(event, Noted)]


def test_the_log_holds_one_numbered_line_an_event_as_soon_as_it_is_emitted(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "deep" / "events.jsonl", now=lambda: 12.5)

    log(Noted("info", "line\nbreak"), 1.25, "a task")
    log(SessionFinished(0, 1.5, {"score": np.float64(0.5), "bad": float("nan")}))

    lines = (tmp_path / "deep" / "events.jsonl").read_text().splitlines()
    log.close()
    assert [json.loads(line) for line in lines] == [
        {
            "v": 1, "seq": 0, "time": 12.5, "elapsed": 1.25, "of": "a task",
            "type": "noted", "level": "info", "message": "line\nbreak",
        },
        {
            "v": 1, "seq": 1, "time": 12.5, "elapsed": 0.0, "of": "",
            "type": "session_finished", "exit_code": 0, "seconds": 1.5,
            "summary": {"score": 0.5, "bad": None},
        },
    ]  # fmt: skip


@given(kind=st.sampled_from(sorted(KINDS)), data=st.data())
def test_every_event_comes_back_from_its_line(kind: str, data: st.DataObject) -> None:
    values: dict[str, Any] = {
        field.name: data.draw(PLAIN, label=field.name) for field in fields(KINDS[kind])
    }
    event = KINDS[kind](**values)

    line = decode(encode(event, 3, 1.0, 2.0, "task"))

    assert plain(line.event) == plain(event)
    assert (line.of, line.elapsed, line.time) == ("task", 2.0, 1.0)


@settings(deadline=None)  # it waits for the disk
@given(cut=st.integers(1, 400))
def test_a_torn_end_is_cut_off_wherever_it_tore(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    write(path, notes("a", "b", "c"))
    content = path.read_bytes()
    path.write_bytes(content[: max(0, len(content) - cut)])
    whole = path.read_bytes().count(b"\n")

    history = read_log(path)
    with contextlib.closing(EventLog(path, lambda: 0.0, history)) as log:
        log(Noted("info", "after"))

    assert messages(path) == [*"abc"[:whole], "after"]
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == list(
        range(whole + 1)
    )


@pytest.mark.parametrize("tail", [b"\0" * 500, b'{"v":1,"seq":', b"\xff\xfe\n", b"[]\n"])
def test_rubbish_after_the_last_whole_line_is_cut_off(tail: bytes, tmp_path: Path) -> None:
    write(tmp_path / "log", notes("a", "b"))
    with (tmp_path / "log").open("ab") as file:
        file.write(tail)

    assert messages(tmp_path / "log") == ["a", "b"]


def test_a_damaged_line_in_the_middle_is_told_with_its_number(tmp_path: Path) -> None:
    write(tmp_path / "log", notes("a", "b", "c"))
    lines = (tmp_path / "log").read_bytes().splitlines(keepends=True)
    (tmp_path / "log").write_bytes(lines[0] + b'{"v":1}\n' + lines[2])

    with pytest.raises(StateError, match="line 2"):
        read_log(tmp_path / "log")


def test_what_a_resumption_took_back_does_not_stand(tmp_path: Path) -> None:
    with contextlib.closing(EventLog(tmp_path / "log", lambda: 0.0)) as log:
        for of, message in [("", "1"), ("x", "2"), ("y", "3"), ("x", "4"), ("", "5")]:
            log(Noted("info", message), 7.0, of)
        log(SessionResumed({"": 1, "x": 1}), 1.0)
        log(Noted("info", "6"), 2.0, "x")

    assert messages(tmp_path / "log") == ["1", "2", "6"]
    assert read_log(tmp_path / "log").elapsed == 7.0


def test_a_full_disk_is_told_and_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(tmp_path / "log", lambda: 0.0)
    log(Noted("info", "a"))
    real, calls = os.write, []

    def half(file: int, content: bytes) -> int:
        calls.append(content)
        if len(calls) % 2:
            return real(file, content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StateError, match="No space left") as caught:
        log(Noted("info", "b"))
    monkeypatch.undo()

    assert caught.value.exit_code == 8
    assert "resume" in caught.value.remedy
    assert messages(tmp_path / "log") == ["a"]
    with pytest.raises(StateError, match="No space left"):
        log(Noted("info", "c"))
    log.close()


def test_a_disk_that_cannot_be_synced_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    log = EventLog(tmp_path / "log", lambda: 0.0)
    monkeypatch.setattr(os, "fsync", broken)
    log(Noted("info", "a"))

    with pytest.raises(StateError, match="Input/output error"):
        log.sync()
    log.close()
