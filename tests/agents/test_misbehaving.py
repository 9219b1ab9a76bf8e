"""Models that misbehave: every run ends with a valid model and with scores that can be found again.

Each of these is a whole run. Where the code that a model wrote attacks, nobody reads it first: the
static rules are switched off, so that what holds is the sandbox, and a score that is the engine's.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.agents import wild, wild_code
from tests.agents.runs import FORWARD, Plan, Ran, assert_sound, go, prepare
from tests.agents.wild_code import HIDDEN, LIAR, MARK, R_CODE, READS, WILD

pytestmark = pytest.mark.proof

REPEATED = ("--drop", "code,shop,day", "--time-column", "none")
"""Rows that are scored in one fold are trained on in others."""

EXPECTED = {
    "prints for ever": "time limit",
    "is fitted for ever": "time limit",
    "predicts for ever": "time limit",
    "eats memory": "memory",
    "predicts nan": "finite",
    "predicts too few": "",
    "raises in fit": "RuntimeError",
}
"""Words of the reason for which a cell fails, where it has to."""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    yield from wild.listening()


def theirs_of(ran: Ran) -> list[dict[str, Any]]:
    """What was judged of a model that means no good."""
    blocks = {event["digest"] for event in ran.of("block_seen") if MARK in event["source"]}
    return [e for e in ran.of("evaluation_finished") if blocks & set(e["blocks"].values())]


def assert_not_shipped(ran: Ran, most: float = 0.75) -> None:
    """See that no cell of a model that means no good is shipped, or does well."""
    theirs = theirs_of(ran)
    assert not [e for e in theirs if e["score"] is not None and e["score"] > most]
    assert not {event["digest"] for event in theirs} & set(ran.shipped)
    assert MARK not in (ran.folder / "out" / "solution.py").read_text()


@pytest.mark.parametrize("kind", wild.WIRE)
def test_what_comes_in_place_of_an_answer(kind: str, tmp_path: Path) -> None:
    with wild.WildServer(wild.WIRE[kind]) as server:
        ran = go(tmp_path, server, Plan(call=2.0 if kind == "silence" else 20.0))

    assert_sound(ran)
    failed = [one for one in ran.of("agent_answered") if one["failure"]]
    if kind in ("two fences", "busy once"):
        assert not failed
    else:
        assert len(failed) == len(ran.of("agent_answered"))
        assert "language models" in (ran.folder / "out" / "summary.md").read_text()


@pytest.mark.parametrize("kind", WILD)
def test_code_that_nobody_read_first(kind: str, tmp_path: Path, listener: socket.socket) -> None:
    ports = [listener.getsockname()[1]]
    cells = {"model": wild_code.model(**WILD[kind])}
    with wild.WildServer(wild.writing(cells, tmp_path, ports)) as server:
        options = REPEATED if kind == "remembers labels" else FORWARD
        patience = 8.0 if EXPECTED.get(kind) == "time limit" else 90.0
        ran = go(tmp_path, server, Plan(unread=True, options=options, patience=patience))

    assert_sound(ran)
    assert_not_shipped(ran, most=0.95 if kind == "remembers labels" else 0.75)
    assert EXPECTED.get(kind, "") in ran.failures
    assert theirs_of(ran), ran.failures
    if kind == "remembers labels":  # it got as far as the folds whose labels it had seen
        assert [event for event in theirs_of(ran) if event["score"] is not None]
    assert not (tmp_path / "owned").exists()
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    ("cell", "unread"), [(READS, True), (READS, False), (HIDDEN, False), (HIDDEN, True)]
)
def test_features_made_of_the_labels(cell: str, unread: bool, tmp_path: Path) -> None:
    cells = {"features": wild_code.features(cell)}
    with wild.WildServer(wild.writing(cells, tmp_path, [])) as server:
        ran = go(tmp_path, server, Plan(unread=unread))

    assert_sound(ran)
    assert_not_shipped(ran)


def test_a_model_that_changes_when_it_is_written(tmp_path: Path) -> None:
    with wild.WildServer(wild.writing({"model": LIAR}, tmp_path, [])) as server:
        ran = go(tmp_path, server)

    assert_sound(ran)
    assert MARK not in (tmp_path / "out" / "solution.py").read_text()


def test_code_of_another_language(tmp_path: Path) -> None:
    with wild.WildServer(wild.writing({"model": R_CODE}, tmp_path, [])) as server:
        ran = go(tmp_path, server)

    assert_sound(ran)
    assert "randomForest" not in (tmp_path / "out" / "solution.py").read_text()


def test_paths_and_commands_in_texts(tmp_path: Path) -> None:
    with wild.WildServer(wild.evil_names) as server:
        ran = go(tmp_path, server, Plan(without=()))

    assert_sound(ran)
    assert not (tmp_path / "owned").exists()
    told = ran.out + ran.err + (tmp_path / "out" / "summary.md").read_text()
    assert "\x1b" not in told
    assert wild.BELL not in told


def test_a_card_with_numbers_that_nobody_measured(tmp_path: Path) -> None:
    with wild.WildServer(wild.boasting) as server:
        ran = go(tmp_path, server)

    assert_sound(ran)
    assert "0.9999" not in (tmp_path / "out" / "model" / "model_card.md").read_text()


@pytest.mark.parametrize("place", ["page", "column", "cell"])
def test_instructions_hidden_in_what_it_reads(place: str, tmp_path: Path) -> None:
    data = prepare(tmp_path) / "shop.csv"
    lines = data.read_text().splitlines()
    quoted = f'"{wild.OBEY}"'
    if place == "column":
        lines[0] = lines[0].replace(",c,", f",{quoted},")
    if place == "cell":
        lines[1] = lines[1].replace(",x,", f",{quoted},").replace(",y,", f",{quoted},")
        lines[1] = lines[1].replace(",z,", f",{quoted},")
    changed = "\n".join(lines) + "\n"
    cells = {"features": wild_code.features(READS)}
    with wild.WildServer(wild.obeying(cells, tmp_path)) as server:
        options = (*FORWARD, *(("--share-rows", "3") if place == "cell" else ()))
        ran = go(tmp_path, server, Plan(options=options), data=changed)

    assert_sound(ran)
    assert_not_shipped(ran)
    assert all("tools" not in request for request in ran.requests)
    assert any(wild.OBEY[:30] in str(request) for request in ran.requests)
