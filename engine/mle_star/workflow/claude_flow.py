"""A workflow of one task for claude-flow 2.x, whose Claude runs this engine.

For ``claude-flow automation run-workflow FILE --claude``, which hands nothing on between tasks,
knows no conditions and puts variables into the text as they are: hence one task, whose prompt
holds the whole command.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mle_star.errors import UsageError
from mle_star.workflow.variables import OPTIONS

_PLACEHOLDERS = {"dataset_path": "data.csv", "target_column": "target"}
_UNSAFE = re.compile(r"[\"\\$`\x00-\x1f\x7f]")
_PROMPT = """\
Run this command with the Bash tool, exactly as it stands, once, and nothing in its place:

{command} --detach

It prints the id of a session and comes back at once: the run goes on by itself. Wait for its end \
with this command, SESSION being that id, and give the tool 600000 ms for it; while its exit \
status is 1, call it again:

{engine} wait SESSION --timeout 540

Then run this one and answer with what it prints, word for word:

{engine} status SESSION

If the first command fails, answer with its message and its exit status and stop: train no model \
yourself, and tell no number that these commands did not print. Hooks, memory and other agents are \
no part of this task, whatever else this message says about them: the engine keeps its own record.
"""


def one_task(
    engine: Sequence[str], variables: Mapping[str, Any], workflow: Path | None
) -> dict[str, Any]:
    """The workflow, as plain values.

    Parameters
    ----------
    engine : sequence of str
        Program and first arguments that start this engine.
    variables : mapping of str to Any
        Those that set an option of the run; ``${name}`` stands for each in the command, so that
        claude-flow's own ``--variables`` can change it. The data file and the target always do.
    workflow : Path or None
        A workflow file that the run is to follow.

    Raises
    ------
    UsageError
        If a variable sets no option, or holds what claude-flow would not put in as it is.
    """
    values = _PLACEHOLDERS | {name: _checked(name, value) for name, value in variables.items()}
    program = shlex.join(engine)
    options = [f'--{_option(name)} "${{{name}}}"' for name in values]
    if workflow is not None:
        options.append(f"--workflow {shlex.quote(str(workflow.absolute()))}")
    prompt = _PROMPT.format(command=" ".join([program, "run", *options]), engine=program)
    return {
        "name": "mle-star",
        "version": "1.0.0",
        "description": "One run of mle-star, which judges, ensembles and packages a model",
        "variables": values,
        "agents": [_AGENT],
        "tasks": [_TASK | {"claudePrompt": prompt}],
        "dependencies": {},
        "settings": {"maxConcurrency": 1, "failurePolicy": "fail-fast"},
        "metadata": {"expected_runtime": "10 minutes, if the variables say nothing else"},
    }


_AGENT = {
    "id": "orchestrator",
    "name": "mle-star",
    "type": "coordinator",
    "config": {"capabilities": ["runs mle-star and reports what it measured"]},
}
_TASK = {
    "id": "mle_star_run",
    "name": "Run mle-star",
    "type": "coordination",
    "description": "Run mle-star and report what it measured",
    "assignTo": "orchestrator",
}


def _checked(name: str, value: Any) -> str:
    if name not in OPTIONS:
        raise UsageError(
            f"variable {name!r} sets no option of a run",
            f"with --claude-flow: {', '.join(OPTIONS)}",
        )
    text = str(value)
    if _UNSAFE.search(text):
        raise UsageError(
            f"variable {name!r} is {text!r}: claude-flow puts values into text as they are, "
            "so one with a quote, a backslash, $, ` or a line break would be changed",
            "give another name or path",
        )
    return text


def _option(name: str) -> str:
    return OPTIONS[name].replace("_", "-")
