"""Caps are never exceeded, and a run without its agents is the built-in one, said aloud."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.agents.runs import FORWARD, Plan, assert_sound, go
from tests.agents.scripted_model import ModelServer
from tests.engine.agents.ask.server import Says

pytestmark = pytest.mark.proof


@pytest.mark.parametrize(("cap", "price"), [(0.05, 0.01), (0.5, 0.2), (0.02, 0.5), (10.0, 0.01)])
def test_money(cap: float, price: float, tmp_path: Path) -> None:
    usage = {"prompt_tokens": 900, "completion_tokens": 300, "cost": price}
    with ModelServer(usage=usage) as server:
        plan = Plan(options=(*FORWARD, "--max-cost", str(cap)), without=())
        ran = go(tmp_path, server, plan)

    assert_sound(ran)
    spent = ran.result["agents"]["total"]["dollars"]
    assert spent == pytest.approx(price * len(server.requests))
    assert spent <= max(cap, price)  # what the first call costs is not known before
    if cap < 1:
        assert f"cap of ${cap:.2f} is reached" in (tmp_path / "out" / "summary.md").read_text()


@pytest.mark.parametrize("cap", [1, 3_000, 6_000])
def test_tokens(cap: int, tmp_path: Path) -> None:
    with ModelServer() as server:
        plan = Plan(options=(*FORWARD, "--max-tokens", str(cap)), without=())
        ran = go(tmp_path, server, plan)

    assert_sound(ran)
    total = ran.result["agents"]["total"]
    assert total["input_tokens"] + total["output_tokens"] <= max(cap, 1_200)
    assert f"cap of {cap:,} tokens is reached" in (tmp_path / "out" / "summary.md").read_text()


def test_without_any_answer_the_run_is_the_built_in_one(tmp_path: Path) -> None:
    with ModelServer(lambda _form, _question: Says("{}", 503)) as server:
        ran = go(tmp_path, server)

    assert_sound(ran)
    assert len(server.requests) <= 9  # three calls of three attempts
    said = (tmp_path / "out" / "summary.md").read_text()
    assert "the built-in agent goes on without an answer: the agents are out of reach" in said
    assert not [event for event in ran.of("block_seen") if event["foreign"]]
