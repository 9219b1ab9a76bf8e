"""The phases of a session, in order, from the data to the bundle."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mle_star.budget import Budget, Slice
from mle_star.data.prepare import Prepared
from mle_star.events import ArtifactWritten, Emit, PhaseFinished, PhaseStarted
from mle_star.files import sha256
from mle_star.judge.evaluation import Evaluation, Score
from mle_star.judge.pool import Pool
from mle_star.phases import deployment, ensemble, foundation, search, validation
from mle_star.phases.context import Context
from mle_star.phases.deployment import Stamp
from mle_star.session.folder import SOLUTION, Folder
from mle_star.session.improvement import Improvement
from mle_star.session.insurance import Insurance
from mle_star.session.opening import open_session
from mle_star.session.settings import Settings
from mle_star.session.shares import FOUNDATION, Closing, closing, improvement
from mle_star.session.test_file import PREDICTIONS, TestFile

_SHOWN_CANDIDATES = 5

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
        prepared, context = open_session(
            self.settings, self.folder, self.pool, self.budget, self.emit
        )
        test = self.settings.test and TestFile.read(self.settings.test, prepared.schema)
        self.opened = True
        stamp = Stamp(
            self.settings.name,
            self.created,
            self.settings.dataset,
            sha256(self.settings.dataset),
        )
        insurance = Insurance(context, prepared, self.folder, stamp)
        context.emit = insurance
        founded = self._found(context)
        insurance.renew(founded.best)
        context.emit = self.emit
        self.summary["baseline"] = _score(founded.baseline.score, founded.baseline.solution.name)
        best, effects = self._improve(context, founded.best)
        stamp = replace(stamp, effects=effects)
        validated = self._close(context, prepared, founded.baseline, best, stamp)
        if test:
            self._predict(test, context)
        return validated.passed

    def _found(self, context: Context) -> foundation.Foundation:
        with self._phase("search", None) as said:
            found = search.run(context, self.settings.search_iterations)
            sources = len({source for technique in found for source in technique.sources})
            said.append(f"{len(found)} techniques, {sources} sources")
        self.budget.reserve = self._closing(context).reserve
        part = self.budget.share(FOUNDATION)
        with self._phase("foundation", part) as said:
            founded = foundation.run(context, found, part)
            said.append(f"{len(context.ledger)} judged, best {founded.best.solution.name}")
        return founded

    def _improve(self, context: Context, best: Evaluation) -> tuple[Evaluation, Effects]:
        self.budget.reserve = self._closing(context).reserve
        stage = Improvement(context, self._phase, best)
        best = stage.run(self.settings.refinement_iterations, improvement(self.budget))
        measured = [(str(e.role), e.effect) for e in stage.effects if e.effect is not None]
        return best, tuple(measured)

    def _close(
        self,
        context: Context,
        prepared: Prepared,
        baseline: Evaluation,
        best: Evaluation,
        stamp: Stamp,
    ) -> validation.Validation:
        costs = self._closing(context)
        self.budget.reserve = costs.reserve
        part = self.budget.share(1.0)
        with self._phase("ensemble", part) as said:
            choice = ensemble.run(context, best, part, costs.refit)
            said.append(_told_choice(choice))
        self.summary["cross_validation"] = _score(choice.score, "the chosen ensemble")
        self.budget.reserve = 0.4 * costs.reserve
        part = self.budget.share(1.0)
        with self._phase("validation", part) as said:
            validated = validation.run(context, choice, baseline, part, prepared)
            said.append(_told_gates(validated))
        self._report(context, validated)
        self._deploy(context, prepared, validated, stamp)
        return validated

    def _deploy(
        self,
        context: Context,
        prepared: Prepared,
        validated: validation.Validation,
        stamp: Stamp,
    ) -> None:
        self.budget.reserve = 0.0
        part = self.budget.share(1.0)
        with self._phase("deployment", part) as said:
            deployment.run(context, prepared, validated, self.folder.model, part.deadline, stamp)
            self.folder.put_solution()
            said.append(f"model and code in {self.folder.root}")
        self.emit(ArtifactWritten(SOLUTION, "the model's code, runs without mle-star"))
        best = context.comparable()[:_SHOWN_CANDIDATES]
        if self.folder.put_candidates(best):
            self.emit(ArtifactWritten("candidates/", f"the code of the best {len(best)}"))

    def _report(self, context: Context, validated: validation.Validation) -> None:
        self.summary["cross_validation"] = _score(validated.score, validated.reason)
        self.summary["members"] = [
            {"name": member.name, "digest": member.digest} for member in validated.ensemble.members
        ]
        if validated.holdout_score is not None:
            self.summary["holdout"] = {
                "score": validated.holdout_score,
                "interval": validated.holdout_interval,
                "baseline": validated.baseline_holdout,
                "rows": len(context.judge.splits.holdout),
            }

    def _predict(self, test: TestFile, context: Context) -> None:
        output = self.folder.root / PREDICTIONS
        self.summary["test"] = test.predict(
            self.folder.model, output, context.task, context.judge.metric
        )
        self.emit(ArtifactWritten(PREDICTIONS, f"predictions for {test.path}"))

    def _closing(self, context: Context) -> Closing:
        folds = context.judge.splits.folds
        trained = max(len(fold.train) for fold in folds)
        return closing(
            self.budget,
            context.comparable(),
            rows=context.columns["rows"],
            trained=min(trained, context.fidelity.rows or trained),
            jobs=self.settings.jobs,
        )

    @contextlib.contextmanager
    def _phase(self, name: str, part: Slice | None) -> Iterator[list[str]]:
        seconds = None if part is None or part.until is not None else part.seconds()
        self.emit(PhaseStarted(name, seconds))
        began = self.budget.clock()
        said: list[str] = []
        yield said
        self.emit(PhaseFinished(name, "; ".join(said), self.budget.clock() - began))


def _score(score: Score | None, what: str) -> dict[str, Any] | None:
    if score is None:
        return None
    return {"score": score.mean, "spread": score.spread, "folds": len(score.folds), "what": what}


def _told_choice(choice: ensemble.EnsembleChoice) -> str:
    members = len(choice.ensemble.members)
    tried = f"{len(choice.strategies)} ways compared"
    return f"{tried}, {members} members" if members > 1 else f"{tried}, a single model is best"


def _told_gates(validated: validation.Validation) -> str:
    verdicts = [gate.verdict for gate in validated.gates]
    kinds = dict.fromkeys(sorted(verdicts))
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds) or "no gates measured"
