"""What every phase is handed: the task, the judge, the agent, and where events go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mle_star.budget import Budget
from mle_star.events import Emit
from mle_star.judge.evaluation import Evaluation, Fidelity
from mle_star.recipes.recipe import Facts, Recipe
from mle_star.types import Columns, Task

if TYPE_CHECKING:
    from mle_star.agents.base import Agent
    from mle_star.agents.language.editor import Editor
    from mle_star.agents.language.team import Team
    from mle_star.agents.trials import Trials
    from mle_star.judge.cage.cage import Cage
    from mle_star.judge.judge import Judge


@dataclass(slots=True)
class Context:
    """The shared state of a session's phases.

    Parameters
    ----------
    task, facts, columns
        What is predicted, and what the table looks like.
    judge : Judge
        Makes every score.
    agent : Agent
        Proposes blocks and plans.
    recipes : dict of str to Recipe
        The techniques usable on this machine, by name.
    emit : callable
        Takes each finished step's event.
    budget : Budget
        What the whole run may spend.
    seed : int
        The session's seed; steps derive theirs with :func:`mle_star.seeds.derive`.
    folder : Path
        The session's own work folder.
    jobs : int
        Worker processes.
    fidelity : Fidelity
        At which candidates are compared with one another; set by the foundation phase.
    trials : Trials or None, default None
        Where numeric searches write their trials.
    once : callable
        Called with a key and a measuring function: what was measured before a resumption is not
        measured again.
    chaining : bool, default True
        Whether phases hand on all that was tried, or a summary: what stands.
    team : Team or None, default None
        Language models that take part; None: the built-in agent alone.
    editor : Editor or None, default None
        Those of them that write blocks.
    cage : Cage or None, default None
        Where agent-written code, and what it made, is run and loaded; None where no agent writes.
    ledger : list of Evaluation
        Every evaluation so far, in the order judged; phases append through :meth:`record`.
    """

    task: Task
    facts: Facts
    columns: Columns
    judge: Judge
    agent: Agent
    recipes: dict[str, Recipe]
    emit: Emit
    budget: Budget
    seed: int
    folder: Path
    jobs: int
    fidelity: Fidelity = field(default_factory=Fidelity)
    trials: Trials | None = None
    once: Callable[[str, Callable[[], Any]], Any] = lambda _key, measure: measure()
    chaining: bool = True
    cage: Cage | None = None
    team: Team | None = None
    editor: Editor | None = None
    ledger: list[Evaluation] = field(default_factory=list)
    _places: dict[tuple[str, Fidelity], int] = field(default_factory=dict)

    def record(self, evaluations: Iterable[Evaluation]) -> list[Evaluation]:
        """Append to the ledger what is new in it, and give back the evaluations as a list.

        A verdict takes the place of one that was not final: a candidate that was dropped early.
        """
        found = list(evaluations)
        for evaluation in found:
            key = (evaluation.solution.digest, evaluation.fidelity)
            place = self._places.get(key)
            if place is None:
                self._places[key] = len(self.ledger)
                self.ledger.append(evaluation)
            elif evaluation.is_final and not self.ledger[place].is_final:
                self.ledger[place] = evaluation
        return found

    def scored(self, digest: str) -> Evaluation | None:
        """The evaluation of a solution at the session's fidelity, if it has a score."""
        place = self._places.get((digest, self.fidelity))
        found = None if place is None else self.ledger[place]
        return found if found is not None and found.score is not None else None

    def comparable(self) -> list[Evaluation]:
        """Evaluations with a score at the session's fidelity, best first; ties keep the earlier."""
        scored = [e for e in self.ledger if e.score is not None and e.fidelity == self.fidelity]
        sign = -1.0 if self.judge.metric.greater_is_better else 1.0
        return sorted(scored, key=lambda e: sign * e.score.mean if e.score else 0.0)
