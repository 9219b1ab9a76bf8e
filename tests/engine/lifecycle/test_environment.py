"""What this machine lacks is said before time is spent."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from mle_star.lifecycle import environment
from mle_star.lifecycle.environment import lacks


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine with so many MiB of memory and of disk."""
    found = SimpleNamespace(memory=4000, disk=8000)
    monkeypatch.setattr(
        "psutil.virtual_memory", lambda: SimpleNamespace(available=found.memory * 2**20)
    )
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=found.disk * 2**20))
    return found


def test_a_machine_with_enough_of_all_lacks_nothing(
    machine: SimpleNamespace, tmp_path: Path
) -> None:
    assert lacks(tmp_path / "not" / "there", 3000.0, 7000.0) == []


def test_too_little_for_this_data_is_told_with_what_to_do(
    machine: SimpleNamespace, tmp_path: Path
) -> None:
    memory, disk = lacks(tmp_path, 5000.0, 9000.0)

    assert "4000 MiB of memory are free and the run is expected to need 5000" in memory
    assert "--jobs" in memory
    assert "8000 MiB of disk are free" in disk
    assert "--output" in disk


def test_hardly_anything_is_too_little_for_any_run(
    machine: SimpleNamespace, tmp_path: Path
) -> None:
    machine.memory, machine.disk = 100, 50

    assert len(lacks(tmp_path, 0.0, 0.0)) == 2


def test_a_booster_that_is_missing_is_named(
    machine: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "NEEDED", ("numpy", "no-such-booster"))
    monkeypatch.setattr(environment.missing, "__defaults__", (environment.NEEDED,))

    assert lacks(tmp_path, 0.0, 0.0) == ["no-such-booster is not installed: what needs it fails"]
