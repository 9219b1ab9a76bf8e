"""Whether a Claude client can be had is found out before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.agents.ask.test_claude import Play, ask, backend, pauses, play, private

from mle_star.agents.ask.claude import PROGRAM, ClaudeBackend
from mle_star.agents.ask.claude_command import ASKING
from mle_star.errors import UnavailableError

__all__ = ["backend", "pauses", "play", "private"]


def test_check_names_the_client(play: Play, backend: ClaudeBackend) -> None:
    fake = play("")

    assert backend.check() == "claude 9.9.9"
    assert fake.noted("calls") == []


def test_the_client_of_the_path_is_found(
    play: Play, backend: ClaudeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = play("answer(x=1)")
    monkeypatch.delenv(PROGRAM)
    monkeypatch.setenv("PATH", str(fake.folder))

    assert backend.check() == "claude 9.9.9"
    assert ask(backend).value == {"x": 1}


@pytest.mark.parametrize("named", ["", "no/such/client"])
def test_a_client_that_is_absent_is_told_with_a_remedy(
    backend: ClaudeBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(PROGRAM, named)

    with pytest.raises(UnavailableError, match="install Claude Code") as error:
        backend.check()

    assert error.value.exit_code == 5
    assert named in error.value.problem
    assert ask(backend).failure == error.value.problem


@pytest.mark.parametrize(
    "program", ["#!/no/such/interpreter\n", "#!/bin/sh\necho broken >&2; exit 3"]
)
def test_a_client_that_does_not_start_is_told_with_a_remedy(
    play: Play, backend: ClaudeBackend, program: str
) -> None:
    play("").program.write_text(program)

    with pytest.raises(UnavailableError, match="--version does not work: ") as error:
        backend.check()

    assert "install Claude Code anew" in error.value.remedy
    assert ask(backend).failure


def test_an_agent_cannot_start_agents(
    play: Play, backend: ClaudeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    play("")
    monkeypatch.setenv(ASKING, "1")

    with pytest.raises(UnavailableError, match="agent of another run"):
        backend.check()
