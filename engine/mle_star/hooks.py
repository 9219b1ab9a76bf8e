"""What a hook of one's own imports: ``from mle_star.hooks import hook, Block``.

A Python file in ``.mle-star/hooks`` of the project, or in ``mle-star/hooks`` of the user's
configuration, holds functions such as this one::

    from mle_star.hooks import Block, hook


    @hook("pre-task")
    def is_office_time(event):
        if event["settings"]["seconds"] > 600:
            raise Block("runs of more than ten minutes are for the night")

Standard library only: every hook starts a process that imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

PRE, DURING, POST = "pre-task", "during-task", "post-task"
EVENTS = (PRE, DURING, POST)
"""When hooks are called."""

SECONDS = 30.0
"""Time limit of a hook that sets none."""

RUN, TASKS = "run", "tasks"
"""What a hook is called for: the run as a whole, or each task of its workflow."""

ON = ("incumbent_changed", "step_finished", "phase_finished")
"""Kinds of event that a ``during-task`` hook is called at where it names none."""

Function = TypeVar("Function", bound=Callable[[dict[str, Any]], object])


class Block(Exception):  # noqa: N818 - an answer, not an error
    """Raised by a hook that blocks: what it was called before is not done, for this reason."""


def hook(
    event: str, *, of: str = RUN, on: Sequence[str] = ON, seconds: float = SECONDS
) -> Callable[[Function], Function]:
    """Mark a function as a hook.

    The arguments are read from the source without running it, so they must be literals.

    Parameters
    ----------
    event : {"pre-task", "during-task", "post-task"}
        When it is called.
    of : str, default RUN
        What it is called for: ``run``, ``tasks`` (each task of the workflow), or one phase or the
        id of one task. Of ``during-task`` hooks: whose events it hears.
    on : sequence of str, default ON
        Kinds of event, as in docs/events.md, that a ``during-task`` hook is called at.
    seconds : float, default SECONDS
        Its time limit.
    """

    def marked(function: Function) -> Function:
        return function

    return marked
