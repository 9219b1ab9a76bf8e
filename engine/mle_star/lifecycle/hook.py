"""One hook: what it is called for, and the command that is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mle_star.hooks import DURING, ON, RUN, SECONDS, TASKS

BUILT_IN, USER, PROJECT = "built-in", "user", "project"
"""Where a hook comes from."""

DONE, BLOCKED, FAILED, TIMED_OUT = "done", "blocked", "failed", "timeout"
"""How a call of a hook may end."""

Happened = Mapping[str, Any]
"""The event that a hook is given, as plain values."""

Command = Callable[[Happened], Sequence[str]]
"""Program and arguments for an event."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook.

    Parameters
    ----------
    name : str
        Unique among the hooks of a run.
    event : str
        ``pre-task``, ``during-task`` or ``post-task``.
    source : str
        ``built-in``, ``user``, ``project``, or the program that it belongs to.
    does : str, default ""
        One line for a person.
    of : str, default RUN
        ``run``, ``tasks``, or a phase or the id of a task of the workflow.
    on : tuple of str, default ON
        Kinds of event that one of ``during-task`` is called at.
    seconds : float, default SECONDS
        Time limit of a call.
    path : Path or None, default None
        The file that it stands in.
    command : callable or None, default None
        What is started; None: it is part of the engine.
    environment : mapping of str to str
        Added to the environment of its process.
    may_block : bool, default True
        Whether exit status 2 blocks; else that is a failure like any other.
    """

    name: str
    event: str
    source: str
    does: str = ""
    of: str = RUN
    on: tuple[str, ...] = ON
    seconds: float = SECONDS
    path: Path | None = None
    command: Command | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    may_block: bool = True

    def is_for(self, event: str, task: str, phase: str) -> bool:
        """Whether it is to be called.

        Parameters
        ----------
        event : str
            ``pre-task``, ``during-task`` or ``post-task``.
        task, phase : str
            Of the workflow's task; empty for the run.
        """
        if event != self.event:
            return False
        if self.of == RUN:
            return event == DURING or not task
        return bool(task) and self.of in (TASKS, task, phase)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call.

    Parameters
    ----------
    status : str
        ``done``, ``blocked``, ``failed`` or ``timeout``.
    said : str
        The reason of a block, or what it said last.
    seconds : float
        That it took.
    output : str, default ""
        All that it said, up to a limit.
    """

    status: str
    said: str
    seconds: float
    output: str = ""
