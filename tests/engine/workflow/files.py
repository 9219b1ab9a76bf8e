"""Workflow files for tests, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mle_star.errors import UsageError
from mle_star.workflow.read import read_workflow
from mle_star.workflow.workflow import Workflow, WorkflowTask

METRICS = ("accuracy", "roc_auc", "rmse")
STRATEGIES = ("best single", "plain average", "greedy selection", "linear stacking")


def written(folder: Path, content: Any, name: str = "flow.json") -> Path:
    """A file with this text, or with this value as JSON."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def read(
    folder: Path, content: Any, over: Mapping[str, Any] | None = None, name: str = "flow.json"
) -> Workflow:
    """What becomes of a file."""
    return read_path(written(folder, content, name), over)


def read_path(path: Path | None, over: Mapping[str, Any] | None = None) -> Workflow:
    return read_workflow(path, over or {}, known_metrics=METRICS, known_strategies=STRATEGIES)


def refusal(
    folder: Path, content: Any, over: Mapping[str, Any] | None = None, name: str = "flow.json"
) -> list[str]:
    """The problems for which a file is refused, each as ``line: reason``."""
    with pytest.raises(UsageError) as caught:
        read(folder, content, over, name)
    assert caught.value.remedy
    first, *lines = caught.value.problem.splitlines()
    if not lines:
        return [first.replace(f"{folder}/", "")]
    return [line.strip().removeprefix(f"{folder / name}:") for line in lines]


def task(workflow: Workflow, name: str) -> WorkflowTask:
    return next(task for task in workflow.tasks if task.id == name)
