"""The end of a session: ensemble, validation, deployment, and the predictions asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mle_star.data.prepare import Prepared
from mle_star.errors import BudgetError
from mle_star.events import ArtifactWritten, Noted
from mle_star.judge.evaluation import Evaluation, Score
from mle_star.phases import deployment, ensemble, validation
from mle_star.phases.context import Context
from mle_star.phases.deployment import Stamp
from mle_star.phases.members import fit_cost, makespan
from mle_star.session import shares
from mle_star.session.folder import SOLUTION, Folder
from mle_star.session.phase import PhaseOf
from mle_star.session.test_file import PREDICTIONS, TestFile

_SHOWN_CANDIDATES = 5


@dataclass(slots=True)
class Closing:
    """What is done with the best solutions found.

    Parameters
    ----------
    context : Context
        The session's.
    prepared : Prepared
        The whole table.
    folder : Folder
        Where the result goes.
    phase : callable
        See :data:`~mle_star.session.phase.PhaseOf`.
    summary : dict
        Takes the scores, as plain values.
    """

    context: Context
    prepared: Prepared
    folder: Folder
    phase: PhaseOf
    summary: dict[str, Any]

    def run(
        self, baseline: Evaluation, best: Evaluation, stamp: Stamp, early: Evaluation | None
    ) -> bool:
        """Combine, validate, package; gives back whether all gates were met.

        If the final model cannot be fitted in the time left, the early one stays; its gates were
        not measured, so they were not met.
        """
        validated = self._validate(self._combine(best), baseline)
        try:
            self._deploy(validated, stamp)
        except BudgetError as error:
            if early is None or not self.folder.has_model:
                raise
            self._keep(early, error)
            return False
        finally:
            self._put_candidates()
        return validated.passed

    def predict(self, test: TestFile) -> None:
        """Predict the test file with the packaged model."""
        output, judge = self.folder.root / PREDICTIONS, self.context.judge
        facts = test.predict(self.folder.model, output, self.context.task, judge.metric)
        self.summary["test"] = facts
        self.context.emit(ArtifactWritten(PREDICTIONS, f"predictions for {test.path}"))

    def _combine(self, best: Evaluation) -> ensemble.EnsembleChoice:
        costs = shares.costs_of(self.context)
        budget = self.context.budget
        budget.reserve = costs.reserve
        part = budget.share(1.0)
        with self.phase("ensemble", part) as said:
            choice = ensemble.run(self.context, best, part, costs.refit)
            said.append(_told_choice(choice))
        self.summary["cross_validation"] = score_facts(choice.score, "the chosen ensemble")
        return choice

    def _validate(
        self, choice: ensemble.EnsembleChoice, baseline: Evaluation
    ) -> validation.Validation:
        budget = self.context.budget
        budget.reserve = 0.0
        members, rows = choice.ensemble.members, len(self.prepared.table)
        costs = [fit_cost(self.context, member, rows) for member in members]
        part = shares.validation(budget, makespan(costs, self.context.jobs))
        with self.phase("validation", part) as said:
            validated = validation.run(self.context, choice, baseline, part, self.prepared)
            said.append(_told_gates(validated))
        self._sum_up(validated)
        return validated

    def _sum_up(self, validated: validation.Validation) -> None:
        self.summary["cross_validation"] = score_facts(validated.score, validated.reason)
        self.summary["members"] = [
            {"name": member.name, "digest": member.digest} for member in validated.ensemble.members
        ]
        if validated.holdout_score is not None:
            self.summary["holdout"] = {
                "score": validated.holdout_score,
                "interval": validated.holdout_interval,
                "baseline": validated.baseline_holdout,
                "rows": len(self.context.judge.splits.holdout),
            }

    def _deploy(self, validated: validation.Validation, stamp: Stamp) -> None:
        context, folder = self.context, self.folder
        part = context.budget.share(1.0)
        with self.phase("deployment", part) as said:
            deployment.run(context, self.prepared, validated, folder.model, part.deadline, stamp)
            folder.put_solution()
            said.append(f"model and code in {folder.root}")
        context.emit(ArtifactWritten("model/", "the model to ship: this folder is all it needs"))
        context.emit(ArtifactWritten(SOLUTION, "the model's code, runs without mle-star"))

    def _keep(self, early: Evaluation, error: BudgetError) -> None:
        """Tell of the early model instead of the one that could not be packaged."""
        solution = early.solution
        self.context.emit(Noted("warning", f"an early model is shipped: {error.problem}"))
        self.summary["members"] = [{"name": solution.name, "digest": solution.digest}]
        self.summary.pop("holdout", None)
        self.summary["cross_validation"] = early.score and score_facts(early.score, solution.name)

    def _put_candidates(self) -> None:
        best = self.context.comparable()[:_SHOWN_CANDIDATES]
        self.folder.put_candidates(best)
        self.context.emit(ArtifactWritten("candidates/", f"the code of the best {len(best)}"))


def score_facts(score: Score, what: str) -> dict[str, Any]:
    """A cross-validated score as plain values."""
    return {"score": score.mean, "spread": score.spread, "folds": len(score.folds), "what": what}


def _told_choice(choice: ensemble.EnsembleChoice) -> str:
    members = len(choice.ensemble.members)
    tried = f"{len(choice.strategies)} ways compared"
    return f"{tried}, {members} members" if members > 1 else f"{tried}, a single model is best"


def _told_gates(validated: validation.Validation) -> str:
    verdicts = [gate.verdict for gate in validated.gates]
    kinds = dict.fromkeys(sorted(verdicts))
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds) or "no gates measured"
