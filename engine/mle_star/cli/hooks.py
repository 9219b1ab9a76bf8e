"""``mle-star hooks``: which hooks a run calls, and trying them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from mle_star.errors import EXIT_OK, UsageError
from mle_star.files import to_json
from mle_star.hooks import DURING
from mle_star.lifecycle.builtin import BUILT_INS, ENVIRONMENT
from mle_star.lifecycle.find import Found, find, folders
from mle_star.lifecycle.hook import BLOCKED, DONE, FAILED, Hook, Outcome
from mle_star.report.words import took

_EXITS = {DONE: EXIT_OK, BLOCKED: 2}


@dataclass(frozen=True, slots=True)
class _Tried:
    """A hook that was called, and what came of it."""

    hook: Hook
    outcome: Outcome

    def plain(self) -> dict[str, Any]:
        outcome = self.outcome
        return {
            "hook": self.hook.name,
            "event": self.hook.event,
            "status": outcome.status,
            "said": outcome.said,
            "seconds": outcome.seconds,
            "output": outcome.output,
        }


def execute(values: dict[str, Any]) -> int:
    """Show the hooks of a run here, in the order in which they are called."""
    found = find()
    if values["json"]:
        hooks = [_plain(hook) for hook in (*BUILT_INS, *found.hooks)]
        click.echo(to_json({"hooks": hooks, "problems": found.problems}, indent=True).decode())
        return EXIT_OK
    _show(found)
    return EXIT_OK


def run(values: dict[str, Any]) -> int:
    """Call one hook; exit status 0 if it is done, 2 if it blocked, else 1."""
    name, found = values["hook"], find()
    hook = next((one for one in (*BUILT_INS, *found.hooks) if one.name == name), None)
    if hook is None:
        known = ", ".join(one.name for one in found.hooks) or "none but those built in"
        raise UsageError(
            f"there is no hook {name!r}; here are: {known}", "see: mle-star hooks list"
        )
    if hook.command is None:
        return _built_in(hook)
    done = _try(hook, _event(hook, values))
    if values["json"]:
        click.echo(to_json(done.plain(), indent=True).decode())
    else:
        _tell(done, whole=True)
    return _EXITS.get(done.outcome.status, 1)


def test(values: dict[str, Any]) -> int:
    """Call every hook; exit status 1 if one failed."""
    found = find()
    tried = []
    for hook in found.hooks:
        tried.append(_try(hook, _event(hook, values)))
        if not values["json"]:
            _tell(tried[-1], whole=False)
    if values["json"]:
        told = {"hooks": [one.plain() for one in tried], "problems": found.problems}
        click.echo(to_json(told, indent=True).decode())
    elif not tried:
        click.echo(f"no hooks of your own; they are looked for in {_where()}", err=True)
    _tell_problems(found)
    good = all(one.outcome.status in _EXITS for one in tried) and not found.problems
    return EXIT_OK if good else 1


def _try(hook: Hook, event: Mapping[str, Any]) -> _Tried:
    from mle_star.lifecycle.calling import call

    return _Tried(hook, call(hook, event))


def _built_in(hook: Hook) -> int:
    if hook.name != ENVIRONMENT:
        raise UsageError(
            f"{hook.name} is part of the engine: every run does it",
            "see what it did in a run: mle-star memory show SESSION",
        )
    from mle_star.lifecycle.environment import lacks

    found = lacks(Path.cwd(), 0.0, 0.0)
    click.echo("\n".join(found) or "nothing is missing, and there is memory and disk for a start")
    return EXIT_OK


def _event(hook: Hook, values: Mapping[str, Any]) -> dict[str, Any]:
    """The event to call a hook with: from a file, from a session, or a made-up one."""
    from mle_star.lifecycle.told import made_up, of_session

    if values.get("event"):
        return {"project": str(Path.cwd())} | _read(values["event"])
    if values["session"] is None:
        return made_up(hook, Path.cwd())
    from mle_star.cli.sought import sought
    from mle_star.eventlog import read_log

    found = sought(values["session"])
    event = of_session(hook, read_log(found.log).standing, found.folder)
    if hook.event == DURING and "happened" not in event:
        kinds = ", ".join(hook.on)
        raise UsageError(f"nothing in {found.folder} calls {hook.name}: no {kinds}", "leave it out")
    return event


def _read(path: str) -> dict[str, Any]:
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).expanduser().read_bytes()
        event = orjson.loads(text)
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(f"--event {path} cannot be read: {error}", "give a JSON file") from error
    if not isinstance(event, dict):
        raise UsageError(f"--event {path} holds no JSON object", "see docs/hooks.md")
    return event


def _plain(hook: Hook) -> dict[str, Any]:
    return {
        "name": hook.name,
        "event": hook.event,
        "of": hook.of,
        "on": hook.on,
        "source": hook.source,
        "path": hook.path and str(hook.path),
        "seconds": hook.seconds or None,
        "does": hook.does,
    }


def _show(found: Found) -> None:
    from mle_star.cli.remembered import console
    from mle_star.report.render import table

    rows = [
        (
            hook.event,
            hook.name,
            hook.of if not hook.on else f"{hook.of}: {', '.join(hook.on)}",
            hook.source,
            took(hook.seconds) if hook.seconds else "",
            hook.does or (hook.path.name if hook.path else ""),
        )
        for hook in (*BUILT_INS, *found.hooks)
    ]
    headers = ("event", "hook", "of", "from", "limit>", "what it does")
    console().print(table(headers, rows))
    _tell_problems(found)
    if not found.hooks:
        click.echo(f"no hooks of your own; they are looked for in {_where()}", err=True)


def _where() -> str:
    return " and ".join(str(folder) for _, folder in folders())


def _tell_problems(found: Found) -> None:
    for problem in found.problems:
        click.echo(f"mle-star: no hook: {problem}", err=True)


def _tell(done: _Tried, *, whole: bool) -> None:
    hook, outcome = done.hook, done.outcome
    click.echo(f"{outcome.status:<8}{hook.event:<12}{hook.name}  {took(outcome.seconds)}")
    said = outcome.output if whole or outcome.status == FAILED else outcome.said
    for line in said.splitlines():
        click.echo(f"        {line}")
