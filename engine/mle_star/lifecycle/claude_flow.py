"""The hooks ``pre-task`` and ``post-task`` of claude-flow, called around a run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from mle_star.hooks import POST, PRE
from mle_star.lifecycle.hook import DONE, Happened, Hook

PROGRAM = "claude-flow"

_SECONDS = 20.0
"""A first ``post-task`` of claude-flow 3.x tries to download a model of 23 MB."""
_ENVIRONMENT = {
    "RUFLO_DAEMON_AUTOSTART": "0",  # else any command of 3.x may start a daemon that stays
    "CLAUDE_FLOW_AUTO_UPDATE": "false",  # else it may install another version of itself
}
_ODD = re.compile(r"[^\w .,:=/-]")


def hooks() -> list[Hook]:
    """Both hooks; where claude-flow is missing, each is noted as failed when it is called."""
    return [
        Hook(
            f"{PROGRAM} {event}",
            event,
            PROGRAM,
            does=f"Tells claude-flow: hooks {event}.",
            seconds=_SECONDS,
            command=command,
            environment=_ENVIRONMENT,
            may_block=False,
        )
        for event, command in ((PRE, _before), (POST, _after))
    ]


def _before(event: Happened) -> list[str]:
    targets = ", ".join(map(str, event["targets"]))
    described = f"mle-star run {event['name']}: {targets} of {Path(str(event['dataset'])).name}"
    # 2.x hands it on to a shell of its own in some versions: nothing that one would read
    words = ["--task-id", _task(event), "--description", _ODD.sub("_", described)]
    return [_program(event), "hooks", PRE, *words]


def _after(event: Happened) -> list[str]:
    success = "true" if event["status"] == DONE else "false"
    return [_program(event), "hooks", POST, "--task-id", _task(event), "--success", success]


def _task(event: Happened) -> str:
    return f"mle-star-{_ODD.sub('_', str(event['session']))}"


def _program(event: Happened) -> str:
    """That of the project, else the one on PATH, else its bare name, which cannot be started."""
    project = Path(str(event["project"]))
    for folder in (project, *project.parents):
        found = shutil.which(PROGRAM, path=str(folder / "node_modules" / ".bin"))
        if found:
            return found
    return shutil.which(PROGRAM) or PROGRAM
