"""``ml mle-star``: one session by stages: situation, task, action, results."""

from __future__ import annotations

import shlex
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mle_star.cli.description import Heard, hear
from mle_star.cli.launch import STREAM, program
from mle_star.cli.results import results
from mle_star.cli.resume import execute as resume
from mle_star.cli.run import execute as run
from mle_star.cli.run import prepared
from mle_star.cli.situation import situation_sections
from mle_star.cli.sought import remember_stage, staged
from mle_star.cli.task import ensure_target, task_sections
from mle_star.errors import DataError, UsageError
from mle_star.files import to_json
from mle_star.report.sections import Section
from mle_star.session.plan import workflow_of
from mle_star.session.settings import default_name, names
from mle_star.session.stages import Stages, anchored, given, named
from mle_star.workflow.variables import settings_of

_OF_ONE_CALL = (
    "stage", "description", "session", "output", "name", "output_format", "quiet", "verbose",
    "detach", "interactive", "non_interactive",
)  # fmt: skip
"""Options that do not carry over to the next stage."""
_OF_STAGES = ("stage", "description", "session", "output", "name")
_WIDTH = 100


def execute(values: dict[str, Any]) -> int:
    """Go through one stage; gives back an exit status."""
    stage = values["stage"] or "situation"
    if stage == "results":
        return results(values)
    if stage != "action" and values["output_format"] == STREAM:
        raise UsageError(f"the stage {stage} has no events", "leave --output-format out")
    typed = anchored({k: v for k, v in given(values).items() if k not in _OF_ONE_CALL})
    said = " ".join(values["description"]).strip()
    stages = _meant(stage, values, typed)
    if stages.has_begun and (stage == "action" or said or typed):
        return _go_on(stages, values, has_more=bool(said or typed))
    before = dict(stages.given)
    stages.take_typed(typed)
    heard = hear(said, stages, _dataset(stages), before)
    stages.stage = stage
    return (_act if stage == "action" else _look)(stages, heard, values)


def _meant(stage: str, values: Mapping[str, Any], typed: Mapping[str, Any]) -> Stages:
    """The session that a call is about: one there is already, or a new one."""
    asked = values["session"]
    own = None if asked else named(values)
    found = staged(asked, values["memory"]) if asked else own or _newest(values)
    if asked and found is None:
        raise UsageError(
            f"there is no session {asked!r} by stages",
            f"see: mle-star sessions; a run without stages goes on with: mle-star resume {asked}",
        )
    known = settings_of(workflow_of(typed)) | dict(typed)
    if found is not None and (asked or not _is_another(stage, found, own is not None, known)):
        return found
    if not known.get("dataset"):
        raise UsageError("there is no session to go on with", "name a data file with --dataset")
    return Stages(uuid.uuid4().hex[:12], values["name"] or known.get("name") or "")


def _newest(values: Mapping[str, Any]) -> Stages | None:
    new = values["name"] or values["output"]
    return None if new else staged(None, values["memory"])


def _is_another(stage: str, found: Stages, is_named: bool, known: Mapping[str, Any]) -> bool:
    """Whether a data file is the beginning of a session other than the one found."""
    if not known.get("dataset"):
        return False
    differs = known["dataset"] != found.given.get("dataset")
    if found.has_begun:
        return differs or stage != "action"
    return not is_named and (differs or stage == "situation")


def _go_on(stages: Stages, values: Mapping[str, Any], *, has_more: bool) -> int:
    """What ran already goes on as it was decided."""
    if values["stage"] != "action":
        raise UsageError(
            f"{stages.name} has begun to run: what was decided for it stands",
            "see: ml mle-star results; begin anew with: ml mle-star situation --dataset FILE",
        )
    if has_more:
        click.echo("mle-star: it has begun already: options and words change nothing", err=True)
    form = {key: values[key] for key in ("quiet", "detach", "output_format")}
    return resume({"session": stages.folder, **form})


def _look(stages: Stages, heard: Heard, values: Mapping[str, Any]) -> int:
    """Show what there is or what is decided; nothing is kept of options that cannot be used."""
    options = _options(stages, values)
    made = situation_sections if stages.stage == "situation" else task_sections
    sections = made(options)
    if not stages.has_begun:
        _keep(stages, options)
    if values["output_format"] == "json":
        click.echo(to_json(_plain(stages, options, heard, sections), indent=True).decode())
    else:
        _show([heard.section, *sections, _next(stages)])
    return 0


def _act(stages: Stages, heard: Heard, values: Mapping[str, Any]) -> int:
    """Run the session; what was made of words that came with it is shown before."""
    options = _options(stages, values)
    if not values["interactive"]:
        ensure_target(options)
        prepared(options)
    made = _keep(stages, options)
    if not values["quiet"]:
        _show([heard.section], err=True)
    of_call = {key: values[key] for key in _OF_ONE_CALL if key not in _OF_STAGES}
    try:
        return run(of_call | stages.options)
    except (DataError, UsageError):
        if made and not stages.has_begun:
            stages.discard(made)
        raise


def _dataset(stages: Stages) -> Path:
    known = settings_of(workflow_of(stages.given)) | stages.given
    return Path(known["dataset"]).expanduser()


def _options(stages: Stages, values: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a run of the session is given them, those of workflow variables included."""
    options = settings_of(workflow_of(stages.given)) | stages.options
    if not stages.name:
        stages.name = default_name(Path(options["dataset"]), names(options.get("target")))
    output = stages.folder or values["output"] or options.get("output")
    return options | {"name": stages.name, "output": None if stages.has_begun else output}


def _keep(stages: Stages, options: Mapping[str, Any]) -> list[Path]:
    """Write down where the session stands, in its folder and in the store.

    Returns
    -------
    list of Path
        The folders that were made for it.
    """
    made = [] if stages.folder else stages.place(options["output"])
    stages.save()
    target = str(options.get("target") or "")
    remember_stage(stages, Path(options["dataset"]).expanduser(), target, time.time())
    return made


def _next(stages: Stages) -> Section:
    after = "task" if stages.stage == "situation" else "action"
    line = f"Session {stages.session}, {stages.name}, in {stages.folder}"
    command = f"{program().engine} ml mle-star {after} --session {shlex.quote(stages.folder)}"
    return Section("Next", (line,), commands=(command,))


def _plain(
    stages: Stages, options: Mapping[str, Any], heard: Heard, sections: Sequence[Section]
) -> dict[str, Any]:
    return {
        "session": stages.session,
        "name": stages.name,
        "folder": stages.folder,
        "stage": stages.stage,
        "options": {key: value for key, value in options.items() if value is not None},
        **heard.plain(),
        "sections": [asdict(one) for one in sections],
    }


def _show(sections: Sequence[Section], *, err: bool = False) -> None:
    from rich.console import Console

    from mle_star.report.render import show

    stream = sys.stderr if err else sys.stdout
    console = Console(stderr=err, highlight=False, width=None if stream.isatty() else _WIDTH)
    show([one for one in sections if one.rows or one.lines or one.commands], console)
