"""A session that goes on from another one: the solutions it begins with, and the data's drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.bundle.blocks import block_of, described
from mle_star.data.drift import drift_of, told
from mle_star.data.prepare import Prepared
from mle_star.data.reference import FILE, Reference
from mle_star.errors import StateError
from mle_star.events import DriftMeasured, Noted
from mle_star.files import sha256
from mle_star.phases.context import Context
from mle_star.session.edited import EDITED, Edited, edited_in
from mle_star.session.parent import Parent, parent_in
from mle_star.session.session import Session
from mle_star.solution.solution import Solution
from mle_star.types import Role

MOST = 4
"""Solutions of the last session that are judged again, edited ones not counted."""


@dataclass(frozen=True, slots=True)
class Warm:
    """What is taken over from the last session.

    Parameters
    ----------
    parent : str
        Its id.
    solutions : tuple of Solution
        To be judged before all others: edited ones, what was shipped, the runners-up.
    data : str
        Digest of the data file, as it was when it was read.
    """

    parent: str
    solutions: tuple[Solution, ...]
    data: str

    @property
    def is_foreign(self) -> bool:
        """Whether some of it is not the engine's own code."""
        return any(solution.is_foreign for solution in self.solutions)


def begin(session: Session, prepared: Prepared, context: Context) -> Warm | None:
    """Take over from the session that this one goes on from, and tell how its data differs.

    Parameters
    ----------
    session : Session
        The new one.
    prepared : Prepared
        Its data.
    context : Context
        Gets a sandbox, if there is code for it.

    Returns
    -------
    Warm or None
        None where the session goes on from none.

    Raises
    ------
    SandboxError
        If there is code for a sandbox, and none to be had.
    """
    if session.settings.warm is None:
        return None
    kept = session.journal.once("last session", lambda: _looked_at(session, prepared))
    warm = Warm(kept["parent"], tuple(map(_solution, kept["solutions"])), kept["data"])
    session.summary["parent"] = warm.parent
    session.journal(DriftMeasured(warm.parent, kept["drift"], kept["lines"]))
    for refusal in kept["refused"]:
        session.journal(Noted("warning", f"not judged: {refusal}"))
    what = "solution" if len(warm.solutions) == 1 else "solutions"
    message = f"{len(warm.solutions)} {what} of session {warm.parent} judged before all others"
    session.journal(Noted("info", message))
    if warm.is_foreign and context.cage is None:
        from mle_star.session.by_hand import guard

        guard(session, context, allow_unsandboxed=session.settings.allow_unsandboxed)
    return warm


def tell_missed(warm: Warm, context: Context) -> None:
    """Say which edited solutions were not judged for want of budget."""
    judged = {evaluation.solution.digest for evaluation in context.ledger}
    for solution in warm.solutions:
        if solution.name.endswith(EDITED) and solution.digest not in judged:
            message = f"{solution.name} was not judged: there was no budget left for it"
            context.emit(Noted("warning", message))


def _looked_at(session: Session, prepared: Prepared) -> dict[str, Any]:
    """What a resumed run takes as it is, whatever became of the last session's folder."""
    assert session.settings.warm is not None
    parent = parent_in(session.settings.warm)
    edited = edited_in(parent, [Path(name) for name in session.settings.candidate])
    drift, lines = _drift(parent, prepared)
    return {
        "parent": parent.session,
        "solutions": [_plain(solution) for solution in _chosen(parent, edited)],
        "refused": list(edited.refused),
        "data": sha256(session.settings.dataset),
        "drift": drift,
        "lines": lines,
    }


def _chosen(parent: Parent, edited: Edited) -> Sequence[Solution]:
    members = len(parent.ensemble.members) if parent.ensemble else 0
    return [*edited.solutions, *parent.solutions[: max(MOST, members)]]


def _drift(parent: Parent, prepared: Prepared) -> tuple[dict[str, Any], list[str]]:
    try:
        reference = Reference.load(parent.folder / FILE)
    except StateError as error:
        return {}, [f"drift was not measured: {error.problem}"]
    drift = drift_of(reference, prepared)
    return drift.to_json(), told(drift)


def _plain(solution: Solution) -> dict[str, Any]:
    return {
        "name": solution.name,
        "parent": solution.parent,
        "changed": solution.changed and str(solution.changed),
        "origin": solution.origin,
        "blocks": [described(block) for block in solution.blocks],
    }


def _solution(plain: dict[str, Any]) -> Solution:
    return Solution(
        tuple(block_of(block) for block in plain["blocks"]),
        plain["name"],
        plain["parent"],
        Role(plain["changed"]) if plain["changed"] else None,
        plain["origin"],
    )
