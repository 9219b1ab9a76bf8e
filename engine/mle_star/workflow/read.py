"""From a workflow file to a checked graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from mle_star.workflow import graph, values, variables
from mle_star.workflow.condition import MEASURED, Condition
from mle_star.workflow.default import NAME
from mle_star.workflow.file_agents import read_agents
from mle_star.workflow.keys import Keys, Reading
from mle_star.workflow.node import Node
from mle_star.workflow.phase import Phase
from mle_star.workflow.problems import TYPED, Problems
from mle_star.workflow.source import read_source
from mle_star.workflow.tasks import Draft, TaskReader
from mle_star.workflow.workflow import FailurePolicy, Workflow, WorkflowSettings, WorkflowTask

_THRESHOLD = "quality_threshold"
_GIVEN = (_THRESHOLD, "search_iterations", "refinement_iterations")
_RETRY_POLICIES = ("none", "linear", "exponential")
_KINDS: dict[type, type] = {bool: bool, int: float, float: float, str: str}


def read_workflow(
    path: Path | None,
    over: Mapping[str, Any],
    *,
    known_metrics: Collection[str],
    known_strategies: Collection[str],
) -> Workflow:
    """Read a workflow file, or make the default graph, and check all of it.

    Parameters
    ----------
    path : Path or None
        JSON or YAML; None: the default graph.
    over : mapping of str to Any
        Variables that go before the file's: those of
        :func:`~mle_star.workflow.variables.parse_variables` and
        :func:`~mle_star.workflow.variables.variables_of`.
    known_metrics : collection of str
        Names of the engine's metrics.
    known_strategies : collection of str
        Names of the engine's ways to combine models.

    Raises
    ------
    UsageError
        If anything in it cannot be honoured; all problems are told at once.
    """
    problems = Problems(path)
    reading = Reading(problems, {}, known_metrics, known_strategies)
    source = Node({}, TYPED) if path is None else read_source(path, problems)
    top = Keys(source, "the file", reading)
    typed = _read_variables(top, over, reading)
    settings = _read_settings(top, reading)
    tasks = top.take("tasks")
    drafts, whole = _read_tasks(top, tasks, settings, reading)
    name = top.read("name", values.text) or NAME
    top.close()
    settings[_THRESHOLD] = _threshold(drafts, settings, typed, reading)
    order = graph.ordered(drafts, problems)
    before = graph.above(order) if order is not None and whole else None
    if before is not None:
        graph.check_counts(drafts, tasks.line if tasks else source.line, problems)
        graph.check_needs(drafts, before, reading)
    conditions = _read_conditions(drafts, before, settings[_THRESHOLD], reading)
    problems.refuse()
    found = tuple(_task(draft, conditions) for draft in order or ())
    return Workflow(name, found, reading.variables, WorkflowSettings(**settings), _notes(reading))


def _read_variables(top: Keys, over: Mapping[str, Any], reading: Reading) -> set[str]:
    """Put the variables into the reading; gives back those that were typed."""
    node = top.take("variables")
    own = node.value if node else {}
    if node and not isinstance(own, dict):
        got = values.shown(node.plain())
        reading.problems.add(node.line, f"variables must be a mapping, got {got}")
        own = {}
    nodes = variables.merged(own, over, reading.problems)
    reading.variables = variables.resolved(nodes, reading.problems)
    variables.check(nodes, reading.variables, reading.metrics, reading.problems)
    for found in nodes.values():
        reading.used.update(variables.references(found.value))
    return {name for name, found in nodes.items() if found.line == TYPED}


def _read_settings(top: Keys, reading: Reading) -> dict[str, Any]:
    keys = Keys(top.take("settings"), "settings", reading)
    found = {
        "max_concurrency": keys.read("max_concurrency", values.integer(1)),
        "failure_policy": keys.read("failure_policy", values.choice(get_args(FailurePolicy))),
        "timeout": keys.read("timeout", values.positive),
        _THRESHOLD: keys.read(_THRESHOLD, values.number),
    }
    if keys.read("retry_policy", values.choice(_RETRY_POLICIES)):
        reading.described.add("retryPolicy")
    keys.close()
    return {name: value for name, value in found.items() if value is not None}


def _read_tasks(
    top: Keys, tasks: Node | None, settings: Mapping[str, Any], reading: Reading
) -> tuple[list[Draft], bool]:
    """The tasks, and whether each of them and all that they wait for could be read."""
    agents = read_agents(top.take("agents"), reading)
    given = {name for name in _GIVEN if name in settings or name in reading.variables}
    reader = TaskReader(reading, agents, given)
    drafts = reader.read(tasks, top.take("dependencies"))
    for agent in agents.values():
        agent.close()
    return drafts, reader.whole


def _threshold(
    drafts: list[Draft], settings: Mapping[str, Any], typed: set[str], reading: Reading
) -> float | None:
    """The threshold that is nearest to the validation; that task is told of it."""
    task = next((draft for draft in drafts if draft.phase is Phase.VALIDATION), None)
    own = task.parameters.get(_THRESHOLD) if task else None
    variable = reading.variables.get(_THRESHOLD)
    said = (own, variable if _THRESHOLD in typed else None, settings.get(_THRESHOLD), variable)
    found = next((value for value in said if value is not None), None)
    if task and found is not None:
        task.parameters[_THRESHOLD] = found
    elif found is not None:
        reading.notes.append(f"{_THRESHOLD} is not used as a gate: there is no validation task")
    return found


def _read_conditions(
    drafts: list[Draft], before: graph.Above | None, threshold: float | None, reading: Reading
) -> dict[str, Condition]:
    measured = dict.fromkeys([*MEASURED, *reading.metrics, _THRESHOLD], float)
    own = {
        name: _KINDS[type(value)]
        for name, value in reading.variables.items()
        if type(value) in _KINDS
    }
    found = {}
    for draft in drafts:
        if draft.condition is None:
            continue
        where = f"task {draft.id!r}: condition"
        try:
            condition = Condition.parse(draft.condition.value, own | measured)
        except ValueError as error:
            reading.problems.add(draft.condition.line, f"{where}: {error}")
            continue
        found[draft.id] = condition
        reading.used.update(condition.names)
        for name in condition.names:
            if name == _THRESHOLD and threshold is None:
                reading.problems.add(draft.condition.line, f"{where}: no {name} is given")
            elif name in own and name in measured and name != _THRESHOLD:
                reason = f"{where}: {name} is measured, give the variable another name"
                reading.problems.add(draft.condition.line, reason)
        if before is not None:
            graph.check_condition(draft, condition, drafts, before, reading)
    return found


def _task(draft: Draft, conditions: Mapping[str, Condition]) -> WorkflowTask:
    return WorkflowTask(
        draft.id,
        draft.phase,
        draft.depends,
        draft.agents,
        conditions.get(draft.id),
        draft.retries,
        draft.timeout,
        draft.parameters,
    )


def _notes(reading: Reading) -> tuple[str, ...]:
    described = ", ".join(sorted(reading.described))
    first = [f"only describing, nothing is done with it: {described}"] if described else []
    idle = [name for name in reading.variables if name not in {*reading.used, *variables.SETTING}]
    last = [f"variables that nothing uses: {', '.join(idle)}"] if idle else []
    return (*first, *dict.fromkeys(reading.notes), *last)
