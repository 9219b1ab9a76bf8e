"""``ml mle-star``: one session by stages: situation, task, action, results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from mle_star.cli import run as run_command
from mle_star.cli.launch import program, show
from mle_star.cli.resume import execute as resume
from mle_star.cli.situation import situation_sections
from mle_star.cli.sought import newest_prepared, remember_stage, sought
from mle_star.cli.task import task_sections
from mle_star.errors import UsageError
from mle_star.eventlog import read_log
from mle_star.files import to_json
from mle_star.report.result import fold
from mle_star.report.sections import Section
from mle_star.session.brief import Brief, merged, understand
from mle_star.session.identity import identity_of
from mle_star.session.lookup import EVENTS
from mle_star.session.settings import default_name, names
from mle_star.session.stages import Stages, begin, carried, stages_in

_OWN = ("stage", "description", "session")


def execute(values: dict[str, Any]) -> int:
    """Go through one stage; gives back an exit status."""
    stage = values["stage"] or "situation"
    said = " ".join(values["description"])
    given = {
        key: value
        for key, value in values.items()
        if key not in _OWN and value is not None and value is not False
    }
    if stage == "results":
        return _results(values)
    stages = _opened(stage, values, given)
    if stage == "action" and (Path(stages.folder) / EVENTS).is_file():
        return resume({"session": stages.folder, "quiet": values["quiet"], "detach": False,
                       "output_format": values["output_format"]})  # fmt: skip
    sections = _told(stages, given, said)
    stages.stage = stage
    stages.save()
    if stage == "action":
        _show(sections, given, err=True)
        return run_command.execute({**values, **stages.given, "output": stages.folder})
    remember_stage(stages, time.time())
    made = situation_sections if stage == "situation" else task_sections
    _show([*sections, *made(stages.given), _next(stage)], given)
    return 0


def _opened(stage: str, values: dict[str, Any], given: dict[str, Any]) -> Stages:
    """The session that is meant: a new one for a situation with a data file of its own."""
    found = _meant(values)
    if found is not None and (stage != "situation" or not given.get("dataset")):
        return found
    if stage == "situation" or given.get("dataset"):
        if not given.get("dataset"):
            raise UsageError("--dataset is needed to begin", "name a data file")
        dataset = Path(given["dataset"]).expanduser()
        name = given.get("name") or default_name(dataset, names(given.get("target")))
        return begin(name, given.get("output"))
    raise UsageError("there is no session to go on with", "begin with: ml mle-star situation")


def _meant(values: dict[str, Any]) -> Stages | None:
    asked = values["session"]
    if asked is None:
        return carried(values)[1] or newest_prepared()
    found = stages_in(Path(asked)) or newest_prepared(asked)
    if found is None:
        raise UsageError(f"there is no session {asked!r} by stages", "see: mle-star sessions")
    return found


def _told(stages: Stages, given: dict[str, Any], said: str) -> list[Section]:
    """Take what was typed and said into the session; what the words were taken for."""
    stages.given |= {k: v for k, v in given.items() if k not in ("output", "name")}
    if not said:
        return []
    stages.said.append(said)
    brief = _read(said, Path(stages.given["dataset"]).expanduser())
    before = {key: value for key, value in given.items() if key in brief.options}
    options, notes = merged(before, brief)
    stages.given |= options | brief.constraints
    return [_understanding(brief, notes)]


def _read(said: str, dataset: Path) -> Brief:
    """What is said of the columns of a file."""
    from mle_star.data.cells import cells_of
    from mle_star.data.columns import safe_names
    from mle_star.data.kinds import infer_columns
    from mle_star.data.load import load
    from mle_star.types import ColumnKind

    strings = load(dataset).strings
    cells = {name: cells_of(strings[name]) for name in strings.columns}
    columns = infer_columns(cells, safe_names(list(strings.columns)))
    dates = [column.original for column in columns if column.kind is ColumnKind.DATE]
    return understand(said, list(strings.columns), dates=dates)


def _understanding(brief: Brief, notes: tuple[str, ...]) -> Section:
    lines = [f"Not decided: {conflict}" for conflict in brief.conflicts]
    lines += list(notes)
    if brief.unused:
        lines.append(f"Nothing was made of: {', '.join(brief.unused)}")
    rows = tuple((repr(x.words), x.key.replace("_", " "), x.value) for x in brief.understood)
    return Section("Understood", tuple(lines), ("words", "what", "taken for"), rows)


def _next(stage: str) -> Section:
    engine, after = program().engine, "task" if stage == "situation" else "action"
    return Section("Next", commands=(f"{engine} ml mle-star {after}",))


def _results(values: dict[str, Any]) -> int:
    """What came of the session so far."""
    found = sought(values["session"] or values["output"] or values["name"], values["memory"])
    history = read_log(found.log)
    _, settings = identity_of(history, found.folder)
    result = fold(line.event for line in history.standing)
    if not result.finish:
        result.finish = {"exit_code": None, "seconds": history.elapsed, "summary": {}}
    form = values["output_format"]
    show(result, settings if form is None else _formed(settings, form))
    return 0


def _formed(settings: Any, form: str) -> Any:
    from dataclasses import replace

    return replace(settings, output_format=form)


def _show(sections: list[Section], given: dict[str, Any], *, err: bool = False) -> None:
    from rich.console import Console

    from mle_star.report.render import show as render

    sections = [one for one in sections if one.rows or one.lines or one.commands]
    if given.get("output_format") == "json":
        facts = [
            {"title": one.title, "lines": one.lines, "headers": one.headers, "rows": one.rows}
            for one in sections
        ]
        click.echo(to_json(facts, indent=True).decode(), err=err)
        return
    render(sections, Console(stderr=err, highlight=False))
