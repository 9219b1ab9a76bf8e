"""Calling the hooks of one moment in their order, and telling of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mle_star.events import Emit, HookFinished, Noted
from mle_star.lifecycle.calling import call
from mle_star.lifecycle.hook import BLOCKED, DONE, Hook
from mle_star.lifecycle.told import moment

WORDS = {"failed": "failed", "timeout": "was ended"}


@dataclass(slots=True)
class Caller:
    """Calls hooks, each once a moment, and emits what came of it.

    Parameters
    ----------
    hooks : sequence of Hook
        In their order.
    emit : callable
        Takes the events.
    done : dict of (str, str, str) to str
        By hook, event and task: calls that are not made again, with who blocked then, and why.
    is_over : callable
        Says whether the run ends.
    """

    hooks: Sequence[Hook]
    emit: Emit
    done: dict[tuple[str, str, str], str] = field(default_factory=dict)
    is_over: Callable[[], bool] = lambda: False

    def wants(self, event: str, task: str = "", phase: str = "") -> list[Hook]:
        """The hooks of a moment.

        Parameters
        ----------
        event : str
            ``pre-task``, ``during-task`` or ``post-task``.
        task, phase : str, default ""
            Of the workflow's task; empty for the run.
        """
        return [
            hook
            for hook in self.hooks
            if hook.command is not None and hook.is_for(event, task, phase)
        ]

    def call(
        self, event: str, facts: Callable[[], Mapping[str, Any]], task: str = "", phase: str = ""
    ) -> str:
        """Call the hooks of a moment, each once; the first that blocks is the last one called.

        Parameters
        ----------
        event : str
            ``pre-task`` or ``post-task``.
        facts : callable
            Gives back what they are told; asked only if there is a hook to call.
        task, phase : str, default ""
            Of the workflow's task; empty for the run.

        Returns
        -------
        str
            Who blocked and why; empty if nobody did.
        """
        wanted = self.wants(event, task, phase)
        told = {**facts(), **moment(event, task, phase)} if wanted else {}
        for hook in wanted:
            key = (hook.name, event, task)
            if key not in self.done:
                self.done[key] = self.one(hook, told, task)
            if self.done[key]:
                return self.done[key]
        return ""

    def one(self, hook: Hook, told: Mapping[str, Any], task: str = "") -> str:
        """Call one hook and tell of it; gives back who blocked and why, if it did.

        Parameters
        ----------
        hook : Hook
            With a command.
        told : mapping
            The event.
        task : str, default ""
            That it is called for.
        """
        outcome = call(hook, told, self.is_over)
        self.emit(
            HookFinished(hook.name, hook.event, task, outcome.status, outcome.said, outcome.seconds)
        )
        if outcome.status == BLOCKED:
            return who_blocked(hook.name, outcome.said)
        if outcome.status != DONE:
            what = WORDS[outcome.status]
            self.emit(Noted("warning", f"hook {hook.name} {what}, no harm: {outcome.said}"))
        return ""


def who_blocked(hook: str, reason: str) -> str:
    """A block in words."""
    return f"hook {hook}: {reason}"
