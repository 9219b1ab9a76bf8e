"""Answers on disk."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.agents.ask.questions import question

from mle_star.agents.ask.record import Record, ReplayBackend
from mle_star.agents.ask.request import Answer
from mle_star.errors import StateError, UsageError

ANSWER = Answer(
    value={"plan": "more"},
    cost=0.25,
    input_tokens=900,
    output_tokens=40,
    seconds=3.5,
    attempts=2,
    sources=(("A page", "https://example.com/a"),),
    model="a-model",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "models" / "answers.jsonl"


def test_an_answer_is_found_again_by_another_process(path: Path) -> None:
    Record(path).add(question(), "search", ANSWER)
    record = Record(path)

    assert record.get(question().digest) == ANSWER
    assert record.get(question("step 2").digest) is None
    [recorded] = record
    assert (recorded.agent, recorded.step, recorded.phase) == (
        "feature-engineer", "step 1", "search",
    )  # fmt: skip


def test_a_line_tells_what_was_asked_and_what_it_took(path: Path) -> None:
    Record(path).add(question(), "search", ANSWER)

    line = json.loads(path.read_bytes())

    assert line["prompt"] == question().prompt
    assert line["prompt_bytes"] == question().size
    assert (line["cost"], line["input_tokens"], line["turns"]) == (0.25, 900, 0)
    assert line["sources"] == [["A page", "https://example.com/a"]]
    assert "You plan." not in path.read_text(encoding="utf-8")


def test_a_torn_line_is_cut_and_the_next_answer_stands_in_its_place(path: Path) -> None:
    record = Record(path)
    record.add(question("step 1"), "search", ANSWER)
    whole = path.read_bytes()
    record.add(question("step 2"), "search", ANSWER)
    torn = path.read_bytes()

    for length in range(len(whole), len(torn), 23):
        path.write_bytes(torn[:length])
        record = Record(path)
        assert path.read_bytes() == whole
        assert record.get(question("step 2").digest) is None
    record.add(question("step 2"), "search", ANSWER)
    assert path.read_bytes() == torn


def test_a_line_damaged_within_the_file_is_told_with_its_number(path: Path) -> None:
    record = Record(path)
    for step in ("step 1", "step 2", "step 3"):
        record.add(question(step), "search", ANSWER)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:40] + b"\n" + lines[2])

    with pytest.raises(StateError, match="line 2"):
        Record(path)


def test_a_copy_gets_what_is_new_and_what_was_there_before_it(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "kept.jsonl"
    Record(path).add(question("step 1"), "search", ANSWER)
    Record(path, copy).add(question("step 2"), "search", ANSWER)
    Record(path, copy).add(question("step 3"), "search", ANSWER)

    assert copy.read_bytes() == path.read_bytes()
    assert len(path.read_bytes().splitlines()) == 3


def test_a_copy_onto_itself_holds_each_answer_once(path: Path) -> None:
    Record(path, path).add(question(), "search", ANSWER)

    assert len(path.read_bytes().splitlines()) == 1


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StateError, match="cannot write"):
        Record(tmp_path / "file" / "answers.jsonl").add(question(), "search", ANSWER)


def test_a_replay_answers_from_the_file_and_never_otherwise(path: Path) -> None:
    Record(path).add(question(), "search", ANSWER)
    replay = ReplayBackend(path)

    assert replay.check().startswith("1 recorded answers")
    assert replay.ask(question()) == ANSWER
    assert replay.ask(question("step 2")).failure == "not in the recording"


@pytest.mark.parametrize("content", [None, b"", b"{}\n", b"no answers at all"])
def test_a_replay_of_what_is_no_recording_is_refused(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)

    with pytest.raises(UsageError, match=r"no file|no answers"):
        ReplayBackend(path).check()
    assert ReplayBackend(path).ask(question()).failure != ""


def test_a_replay_of_a_damaged_recording_is_refused(path: Path) -> None:
    Record(path).add(question(), "search", ANSWER)
    path.write_bytes(b"{\n" + path.read_bytes())

    with pytest.raises(StateError, match="line 1"):
        ReplayBackend(path).check()


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | _TEXT
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30)
@given(
    answers=st.lists(
        st.builds(
            Answer,
            value=st.none() | st.dictionaries(_TEXT, _VALUES, max_size=3),
            failure=_TEXT,
            cost=st.none() | st.floats(0, 10),
            sources=st.lists(st.tuples(_TEXT, _TEXT), max_size=2).map(tuple),
        ),
        max_size=4,
    )
)
def test_whatever_was_recorded_is_replayed_unchanged(answers: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        record = Record(Path(folder, "answers.jsonl"))
        for number, answer in enumerate(answers):
            record.add(question(f"step {number}"), "search", answer)
        replay = ReplayBackend(Path(folder, "answers.jsonl"))

        assert [replay.ask(question(f"step {n}")) for n in range(len(answers))] == answers
