"""Events of life-cycle hooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mle_star.events.base import Event


@dataclass(frozen=True, slots=True)
class HookFinished(Event):
    """A hook was called: `status` is done, blocked, failed or timeout, `said` its reason.

    `event` is pre-task, during-task or post-task, `task` the workflow's task that it was called
    for (empty: the run itself).
    """

    type: ClassVar[str] = "hook_finished"
    loose: ClassVar[frozenset[str]] = frozenset({"status", "said", "seconds"})
    hook: str
    event: str
    task: str
    status: str
    said: str
    seconds: float
