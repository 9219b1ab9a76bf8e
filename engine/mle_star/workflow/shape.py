"""A graph as it is written to a workflow file."""

from __future__ import annotations

from typing import Any

from mle_star.workflow.team import AGENTS, task_type, type_of
from mle_star.workflow.workflow import Workflow, WorkflowSettings, WorkflowTask


def plain(workflow: Workflow) -> dict[str, Any]:
    """Turn a graph into plain values that read back as the same graph.

    Parameters
    ----------
    workflow : Workflow
        Any graph; its notes are left out.
    """
    acting = {agent for task in workflow.tasks for agent in task.agents}
    return {
        "name": workflow.name,
        "variables": workflow.variables,
        "agents": [{"id": name, "type": type_of(name)} for name in AGENTS if name in acting],
        "tasks": [_task(task) for task in workflow.tasks],
        "dependencies": {task.id: list(task.depends) for task in workflow.tasks},
        "settings": _settings(workflow.settings),
    }


def _task(task: WorkflowTask) -> dict[str, Any]:
    found = {
        "id": task.id,
        "type": task_type(task.phase),
        "phase": str(task.phase),
        "assignTo": list(task.agents),
        "depends": list(task.depends),
    }
    told = {
        "condition": task.condition and task.condition.text,
        "retries": task.retries,
        "timeout": task.timeout,
        "config": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in task.parameters.items()
        },
    }
    return found | {name: value for name, value in told.items() if value}


def _settings(settings: WorkflowSettings) -> dict[str, Any]:
    found = {
        "maxConcurrency": settings.max_concurrency,
        "timeout": settings.timeout,
        "failurePolicy": settings.failure_policy,
        "quality_threshold": settings.quality_threshold,
    }
    return {name: value for name, value in found.items() if value is not None}
