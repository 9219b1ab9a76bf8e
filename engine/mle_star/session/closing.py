"""The end of a session: ensemble, validation, deployment, and the predictions asked for."""

from __future__ import annotations

from typing import Any

from mle_star.bundle.about import Words
from mle_star.bundle.blocks import described
from mle_star.errors import BudgetError, MleStarError, StateError
from mle_star.events import ArtifactWritten, Noted
from mle_star.judge.combine import STRATEGIES
from mle_star.judge.schedule import makespan
from mle_star.phases import deployment, ensemble, validation
from mle_star.phases.context import Context
from mle_star.phases.gating import Limits
from mle_star.phases.members import fit_cost
from mle_star.session import shares
from mle_star.session.facts import score_facts
from mle_star.session.folder import SOLUTION
from mle_star.session.gain import tell_gain
from mle_star.session.graph import NotRun
from mle_star.session.handover import Handover
from mle_star.session.session import Session
from mle_star.session.test_file import PREDICTIONS
from mle_star.solution.solution import Ensemble
from mle_star.workflow.workflow import WorkflowTask

_SHOWN_CANDIDATES = 5


def combine(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Compare the ways to combine all that was judged."""
    context, best = found.context, found.best
    assert context is not None
    assert best is not None
    costs = shares.costs_of(context)
    part = shares.limited(task, shares.ensemble(context.budget, costs))
    strategies = task.parameters.get("ensemble_strategies", tuple(STRATEGIES))
    with session.phase("ensemble", part) as said:
        if session.settings.small:
            found.choice = _alone(found)
            said.append("none: one small model is wanted")
        else:
            found.choice = ensemble.run(context, best, part, costs.refit, strategies)
            said.append(_told_choice(found.choice))
    session.summary["cross_validation"] = score_facts(found.choice.score, "the chosen ensemble")
    return said[0]


def validate(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Choose among the finalists, score the holdout, measure the gates."""
    context, baseline, prepared = found.context, found.baseline, session.prepared
    assert context is not None
    assert baseline is not None
    assert prepared is not None
    choice = found.choice or _alone(found)
    budget = context.budget
    budget.reserve = 0.0
    members, rows = choice.ensemble.members, len(prepared.table)
    costs = [fit_cost(context, member, rows) for member in members]
    part = shares.limited(task, shares.validation(budget, makespan(costs, context.jobs)))
    with session.phase("validation", part) as said:
        validated = validation.run(
            context, choice, baseline, part, prepared, limits_of(session, task)
        )
        said.append(_told_gates(validated))
    found.validated = validated
    sum_up(session.summary, validated, context)
    tell_gain(session, context, validated)
    return said[0]


def deploy(session: Session, task: WorkflowTask, found: Handover) -> str:
    """Fit on all rows and package.

    If the final model cannot be fitted in the time left, the early one stays; its gates were not
    measured, so they were not met.
    """
    context, folder, validated = found.context, session.folder, found.validated
    assert context is not None
    assert validated is not None
    assert session.prepared is not None
    budget = context.budget
    budget.reserve = 0.0
    part = shares.limited(task, budget.share(1.0))
    effects = [(str(e.role), e.effect) for e in found.effects if e.effect is not None]
    try:
        with session.phase("deployment", part) as said:
            stamp = session.stamp(tuple(effects), _words(context, validated))
            deployment.run(context, session.prepared, validated, folder.model, part.deadline, stamp)
            folder.put_solution()
            said.append(f"model and code in {folder.root}")
    except (BudgetError, StateError) as error:
        early = session.insured is not None and folder.has_model
        lost = isinstance(error, BudgetError) or validated.ensemble.is_foreign
        if not (early and lost):
            raise
        raise NotRun(_keep(session, error)) from error
    finally:
        _put_candidates(session, context)
    context.emit(ArtifactWritten("model/", "the model to ship: this folder is all it needs"))
    context.emit(ArtifactWritten(SOLUTION, "the model's code, runs without mle-star"))
    found.deployed = True
    return said[0]


def predict(session: Session, context: Context) -> None:
    """Predict the test file with the packaged model."""
    assert session.test is not None
    folder = session.folder
    facts = session.test.predict(
        folder.model,
        folder.root / PREDICTIONS,
        context.task,
        context.judge.metric,
        context.cage,
    )
    session.summary["test"] = facts
    session.journal(ArtifactWritten(PREDICTIONS, f"predictions for {session.test.path}"))


def _words(context: Context, validated: validation.Validation) -> Words | None:
    """What the deployment-engineer says of the model, if one takes part."""
    if context.team is None:
        return None
    from mle_star.agents.language import writer

    prose, why_not = writer.write(context.team, _measured(context, validated))
    if prose is None:
        context.emit(Noted("info", f"the model card has no words of an agent: {why_not}"))
        return None
    return Words(prose.summary, prose.intended_use, tuple(prose.limits))


def _measured(context: Context, validated: validation.Validation) -> list[str]:
    """Every number that an agent may write of, a line each."""
    better = "higher" if context.judge.metric.greater_is_better else "lower"
    score, members = validated.score, validated.ensemble.members
    lines = [
        f"metric {context.judge.metric.name}, {better} is better",
        f"{len(members)} members: {', '.join(member.name for member in members)}",
        f"cross-validation {score.mean:.5g} ± {score.spread:.2g} over {len(score.folds)} folds",
    ]
    if validated.is_nested:
        lines[-1] += ", nested: no rows were held out"
    if validated.holdout_score is not None:
        rows = len(context.judge.splits.holdout)
        lines.append(f"holdout {validated.holdout_score:.5g} on {rows} rows")
    return lines + [
        f"gate {gate.name}: {gate.verdict}, measured {gate.measured}, asked for {gate.threshold}"
        for gate in validated.gates
        if not gate.name.startswith(("latency", "memory"))
    ]


def _alone(found: Handover) -> ensemble.EnsembleChoice:
    """The best single solution, where no ensemble was asked for."""
    assert found.best is not None
    assert found.best.score is not None
    single = Ensemble((found.best.solution,))
    return ensemble.EnsembleChoice(single, found.best.score, [], [single])


def limits_of(session: Session, task: WorkflowTask) -> Limits:
    """What a model must meet beyond what every one must."""
    given = {"quality": session.workflow.settings.quality_threshold}
    given |= {"latency_ms": task.parameters.get("latency_ms", session.settings.latency_ms)}
    return Limits(**{key: value for key, value in given.items() if value is not None})


def sum_up(summary: dict[str, Any], validated: validation.Validation, context: Context) -> None:
    """Tell in a summary what is about to be shipped."""
    summary["cross_validation"] = score_facts(validated.score, validated.reason)
    summary["members"] = [
        {"name": member.name, "digest": member.digest} for member in validated.ensemble.members
    ]
    summary["combine"] = described(validated.ensemble.combine)
    summary["folds"] = list(validated.score.folds)
    if not len(context.judge.splits.holdout):
        summary["none_held_out"] = told_none_held(nested=validated.is_nested)
        summary["cross_validation"]["nested"] = validated.is_nested
    if validated.holdout_score is not None:
        summary["holdout"] = {
            "score": validated.holdout_score,
            "interval": validated.holdout_interval,
            "baseline": validated.baseline_holdout,
            "rows": len(context.judge.splits.holdout),
        }


def told_none_held(*, nested: bool) -> str:
    """What the score is, where no rows were held out, in plain words."""
    told = "No rows were held out (--holdout 0)"
    if nested:
        return f"{told}: the score and the gates rest on nested cross-validation."
    return f"{told}, and cross-validation is not nested: its score may owe something to luck."


def _keep(session: Session, error: MleStarError) -> str:
    """Tell of the early model instead of the one that could not be packaged."""
    early, summary = session.insured, session.summary
    assert early is not None
    reason = f"an early model is shipped: {error.problem}"
    session.journal(Noted("warning", reason))
    summary["members"] = [{"name": early.solution.name, "digest": early.solution.digest}]
    summary["combine"], summary["folds"] = None, list(early.score.folds) if early.score else []
    summary.pop("holdout", None)
    if "none_held_out" in summary:
        summary["none_held_out"] = told_none_held(nested=False)
    summary["cross_validation"] = early.score and score_facts(early.score, early.solution.name)
    return reason


def _put_candidates(session: Session, context: Context) -> None:
    best = context.comparable()[:_SHOWN_CANDIDATES]
    session.folder.put_candidates(best)
    context.emit(ArtifactWritten("candidates/", f"the code of the best {len(best)}"))


def _told_choice(choice: ensemble.EnsembleChoice) -> str:
    members = len(choice.ensemble.members)
    tried = f"{len(choice.strategies)} ways compared"
    return f"{tried}, {members} members" if members > 1 else f"{tried}, a single model is best"


def _told_gates(validated: validation.Validation) -> str:
    verdicts = [gate.verdict for gate in validated.gates]
    kinds = dict.fromkeys(sorted(verdicts))
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds) or "no gates measured"
