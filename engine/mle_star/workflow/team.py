"""The agents that act in each phase, and the names that a workflow file may call them by."""

from __future__ import annotations

from mle_star.workflow.phase import Phase

AGENTS = (
    "ml-researcher",
    "feature-engineer",
    "model-optimizer",
    "ablation-analyst",
    "ensemble-architect",
    "deployment-engineer",
)
"""The six, as in :data:`mle_star.agents.definitions.AGENTS`."""

AGENTS_OF = {
    Phase.PROFILE: ("feature-engineer",),
    Phase.SEARCH: ("ml-researcher",),
    Phase.FOUNDATION: ("feature-engineer", "ml-researcher"),
    Phase.ABLATION: ("ablation-analyst",),
    Phase.REFINEMENT: ("feature-engineer", "model-optimizer"),
    Phase.ENSEMBLE: ("ensemble-architect",),
    Phase.VALIDATION: ("deployment-engineer",),
    Phase.DEPLOYMENT: ("deployment-engineer",),
}
"""Who can act in a phase."""

TYPES = {
    "researcher": ("ml-researcher",),
    "coder": ("feature-engineer", "ml-researcher"),
    "optimizer": ("ablation-analyst", "feature-engineer", "model-optimizer"),
    "architect": ("ensemble-architect",),
    "tester": ("deployment-engineer",),
    "coordinator": AGENTS,
}
"""The agents that a type of claude-flow stands for; the coordinator stands for whoever can act."""

NAMES = {
    "search_agent": TYPES["researcher"],
    "foundation_agent": TYPES["coder"],
    "refinement_agent": TYPES["optimizer"],
    "ensemble_agent": TYPES["architect"],
    "validation_agent": TYPES["tester"],
    "orchestrator": TYPES["coordinator"],
} | {name: (name,) for name in AGENTS}
"""The agents that a name stands for."""

TASK_TYPES = {
    "research": (Phase.SEARCH,),
    "analysis": (Phase.PROFILE, Phase.ABLATION),
    "implementation": (Phase.FOUNDATION,),
    "optimization": (Phase.REFINEMENT,),
    "architecture": (Phase.ENSEMBLE,),
    "testing": (Phase.VALIDATION,),
} | {str(phase): (phase,) for phase in Phase}
"""The phases that a task's type may mean."""


LEADS = {
    Phase.PROFILE: "coder",
    Phase.SEARCH: "researcher",
    Phase.FOUNDATION: "coder",
    Phase.ABLATION: "optimizer",
    Phase.REFINEMENT: "optimizer",
    Phase.ENSEMBLE: "architect",
    Phase.VALIDATION: "tester",
    Phase.DEPLOYMENT: "coordinator",
}
"""The type of agent that claude-flow gives a phase to."""


def acts_in(members: tuple[str, ...], phase: Phase) -> bool:
    """Whether an agent acts in a task of a phase that names no agents.

    Parameters
    ----------
    members : tuple of str
        Which of the six it stands for.
    phase : Phase
        The task's.
    """
    alone = len(members) == 1 and members[0] in AGENTS_OF[phase]
    return alone or members == TYPES[LEADS[phase]]


def type_of(agent: str) -> str:
    """The type under which claude-flow knows one of the six."""
    return next(name for name, members in TYPES.items() if agent in members)


def task_type(phase: Phase) -> str:
    """The type under which claude-flow knows a phase."""
    return next(name for name, phases in TASK_TYPES.items() if phase in phases)
