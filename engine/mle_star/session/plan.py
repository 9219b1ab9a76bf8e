"""The graph that a run's options ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mle_star.commands import RUN
from mle_star.config import options_of
from mle_star.judge.combine import STRATEGIES
from mle_star.judge.metrics import METRICS
from mle_star.workflow.read import read_workflow
from mle_star.workflow.variables import parse_variables, variables_of
from mle_star.workflow.workflow import Workflow


def workflow_of(values: Mapping[str, Any]) -> Workflow:
    """Read the workflow file that the options name, or make the default graph.

    Parameters
    ----------
    values : mapping of str to Any
        By option key; ``variables`` and options that set a variable go before the file's.

    Raises
    ------
    UsageError
        If anything cannot be honoured.
    """
    for option in options_of(RUN):  # so that an error names the option, not its variable
        if values.get(option.key) is not None:
            option.checked(values[option.key])
    path = values.get("workflow")
    over = parse_variables(values.get("variables")) | variables_of(values)
    return _read(Path(path).expanduser() if path else None, over)


def reread(path: Path) -> Workflow:
    """Read the graph that a run was begun with."""
    return _read(path, {})


def _read(path: Path | None, over: Mapping[str, Any]) -> Workflow:
    return read_workflow(path, over, known_metrics=METRICS, known_strategies=STRATEGIES)
