"""``--interactive --claude``: a run in the background, and the client's terminal beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.cli.conftest import write_data

from mle_star.cli import coordinator
from mle_star.cli.launch import Launch, new_identity
from mle_star.errors import UnavailableError
from mle_star.session.folder import claim
from mle_star.session.plan import workflow_of
from mle_star.session.settings import resolve

CLIENT = """#!/usr/bin/env python3
import json, sys
from pathlib import Path
Path(__file__).with_name("arguments.json").write_text(json.dumps(sys.argv[1:]))
sys.exit(3)
"""

Begin = Callable[[], Launch]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begin:
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path / "shop.csv")

    def start() -> Launch:
        given = {"dataset": "shop.csv", "target": "label", "claude": True, "interactive": True}
        settings = resolve(given, cores=1)
        folder = claim(settings)
        return Launch(settings, workflow_of(given), folder, new_identity(settings, folder))

    return start


@pytest.fixture
def detached(monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    found: list[Launch] = []
    monkeypatch.setattr(coordinator, "detach", found.append)
    return found


def test_the_run_goes_to_the_background_and_the_client_is_told_of_it(
    begin: Begin,
    detached: list[Launch],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = tmp_path / "claude"
    client.write_text(CLIENT)
    client.chmod(0o755)
    monkeypatch.setenv("MLE_STAR_CLAUDE", str(client))
    start = begin()

    code = coordinator.converse(start)

    assert code == 0
    assert [one.settings.interactive for one in detached] == [False]
    first, *options = json.loads((tmp_path / "arguments.json").read_text())
    assert first  # before options that take many values
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert start.identity.session in given["--append-system-prompt"]
    assert (Path(given["--plugin-dir"]) / "agents" / "ml-researcher.md").is_file()
    assert given["--permission-mode"] == "default"
    allowed = given["--allowedTools"].split(",")
    assert all(rule.startswith("Bash(") and rule.endswith(":*)") for rule in allowed)
    assert not any(word in rule for rule in allowed for word in (" run", " stop", " resume"))
    assert f"status {start.identity.session}" in capsys.readouterr().err


def test_without_a_client_nothing_is_begun(
    begin: Begin, detached: list[Launch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLE_STAR_CLAUDE", os.devnull)

    with pytest.raises(UnavailableError):
        coordinator.converse(begin())

    assert detached == []
