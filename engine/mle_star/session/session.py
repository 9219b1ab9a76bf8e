"""One session: what all its tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mle_star.budget import Budget
from mle_star.data.prepare import Prepared
from mle_star.eventlog import History
from mle_star.events import Event
from mle_star.files import sha256
from mle_star.judge.pool import Pool
from mle_star.phases.context import Context
from mle_star.recipes.catalogue import load
from mle_star.recipes.recipe import Recipe
from mle_star.seeds import derive
from mle_star.session.folder import Folder
from mle_star.session.journal import Journal
from mle_star.session.phase import PhaseOf, phases
from mle_star.session.replay import blocks_of
from mle_star.session.settings import Settings
from mle_star.solution.block import Block
from mle_star.workflow.default import PHASES
from mle_star.workflow.phase import Phase
from mle_star.workflow.workflow import Workflow, WorkflowTask

if TYPE_CHECKING:
    from mle_star.agents.ask.asker import Asker
    from mle_star.bundle.about import Words
    from mle_star.judge.evaluation import Evaluation
    from mle_star.lifecycle.hook import Hook
    from mle_star.phases.deployment import Stamp
    from mle_star.session.life import Life
    from mle_star.session.persons import Person
    from mle_star.session.test_file import TestFile
    from mle_star.session.warm import Warm

SPENDING = (Phase.FOUNDATION, Phase.ABLATION, Phase.REFINEMENT)
"""Phases whose evaluations are counted."""

Effects = tuple[tuple[str, float], ...]
"""Score lost without each block, by role."""


@dataclass
class Session:
    """What the tasks of one run share.

    Parameters
    ----------
    settings : Settings
        The run's options.
    workflow : Workflow
        What is to be done.
    folder : Folder
        Claimed.
    pool : Pool
        Warming.
    budget : Budget
        The whole run's.
    journal : Journal
        Takes the events.
    created : str
        When the session began, as ISO 8601 text.
    history : History or None, default None
        What was logged before a resumption.
    person : Person or None, default None
        Who is asked, in an interactive run.
    hooks : sequence of Hook, default ()
        Of the user and the project, in the order in which they are called.

    Attributes
    ----------
    summary : dict
        What is known of the outcome so far, as plain values.
    prepared : Prepared or None
        The data, once it is read.
    opened : Future of Context
        Done when the data could be used.
    insured : Evaluation or None
        Of the early model in the folder.
    asker : Asker or None
        Asks language models, if any take part.
    warm : Warm or None
        What is taken over from the session that this one goes on from.
    life : Life or None
        What is called before, during and after its tasks, once it has begun.
    """

    settings: Settings
    workflow: Workflow
    folder: Folder
    pool: Pool
    budget: Budget
    journal: Journal
    created: str
    history: History | None = None
    person: Person | None = None
    hooks: Sequence[Hook] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    prepared: Prepared | None = None
    test: TestFile | None = None
    opened: Future[Context] = field(default_factory=Future)
    insured: Evaluation | None = None
    asker: Asker | None = None
    warm: Warm | None = None
    life: Life | None = None

    @cached_property
    def logged(self) -> list[Event]:
        """The events that stood when the session was resumed."""
        return [line.event for line in self.history.standing] if self.history else []

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """The code of all that was judged before the session was resumed."""
        return blocks_of(self.logged)

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """The techniques that may be proposed."""
        small = self.settings.small
        return {name: recipe for name, recipe in load().items() if recipe.light or not small}

    @property
    def phase(self) -> PhaseOf:
        """Opens a phase."""
        return phases(self.journal, self.budget.clock)

    @property
    def is_open(self) -> bool:
        """Whether the data could be used."""
        return self.opened.done() and self.opened.exception() is None

    def after(self, task: WorkflowTask) -> list[WorkflowTask]:
        """The tasks that come after one, near or far."""
        found = {task.id}
        for other in self.workflow.tasks:
            if found & set(other.depends):
                found.add(other.id)
        return [other for other in self.workflow.tasks if other.id in found - {task.id}]

    def before(self, task: str) -> list[str]:
        """Ids of the tasks that come before one, near or far, in the order of the workflow."""
        by_id = {one.id: one for one in self.workflow.tasks}
        found, open_ones = set[str](), [task]
        while open_ones:
            one = by_id.get(open_ones.pop())
            fresh = [] if one is None else [name for name in one.depends if name not in found]
            found |= set(fresh)
            open_ones += fresh
        return [one.id for one in self.workflow.tasks if one.id in found]

    def sharers(self, task: WorkflowTask) -> int:
        """Tasks that spend evaluations beside this one, itself included."""
        related = {task.id, *(other.id for other in self.after(task))}
        beside = [
            other
            for other in self.workflow.tasks
            if other.phase in SPENDING
            and set(other.depends) & set(task.depends)
            and other.id not in related
            and task not in self.after(other)
        ]
        return 1 + len(beside)

    def seed_for(self, task: WorkflowTask) -> int:
        """The seed of a task; tasks that a person added do not try the same as the others."""
        seed = self.settings.seed
        return seed if task.id in PHASES else derive(seed, "task", task.id)

    def read_test(self) -> None:
        """Read the file that is to be predicted at the end, if there is one."""
        if self.settings.test is not None and self.prepared is not None:
            from mle_star.session.test_file import TestFile

            self.test = TestFile.read(self.settings.test, self.prepared.schema)

    def stamp(self, effects: Effects = (), words: Words | None = None) -> Stamp:
        """What a bundle says of the session; `words` are an agent's."""
        from mle_star.phases.deployment import Stamp

        dataset = self.settings.dataset
        return Stamp(self.settings.name, self.created, dataset, sha256(dataset), effects, words)

    def budget_for(self, used: int, sharers: int) -> Budget:
        """The budget of one task.

        Parameters
        ----------
        used : int
            Evaluations counted on the way to it.
        sharers : int
            Tasks that what is left is shared among.
        """
        total = self.budget.evaluations
        allowed = None if total is None else used + (total - used) // sharers
        own = Budget(self.budget.clock, self.budget.seconds, allowed, used)
        own.started = self.budget.started
        return own
