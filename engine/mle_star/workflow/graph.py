"""The graph of tasks: its order, what each task needs before it, what its condition may ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from mle_star.workflow.condition import MEASURED, Condition
from mle_star.workflow.keys import Reading
from mle_star.workflow.phase import Phase
from mle_star.workflow.problems import Problems
from mle_star.workflow.tasks import Draft

NEEDS = {
    Phase.FOUNDATION: (Phase.PROFILE, Phase.SEARCH),
    Phase.ABLATION: (Phase.FOUNDATION,),
    Phase.REFINEMENT: (Phase.FOUNDATION,),
    Phase.ENSEMBLE: (Phase.FOUNDATION,),
    Phase.VALIDATION: (Phase.FOUNDATION,),
    Phase.DEPLOYMENT: (Phase.VALIDATION,),
}
"""The phases of which each phase needs a task before it."""

_ONE = (Phase.PROFILE, Phase.FOUNDATION)
_AT_MOST_ONE = (*_ONE, Phase.ENSEMBLE, Phase.VALIDATION, Phase.DEPLOYMENT)
_IMPROVING = (Phase.REFINEMENT, Phase.ENSEMBLE)

Above = Mapping[str, frozenset[str]]
"""For every task all those that must have ended before it."""


def ordered(drafts: Sequence[Draft], problems: Problems) -> list[Draft] | None:
    """Put tasks into an order in which each comes after those it waits for.

    Parameters
    ----------
    drafts : sequence of Draft
        Among those that could come next, the first of this order does.
    problems : Problems
        Takes a circle, by name.

    Returns
    -------
    list of Draft or None
        None if they wait for each other in a circle.
    """
    by_id = {draft.id: draft for draft in drafts}
    links = {draft.id: [d for d in draft.depends if d in by_id] for draft in drafts}
    try:
        TopologicalSorter(links).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        line = max(by_id[name].depends_line for name in circle)
        problems.add(line, f"tasks wait for each other: {' after '.join(circle)}")
        return None
    left, found = list(by_id), []
    while left:
        name = next(name for name in left if not set(links[name]) & set(left))
        left.remove(name)
        found.append(by_id[name])
    return found


def above(drafts: Sequence[Draft]) -> Above:
    """What comes before each task, of tasks in order."""
    found: dict[str, frozenset[str]] = {}
    for draft in drafts:
        known = [name for name in draft.depends if name in found]
        found[draft.id] = frozenset(known).union(*(found[name] for name in known))
    return found


def check_counts(drafts: Sequence[Draft], line: int, problems: Problems) -> None:
    """Refuse graphs without data or foundation, and with two of what there can be one of."""
    counts = Counter(draft.phase for draft in drafts)
    for phase in _ONE:
        if not counts[phase]:
            problems.add(line, f"there is no {phase} task")
    for phase in _AT_MOST_ONE:
        several = [draft for draft in drafts if draft.phase is phase]
        for draft in several[1:]:
            problems.add(
                draft.line,
                f"task {draft.id!r} is a second {phase} task, after {several[0].id!r}: "
                "a graph has one at most",
            )


def check_needs(drafts: Sequence[Draft], before: Above, reading: Reading) -> None:
    """Refuse tasks that lack what they build on; note those whose result nobody validates."""
    phases = {draft.id: draft.phase for draft in drafts}
    for draft in drafts:
        upstream = {phases[name] for name in before[draft.id]}
        for phase in NEEDS.get(draft.phase, ()):
            if phase not in upstream:
                reading.problems.add(
                    draft.depends_line,
                    f"task {draft.id!r} ({draft.phase}) needs a {phase} task before it",
                )
    validating = next((d.id for d in drafts if d.phase is Phase.VALIDATION), None)
    for draft in drafts:
        if validating and draft.phase in _IMPROVING and draft.id not in before[validating]:
            reading.notes.append(
                f"{validating} does not come after {draft.id}: what that finds is not validated"
            )


def check_condition(
    draft: Draft, condition: Condition, drafts: Sequence[Draft], before: Above, reading: Reading
) -> None:
    """Refuse a condition that asks for what no earlier task can have measured."""
    upstream = {other.phase for other in drafts if other.id in before[draft.id]}
    for name in condition.names:
        if name in MEASURED:
            needed = MEASURED[name].phase
        else:
            needed = Phase.FOUNDATION if name in reading.metrics else None
        if draft.condition and needed and needed not in upstream:
            reading.problems.add(
                draft.condition.line,
                f"task {draft.id!r}: condition: {name} is known after a {needed} task, "
                "and none comes before it",
            )
