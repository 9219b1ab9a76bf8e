"""A whole, usable model in the output folder from the first judged candidate on."""

from __future__ import annotations

from dataclasses import replace

from mle_star.events import ArtifactWritten, Event, IncumbentChanged
from mle_star.judge.evaluation import Evaluation
from mle_star.phases.context import Context
from mle_star.session.session import Session

_AFFORDABLE = 0.03
"""Share of the time left that a better early model may cost, going by the last one."""

_SLOW = 0.04
"""Share of the time left from which a fit is too slow for an early model, on few rows too."""


_MOST, _LEAST_SECONDS = 0.1, 5.0
"""Share of the time left, and seconds, of which the longer is given to the fit of one."""


class Insurance:
    """Passes events on; at the first best candidate, packages it.

    Parameters
    ----------
    session : Session
        Its folder takes the bundle, and it is told which candidate was packaged.
    context : Context
        The task's, with the emit to pass on to.
    """

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context
        self._emit = context.emit
        self._cost = 0.0

    def __call__(self, event: Event) -> None:
        """Pass an event on, and see whether there is something to package now."""
        self._emit(event)
        if isinstance(event, IncumbentChanged) and self._session.insured is None:
            found = next(
                (e for e in self._context.ledger if e.solution.digest == event.digest), None
            )
            if found is not None:
                self._package(found)

    def renew(self, evaluation: Evaluation) -> None:
        """Package a better candidate, unless that took long the last time, or will now."""
        budget = self._context.budget
        left = budget.left()
        quick = self._cost <= _AFFORDABLE * left and evaluation.fit_seconds <= _SLOW * left
        cheap = budget.counts_evaluations or quick
        insured = self._session.insured
        known = insured and insured.solution.digest
        if cheap and evaluation.solution.digest != known:
            self._package(evaluation)

    def _package(self, evaluation: Evaluation) -> None:
        solution, budget = evaluation.solution, self._context.budget
        began = budget.clock()
        written = self._context.once(
            f"early model {solution.digest}", lambda: self._written(evaluation)
        )
        if written and not self._session.folder.has_model:  # it was lost since
            written = self._written(evaluation)
        if written:
            self._session.insured = evaluation
            self._emit(ArtifactWritten("model/", f"an early model: {solution.name}"))
        self._cost = budget.clock() - began

    def _written(self, evaluation: Evaluation) -> bool:
        from mle_star.phases import deployment

        session, prepared = self._session, self._session.prepared
        assert prepared is not None
        budget = self._context.budget
        part = budget.share(1.0)
        if not budget.counts_evaluations:  # the fit may take longer than those that were measured
            part = part.within(max(_LEAST_SECONDS, _MOST * budget.left()))
        deadline = part.deadline
        context = replace(self._context, emit=self._emit)
        model, stamp = session.folder.model, session.stamp()
        if not deployment.insurance(context, prepared, evaluation, model, deadline, stamp):
            return False
        session.folder.put_solution()
        return True
