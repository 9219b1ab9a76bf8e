"""A run that meets with everything that may end one: kills, signals, failing disks, a torn log."""

from __future__ import annotations

import errno
import random
import shutil
import signal
import time
from pathlib import Path

from tests.reliability.runs import Plan, begin, prepare, resume
from tests.reliability.story import Story

from mle_star.session.lock import holder

JUMP = 3600.0
"""Seconds that the wall clock jumps to and fro at the end."""


def tell(folder: Path) -> Story:
    """Let a run meet with one mishap after the other, and end."""
    story = Story(prepare(folder))
    plan: Plan = {"kill_after": {"type": "evaluation_finished", "number": 4}}
    story.add("evaluation_finished", begin(folder, plan, "--verbose"))
    _interrupt(story)
    _tear(folder / "out")
    plan = {"kill_after": {"type": "step_finished", "number": 1}}
    story.add("step_finished", resume(folder, plan))
    _kill(story)
    plan = {"fail": {"call": "write", "number": 3, "code": errno.ENOSPC}}
    story.add("full disk", resume(folder, plan))
    _interrupt_twice(story)
    plan = {"kill_after": {"type": "gate_measured", "number": 1}}
    story.add("gate_measured", resume(folder, plan))
    words = ("--quiet", "--output-format", "stream-json")
    plan = {
        "clock": JUMP,
        "fail": {"call": "commit", "number": 2, "code": errno.EIO},
        "kill_after": {"type": "session_finished", "number": 1},
    }
    story.add("session_finished", resume(folder, plan, *words))
    story.add("end", resume(folder))
    return story


def _interrupt(story: Story) -> None:
    process = resume(story.folder)
    story.under_way(process)
    story.holder = holder(story.folder / "out")
    story.pid = process.pid
    process.send_signal(signal.SIGINT)
    story.add("interrupted", process)


def _tear(out: Path) -> None:
    """Leave the folder as a power cut may: half a line, and files that never reached the disk."""
    log = out / "events.jsonl"
    content = log.read_bytes()
    log.write_bytes(content[: content[:-1].rindex(b"\n") + 40])
    shutil.rmtree(out / "work" / "folds", ignore_errors=True)


def _kill(story: Story) -> None:
    process = resume(story.folder)
    story.kill(process, random.Random(0).uniform(1.0, 5.0))
    story.add("random", process)


def _interrupt_twice(story: Story) -> None:
    """Send a signal, and another before the run has had time to stop."""
    process = resume(story.folder)
    story.under_way(process)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    story.add("interrupted twice", process)
