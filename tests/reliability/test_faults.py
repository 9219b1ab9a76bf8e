"""A disk that is full or broken ends a run with status 8 and the way to go on, or does no harm."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.engine.cli.conftest import Run, data, run
from tests.reliability.story import Story
from tests.reliability.whole import Whole

__all__ = ["data", "run"]


def test_a_run_that_cannot_write_at_all_leaves_nothing(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    done = run("run", "--dataset", data, "--target", "label", "--output", "out")

    assert done.code == 8
    assert "cannot write out/workflow.json (" in done.err
    assert "No space left on device" in done.err
    assert "choose another --output folder" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_whose_disk_is_full_says_so_and_how_to_go_on(troubled: Story) -> None:
    step = troubled["full disk"]

    assert step.ended.code == 8
    (told,) = [line for line in step.ended.err.splitlines() if line.startswith("mle-star: ")]
    assert "out/" in told
    assert "No space left on device" in told
    assert "resume out" in step.ended.err
    assert step.halves == []
    assert step.left == []


@pytest.mark.slow
def test_a_store_that_cannot_be_written_costs_only_a_warning(troubled: Story) -> None:
    step = troubled["session_finished"]

    assert step.last == "session_finished"
    assert "[commit 2 fails]" in step.ended.err
    assert "this run is not remembered any further" in step.ended.out
    assert "memory.sqlite3: disk I/O error" in step.ended.out


@pytest.mark.slow
def test_a_run_whose_disk_failed_ends_like_the_undisturbed_one(
    troubled: Story, whole: Whole
) -> None:
    whole.assert_same(troubled.folder, troubled["end"].ended.code)
