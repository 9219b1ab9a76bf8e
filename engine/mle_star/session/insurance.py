"""A whole, usable model in the output folder from the first judged candidate on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mle_star.data.prepare import Prepared
from mle_star.events import Event, IncumbentChanged
from mle_star.judge.evaluation import Evaluation
from mle_star.phases.context import Context
from mle_star.session.folder import Folder

if TYPE_CHECKING:
    from mle_star.phases.deployment import Stamp

_AFFORDABLE = 0.03
"""Share of the time left that a better early model may cost."""


class Insurance:
    """Passes events on; at the first best candidate, packages it.

    Parameters
    ----------
    context : Context
        The session's, with the emit to pass on to.
    prepared : Prepared
        The whole table.
    folder : Folder
        Where the bundle goes.
    stamp : callable
        Makes what the bundle says of the session.

    Attributes
    ----------
    evaluation : Evaluation or None
        Of the packaged candidate.
    """

    def __init__(
        self, context: Context, prepared: Prepared, folder: Folder, stamp: Callable[[], Stamp]
    ) -> None:
        self._context = context
        self._emit = context.emit
        self._prepared = prepared
        self._folder = folder
        self._stamp = stamp
        self._cost = 0.0
        self.evaluation: Evaluation | None = None

    def __call__(self, event: Event) -> None:
        """Pass an event on, and see whether there is something to package now."""
        self._emit(event)
        if isinstance(event, IncumbentChanged) and self.evaluation is None:
            found = next(
                (e for e in self._context.ledger if e.solution.digest == event.digest), None
            )
            if found is not None:
                self._package(found)

    def renew(self, evaluation: Evaluation) -> None:
        """Package a better candidate, unless that took long the last time."""
        budget = self._context.budget
        cheap = budget.counts_evaluations or self._cost <= _AFFORDABLE * budget.left()
        known = self.evaluation and self.evaluation.solution.digest
        if cheap and evaluation.solution.digest != known:
            self._package(evaluation)

    def _package(self, evaluation: Evaluation) -> None:
        from mle_star.phases import deployment

        budget = self._context.budget
        began = budget.clock()
        deadline = budget.share(1.0).deadline
        context = replace(self._context, emit=self._emit)
        written = deployment.insurance(
            context, self._prepared, evaluation, self._folder.model, deadline, self._stamp()
        )
        if written:
            self._folder.put_solution()
            self.evaluation = evaluation
        self._cost = budget.clock() - began
