"""One run with a model that misbehaves differently at every step: what CI sees of the thirty."""

from __future__ import annotations

import itertools
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.agents import wild, wild_code
from tests.agents.runs import FORWARD, Plan, Ran, assert_sound, canaries, go, prepare
from tests.agents.scripted_model import FEATURES, ModelServer, answer
from tests.agents.wild_code import (
    CONNECTS,
    HIDDEN,
    KILLS,
    MARK,
    NUMBERS,
    PATCHES,
    PERFECT,
    READS,
    WRITES,
    placed,
)
from tests.engine.agents.ask.server import Says

CANDIDATES = {
    "reads the labels": {"features": wild_code.features(READS)},
    "patches libraries, kills": {"model": wild_code.model(fit=PATCHES + KILLS)},
    "writes, connects, boasts": {"model": wild_code.model(fit=PERFECT + WRITES + CONNECTS)},
    "runs a shell": {"model": wild_code.model(top=wild_code.AT_ONCE, **wild_code.WILD[
        "runs a shell when it is loaded"])},
}  # fmt: skip
"""Cells of the four first solutions."""


class Moody:
    """Misbehaves differently every time."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._asked = Counter[str]()
        self._cells = itertools.cycle(CANDIDATES.values())

    def __call__(self, server: ModelServer, form: str, question: str) -> Any:
        self._asked[form] += 1
        return getattr(self, form.lower())(self._asked[form], server, question)

    def findings(self, number: int, server: ModelServer, question: str) -> Any:
        if number == 1:
            return Says("{}", 429, {"Retry-After": "0"})
        found = answer("Findings", question)
        [finding] = found["findings"]
        found["findings"] = [
            finding | {"name": f"{wild.NAMES[place]} {name}", "summary": wild.OBEY}
            for place, name in enumerate(CANDIDATES)
        ]
        return found

    def candidate(self, number: int, server: ModelServer, question: str) -> Any:
        found, cells = answer("Candidate", question), {"features": NUMBERS, **next(self._cells)}
        theirs = [
            {"role": role, "source": placed(source, self._folder, [self._port])}
            for role, source in cells.items()
        ]
        return found | {"cells": theirs + [c for c in found["cells"] if c["role"] not in cells]}

    def variants(self, number: int, server: ModelServer, question: str) -> Any:
        return wild.reset if number < 3 else wild.broken(server, "Variants", question)

    def choice(self, number: int, server: ModelServer, question: str) -> Any:
        return {"role": "features", "plan": "../../etc/passwd " + wild.ESCAPE}

    def plan(self, number: int, server: ModelServer, question: str) -> Any:
        return wild.fenced(server, "Plan", question)

    def code(self, number: int, server: ModelServer, question: str) -> Any:
        sources = (wild_code.R_CODE, f"{FEATURES}# {wild.ESCAPE}", wild_code.features(HIDDEN))
        source = sources[min(number, 3) - 1]
        return {"source": f"# {number}\n{placed(source, self._folder)}", "reason": wild.OBEY}

    def usage(self, number: int, server: ModelServer, question: str) -> Any:
        return wild.more_than_asked(server, "Usage", question)

    def prose(self, number: int, server: ModelServer, question: str) -> Any:
        return wild.boasting(server, "Prose", question)


@pytest.fixture(scope="module")
def moody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ran, socket.socket]]:
    folder = prepare(tmp_path_factory.mktemp("moody"))
    for listener in wild.listening():
        say = Moody(folder, listener.getsockname()[1])
        options = (*FORWARD, "--evaluations", "10")
        with wild.WildServer(say) as server:
            yield go(folder, server, Plan(unread=True, options=options, call=20.0)), listener


@pytest.mark.slow
def test_a_run_ends_well_whatever_the_model_does(moody: tuple[Ran, socket.socket]) -> None:
    ran, listener = moody

    assert_sound(ran)
    seen = {e["digest"] for e in ran.of("block_seen") if MARK in e["source"]}
    theirs = [e for e in ran.of("evaluation_finished") if seen & set(e["blocks"].values())]
    assert len({event["digest"] for event in theirs}) >= len(CANDIDATES)
    assert not [e for e in theirs if e["score"] is not None and e["score"] > 0.75]
    assert MARK not in (ran.folder / "out" / "solution.py").read_text()
    assert not (ran.folder / "owned").exists()
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.slow
def test_nothing_that_it_says_reaches_the_terminal_as_it_is(
    moody: tuple[Ran, socket.socket],
) -> None:
    ran, _ = moody
    told = ran.out + ran.err + (ran.folder / "out" / "summary.md").read_text()

    assert "\x1b" not in told
    assert wild.BELL not in told
    assert "0.9999" not in (ran.folder / "out" / "model" / "model_card.md").read_text()


@pytest.mark.parametrize("cell", [READS, HIDDEN])
def test_the_labels_would_be_found_where_nothing_stands_in_the_way(
    cell: str, tmp_path: Path
) -> None:
    table = pd.read_csv(prepare(tmp_path) / "shop.csv")
    made: dict[str, Any] = {}
    exec(placed(wild_code.features(cell), tmp_path), made)

    found = made["features"]({}).fit_transform(table)

    assert np.array_equal(found[:, 0], table["label"].eq("yes"))
    assert all(path.exists() for path in canaries(tmp_path))
