"""A checked graph of tasks: what the executor runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mle_star.workflow.condition import Condition
from mle_star.workflow.phase import Phase

FailurePolicy = Literal["continue", "fail-fast"]
"""Whether tasks after a failed one still run with what stands, or the run ends."""


@dataclass(frozen=True, slots=True)
class WorkflowTask:
    """One task.

    Parameters
    ----------
    id : str
        Unique in its workflow.
    phase : Phase
        What it does.
    depends : tuple of str
        Tasks that must have ended before it begins.
    agents : tuple of str
        Names of the agents that act in it.
    condition : Condition or None, default None
        What must hold when it is about to begin; else it is skipped.
    retries : int, default 0
        How often it is tried again after a failure.
    timeout : float or None, default None
        Seconds it may take; None: no limit of its own.
    parameters : mapping of str to Any
        What its phase is told; names as in :mod:`mle_star.workflow.parameters`.
    """

    id: str
    phase: Phase
    depends: tuple[str, ...]
    agents: tuple[str, ...]
    condition: Condition | None = None
    retries: int = 0
    timeout: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkflowSettings:
    """What holds for the whole graph.

    Parameters
    ----------
    max_concurrency : int or None, default None
        Tasks that run at once, at most; None: as the command line says.
    failure_policy : {"continue", "fail-fast"}, default "continue"
        What a failed task means for the others.
    quality_threshold : float or None, default None
        The score that the validation's gate asks for, in the units of the run's metric. What
        the validation task says of it is already in here. None: no such gate.
    timeout : float or None, default None
        Seconds the whole run may take; None: no limit of its own.
    """

    max_concurrency: int | None = None
    failure_policy: FailurePolicy = "continue"
    quality_threshold: float | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A graph of tasks that can be run as it stands.

    Parameters
    ----------
    name : str
        For people.
    tasks : tuple of WorkflowTask
        In an order in which each comes after those it depends on.
    variables : dict of str to Any
        With references to other variables already replaced.
    settings : WorkflowSettings
        What holds for the whole graph.
    notes : tuple of str
        What was accepted but only describes, and what a person may have overlooked.
    """

    name: str
    tasks: tuple[WorkflowTask, ...]
    variables: dict[str, Any]
    settings: WorkflowSettings
    notes: tuple[str, ...] = ()
