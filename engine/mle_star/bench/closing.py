"""The end of a session by hand: combine what was judged, measure the gates, ship."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from mle_star.bench.bench import Bench
from mle_star.bench.standing import ENSEMBLE, SHIP, VALIDATE, Choice
from mle_star.bundle.blocks import described
from mle_star.events import ArtifactWritten
from mle_star.judge.evaluation import Score
from mle_star.phases import deployment, ensemble, validation
from mle_star.phases.compared import event_of
from mle_star.phases.gating import Limits
from mle_star.phases.stand import BASELINES, Stand
from mle_star.session.closing import limits_of, sum_up
from mle_star.session.folder import SOLUTION
from mle_star.solution.solution import Ensemble
from mle_star.workflow.phase import Phase


@dataclass(frozen=True, slots=True)
class Combined:
    """What combining all that was judged came to.

    Parameters
    ----------
    members : list of dict
        ``name`` and ``digest`` of the solutions chosen; one where no combination is better.
    score, spread : float
        Of the choice over folds, nested where it combines several.
    ways : list of dict
        Every way compared, the best single solution first.
    """

    members: list[dict[str, str]]
    score: float
    spread: float
    ways: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Validated:
    """What the gates say of what would be shipped.

    Parameters
    ----------
    passed : bool
        Whether no gate failed.
    shipped : bool
        Whether it is what the session's folder ships now.
    what : str
        What was validated, in words.
    members : list of dict
        ``name`` and ``digest``.
    cross_validation : float
        Score over the folds.
    holdout : float or None
        Score on the holdout rows.
    holdout_interval : tuple of float or None
        95 % bootstrap interval.
    looks : int
        How often the holdout rows were looked at now; chosen by what they said, a model looks
        better on them than it is. 0 where none are held out.
    gates : list of dict
        All verdicts.
    """

    passed: bool
    shipped: bool
    what: str
    members: list[dict[str, str]]
    cross_validation: float
    holdout: float | None
    holdout_interval: tuple[float, float] | None
    looks: int
    gates: list[dict[str, Any]]


def combine(bench: Bench) -> Combined:
    """Compare the ways to combine all that was judged, as the ensemble phase does, and choose.

    Parameters
    ----------
    bench : Bench
        The session.

    Raises
    ------
    MleStarError
        If the session cannot be used.
    """
    context = bench.context
    best = bench.evaluation(bench.standing.best.digest)
    choice = ensemble.run(context, best, context.budget.share(1.0))
    ways = [
        asdict(event_of(one, chosen=one.ensemble == choice.ensemble)) for one in choice.strategies
    ]
    found = Combined(_named(choice.ensemble), choice.score.mean, choice.score.spread, ways)
    facts = {
        **asdict(found),
        "combine": described(choice.ensemble.combine),
        "folds": list(choice.score.folds),
    }
    bench.done(ENSEMBLE, told_combined(found), facts)
    return found


def validate(bench: Bench, *, ship: bool = False) -> Validated:
    """Measure the gates of what would be shipped, on the holdout rows too, and count that look.

    Parameters
    ----------
    bench : Bench
        The session.
    ship : bool, default False
        Whether to package it if no gate failed; the model that was there before serves until the
        new one is complete.

    Raises
    ------
    MleStarError
        If the session cannot be used, or the model cannot be packaged.
    """
    context, choice = bench.context, bench.standing.choice
    session = bench.session
    assert session.prepared is not None
    given = ensemble.EnsembleChoice(choice.ensemble, _score(bench, choice), [], [choice.ensemble])
    baseline = Stand(context, BASELINES).baseline()
    part = context.budget.share(1.0)
    done = validation.run(context, given, baseline, part, session.prepared, _limits(bench))
    found = _validated(bench, choice, done)
    facts = asdict(found)
    bench.done(VALIDATE, told_validated(found), facts)
    return _shipped(bench, choice, done, found) if ship and found.passed else found


def _score(bench: Bench, choice: Choice) -> Score:
    """Over the folds; that of one solution is made like the baseline's, repeats averaged."""
    judge = bench.context.judge
    if choice.folds:
        metric = judge.metric
        return Score(metric.name, metric.greater_is_better, choice.folds, judge.test_share)
    alone = bench.evaluation(choice.ensemble.members[0].digest)
    assert alone.score is not None
    return alone.score if alone.oof is None else judge.fold_scores(alone.oof())


def _validated(bench: Bench, choice: Choice, done: validation.Validation) -> Validated:
    gates = [
        {
            "gate": gate.name,
            "verdict": gate.verdict,
            "measured": gate.measured,
            "threshold": gate.threshold,
            "explanation": gate.explanation,
        }
        for gate in done.gates
    ]
    return Validated(
        done.passed,
        False,
        choice.what,
        _named(done.ensemble),
        done.score.mean,
        done.holdout_score,
        done.holdout_interval,
        bench.standing.looks + 1 if len(bench.context.judge.splits.holdout) else 0,
        gates,
    )


def _shipped(
    bench: Bench, choice: Choice, done: validation.Validation, found: Validated
) -> Validated:
    """Fit on all rows and put the bundle in the place of the one that was there."""
    session, context, folder = bench.session, bench.context, bench.folder
    assert session.prepared is not None
    deadline = context.budget.share(1.0).deadline
    deployment.run(context, session.prepared, done, folder.model, deadline, session.stamp())
    folder.put_solution()
    bench.handbook(ArtifactWritten(SOLUTION, "the model's code, runs without mle-star"))
    summary: dict[str, Any] = {}
    sum_up(summary, done, context)
    summary["cross_validation"]["what"] = choice.what
    if "holdout" in summary:
        summary["holdout"]["looks"] = found.looks
    facts = {"summary": summary, "gates": found.gates}
    found = replace(found, shipped=True)
    bench.done(SHIP, f"{told_members(found.members)} in {folder.model}", facts)
    return found


def told_combined(found: Combined) -> str:
    """What combining came to, in one sentence."""
    ways = f"{len(found.ways)} ways compared"
    if len(found.members) == 1:
        return f"{ways}, a single model is best: {found.members[0]['name']}"
    return f"{ways}, {len(found.members)} members: {told_members(found.members)}"


def told_validated(found: Validated) -> str:
    """What the gates say, in one sentence, and how often the holdout rows were looked at."""
    verdicts = [gate["verdict"] for gate in found.gates]
    counted = ", ".join(f"{verdicts.count(kind)} {kind}" for kind in sorted(set(verdicts)))
    holdout = "" if found.holdout is None else f"; holdout {found.holdout:.5g}"
    return f"{counted}{holdout}, {told_looks(found.looks)}"


def told_looks(looks: int) -> str:
    """How often the holdout rows were looked at, and what that means."""
    if looks == 0:
        return "no rows are held out: the gates rest on nested cross-validation"
    if looks == 1:
        return "the first look at the holdout rows"
    return (
        f"look {looks} at the holdout rows: a model chosen by what they say scores better on them "
        "than on new rows"
    )


def told_members(members: list[dict[str, str]]) -> str:
    """Names of members."""
    return "; ".join(member["name"] for member in members)


def _named(found: Ensemble) -> list[dict[str, str]]:
    return [{"name": member.name, "digest": member.digest} for member in found.members]


def _limits(bench: Bench) -> Limits:
    session = bench.session
    tasks = [task for task in session.workflow.tasks if task.phase is Phase.VALIDATION]
    return limits_of(session, tasks[-1]) if tasks else Limits()
