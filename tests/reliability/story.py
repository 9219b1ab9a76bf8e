"""What a run met with, step by step: each step ends it, the next goes on with it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.runs import GONE, Ended, events, finish, halves, kinds, left, until

from mle_star.session.lock import Holder


@dataclass(frozen=True)
class Step:
    """How a run stood after one mishap.

    Parameters
    ----------
    ended : Ended
        How the process ended.
    left : list of str
        Its processes that are still there some seconds later.
    halves : list of str
        Files in its folder that are not whole.
    kinds : Counter
        Events in its log.
    last : str
        Kind of the last event in its log.
    there : list of str
        What lies in its folder.
    """

    ended: Ended
    left: list[str]
    halves: list[str]
    kinds: Counter[str]
    last: str
    there: list[str]


@dataclass
class Story:
    """A run in a folder and what it met with.

    Parameters
    ----------
    folder : Path
        Where it runs.
    steps : dict
        How it stood after each mishap, by a name for it.
    pid : int
        Of the engine that was interrupted.
    holder : Holder or None
        Who had the folder just before that.
    """

    folder: Path
    steps: dict[str, Step] = field(default_factory=dict)
    pid: int = 0
    holder: Holder | None = None

    def __getitem__(self, name: str) -> Step:
        """How the run stood after one mishap."""
        return self.steps[name]

    def add(self, name: str, process: subprocess.Popen[str]) -> Step:
        """Wait for a run to end, and see how it stands."""
        ended, still = finish(process), left(self.folder, GONE)
        last = [event["type"] for event in events(self.folder)][-1:]
        out = self.folder / "out"
        self.steps[name] = Step(
            ended,
            still,
            halves(self.folder),
            kinds(self.folder),
            "".join(last),
            sorted(path.name for path in out.iterdir()) if out.is_dir() else [],
        )
        return self.steps[name]

    def under_way(self, process: subprocess.Popen[str]) -> None:
        """Wait until a run that goes on has logged something new."""
        until(lambda: self._is_news() or process.poll() is not None)

    @property
    def resumed(self) -> int:
        """How often it was resumed, as far as is known from its steps."""
        steps = list(self.steps.values())
        return steps[-1].kinds["session_resumed"] if steps else 0

    def _is_news(self) -> bool:
        logged = [event["type"] for event in events(self.folder)]
        return logged.count("session_resumed") > self.resumed and logged[-1] != "session_resumed"

    def kill(self, process: subprocess.Popen[str], seconds: float) -> None:
        """Kill a run's engine after some time."""
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
