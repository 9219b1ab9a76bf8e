"""The phases of a session, in order, from the data to the bundle.

Modules of later phases are imported where they are first needed, after a thread has begun to
import them while the first candidates are being judged: the first score comes seconds sooner.
"""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mle_star.budget import Budget
from mle_star.data.prepare import Prepared, prepare
from mle_star.errors import BudgetError
from mle_star.events import Emit
from mle_star.files import sha256
from mle_star.judge.evaluation import Evaluation
from mle_star.judge.pool import Pool
from mle_star.phases import foundation, search
from mle_star.phases.context import Context
from mle_star.session.folder import Folder
from mle_star.session.insurance import Insurance
from mle_star.session.opening import open_session, request_of
from mle_star.session.phase import PhaseOf, phases
from mle_star.session.settings import Settings
from mle_star.session.shares import FOUNDATION, LAST_CHANCE, costs_of, improvement

if TYPE_CHECKING:
    from mle_star.phases.deployment import Stamp
    from mle_star.session.closing import Closing
    from mle_star.session.test_file import TestFile

_LATER = ("mle_star.session.closing", "mle_star.session.improvement")

Effects = tuple[tuple[str, float], ...]
"""Score lost without each block, by role."""


@dataclass(slots=True)
class Flow:
    """One session from its data to its bundle.

    Parameters
    ----------
    settings : Settings
        The run's options.
    folder : Folder
        Claimed.
    pool : Pool
        Warming.
    budget : Budget
        The whole run's.
    emit : callable
        Takes the events.
    created : str
        When the session began, as ISO 8601 text.

    Attributes
    ----------
    summary : dict
        What is known of the outcome so far, as plain values.
    opened : bool
        Whether the data could be used.
    """

    settings: Settings
    folder: Folder
    pool: Pool
    budget: Budget
    emit: Emit
    created: str
    summary: dict[str, Any] = field(default_factory=dict)
    opened: bool = False

    def run(self) -> bool:
        """Go through all phases; gives back whether all gates were met."""
        prepared = prepare(request_of(self.settings))
        test = _read_test(self.settings, prepared)
        context = open_session(
            self.settings, prepared, self.folder, self.pool, self.budget, self.emit
        )
        self.opened = True
        threading.Thread(target=_import_ahead, name="imports", daemon=True).start()
        phase = phases(self.emit, self.budget.clock)
        insurance = Insurance(context, prepared, self.folder, self._stamp)
        found = self._found(context, insurance, phase)
        best, effects = self._improve(context, found.best, phase)
        closing = self._closing(context, prepared, phase, found.baseline)
        passed = closing.run(found.baseline, best, self._stamp(effects), insurance.evaluation)
        if test is not None:
            closing.predict(test)
        return passed

    def _found(
        self, context: Context, insurance: Insurance, phase: PhaseOf
    ) -> foundation.Foundation:
        with phase("search", None) as said:
            techniques = search.run(context, self.settings.search_iterations)
            sources = {source for technique in techniques for source in technique.sources}
            said.append(f"{len(techniques)} techniques, {len(sources)} sources")
        context.emit = insurance
        self.budget.reserve = costs_of(context).reserve
        part = self.budget.share(FOUNDATION)
        with phase("foundation", part) as said:
            try:
                found = foundation.run(context, techniques, part)
            except BudgetError:  # hardly any time: all of it for one candidate, then
                if self.budget.counts_evaluations:
                    raise
                found = foundation.run(context, techniques, self.budget.share(LAST_CHANCE))
            said.append(f"{len(context.ledger)} judged, best {found.best.solution.name}")
        insurance.renew(found.best)
        context.emit = self.emit
        return found

    def _improve(
        self, context: Context, best: Evaluation, phase: PhaseOf
    ) -> tuple[Evaluation, Effects]:
        from mle_star.session.improvement import Improvement

        self.budget.reserve = costs_of(context).reserve
        stage = Improvement(context, phase, best)
        best = stage.run(self.settings.refinement_iterations, improvement(self.budget))
        measured = [(str(e.role), e.effect) for e in stage.effects if e.effect is not None]
        return best, tuple(measured)

    def _closing(
        self, context: Context, prepared: Prepared, phase: PhaseOf, baseline: Evaluation
    ) -> Closing:
        from mle_star.session.closing import Closing, score_facts

        if baseline.score:
            self.summary["baseline"] = score_facts(baseline.score, baseline.solution.name)
        return Closing(context, prepared, self.folder, phase, self.summary)

    def _stamp(self, effects: Effects = ()) -> Stamp:
        from mle_star.phases.deployment import Stamp

        dataset = self.settings.dataset
        return Stamp(self.settings.name, self.created, dataset, sha256(dataset), effects)


def _read_test(settings: Settings, prepared: Prepared) -> TestFile | None:
    if settings.test is None:
        return None
    from mle_star.session.test_file import TestFile

    return TestFile.read(settings.test, prepared.schema)


def _import_ahead() -> None:
    for name in _LATER:
        importlib.import_module(name)
