"""``mle-star watch``: run again when data changes or a hook asks for it, one run at a time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mle_star import events as e
from mle_star.cli.lines import told
from mle_star.cli.signals import ended_cleanly
from mle_star.commands import WATCH
from mle_star.config import options_of
from mle_star.errors import EXIT_INTERRUPTED, UsageError
from mle_star.events import Event
from mle_star.files import read_json, to_json
from mle_star.session.lock import holder
from mle_star.session.naming import path_of
from mle_star.session.settings import names
from mle_star.watch import queue
from mle_star.watch.known import Known
from mle_star.watch.place import Place
from mle_star.watch.worker import Asked, Worker

_OWN = ("dataset", "target", "once", "list", "cancel", "json")
"""Options that are for the watch and not for its runs."""

_SHOWN = (e.SessionStarted, e.SessionResumed, e.PhaseFinished, e.ModelsCompared)


def execute(values: dict[str, Any]) -> int:
    """Watch the project in this folder; gives back the exit status."""
    place = Place(Path.cwd().resolve())
    if values["list"]:
        return _list(place, as_json=values["json"])
    if values["cancel"] is not None:
        return _cancel(place, values["cancel"])
    asked = _asked(values)
    known = Known(place.project, values["memory"])
    speaker = Speaker(as_json=values["json"])
    with contextlib.closing(place.lock()):
        worker = Worker(place, known, asked, speaker.tell, speaker.hear)
        speaker.tell("watching", _watching(asked, place), {"project": str(place.project)})
        try:
            with ended_cleanly():
                return worker.work(once=values["once"])
        except KeyboardInterrupt:
            return _ended(place, speaker)


class Speaker:
    """Prints a line for everything that happens.

    Parameters
    ----------
    as_json : bool
        Whether lines are JSON objects.
    now : callable, default time.time
        Seconds since the epoch.
    """

    def __init__(self, *, as_json: bool, now: Callable[[], float] = time.time) -> None:
        self._as_json, self._now = as_json, now

    def tell(self, what: str, text: str, facts: dict[str, Any]) -> None:
        """Print one line.

        Parameters
        ----------
        what : str
            Kind of what happened.
        text : str
            A sentence.
        facts : dict
            Plain values.
        """
        if self._as_json:
            when = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="seconds")
            click.echo(to_json({"time": when, "what": what, "text": text, **facts}).decode())
            return
        clock = datetime.fromtimestamp(self._now()).strftime("%H:%M:%S")
        click.echo(f"{clock}  {text}")

    def hear(self, event: Event) -> None:
        """Print what is worth it of a run's events."""
        facts = {"event": event.type}
        match event:
            case e.DriftMeasured():
                for line in event.lines:
                    self.tell("drift", f"  drift: {line}", facts | {"parent": event.parent})
            case e.SessionFinished():
                self.tell("finished", f"  {told(event)}{_score(event)}", facts | event.summary)
            case e.SessionStarted():
                facts |= {"session": event.session, "folder": event.folder}
                self.tell("session", f"  session {event.session} in {event.folder}", facts)
            case e.Noted(level="warning"):
                self.tell("warning", f"  {told(event)}", facts)
            case _ if isinstance(event, _SHOWN):
                self.tell("step", f"  {told(event)}", facts)


def _score(event: e.SessionFinished) -> str:
    holdout = event.summary.get("holdout")
    if holdout:
        return f"; holdout {holdout['score']:.4g} on {holdout['rows']:,} rows"
    folds = event.summary.get("cross_validation")
    if not folds or "none_held_out" not in event.summary:
        return ""
    return f"; cross-validation {folds['score']:.4g}, no rows held out"


def _asked(values: dict[str, Any]) -> Asked:
    dataset, targets = path_of("dataset", values["dataset"]), names(values["target"])
    if (dataset is None) != (not targets):
        raise UsageError(
            "--dataset and --target go together",
            "give both, or none: then the data of this project's sessions is watched",
        )
    words: list[str] = []
    for option in options_of(WATCH):
        value = values[option.key]
        if option.key in _OWN or value is None or value is False:
            continue
        words += [f"--{option.name}"] if value is True else [f"--{option.name}", str(value)]
    if dataset is None:
        return Asked(words=tuple(words))
    return Asked(str(dataset.resolve()), ", ".join(targets), tuple(words))


def _watching(asked: Asked, place: Place) -> str:
    what = asked.dataset or "the data of this project's sessions"
    return f"watching {what}, and requests in {place.queue}; Ctrl-C ends it"


def _ended(place: Place, speaker: Speaker) -> int:
    text = "ended"
    if place.current.is_file():
        folder = read_json(place.current)["folder"]
        text = f"ended; the next watch goes on with its run, or: mle-star resume {folder}"
    speaker.tell("ended", text, {})
    return EXIT_INTERRUPTED


def _list(place: Place, *, as_json: bool) -> int:
    """Show who works, on what, and what waits."""
    found = _state(place)
    if as_json:
        click.echo(to_json(found, indent=True).decode())
        return 0
    worker, current = found["worker"], found["current"]
    click.echo(
        f"worker   {f'process {worker}' if worker else 'none: start one with mle-star watch'}"
    )
    if current:
        click.echo(f"running  session {current['session']} in {current['folder']}")
    for one in found["waiting"]:
        click.echo(f"waiting  {one['request']}  {one['reason']}")
    if not current and not found["waiting"]:
        click.echo("nothing is asked for")
    return 0


def _state(place: Place) -> dict[str, Any]:
    worker = holder(place.work)
    current = read_json(place.current) if place.current.is_file() else None
    under_way = set(current["requests"]) if current else set()
    waiting = []
    for path in queue.waiting(place.queue):
        if path.stem in under_way:
            continue
        try:
            request = queue.read(path)
            facts = {"reason": request.reason, "session": request.session, "path": request.path}
        except queue.Unreadable as error:
            facts = {"reason": f"no request: {error}"}
        waiting.append({"request": path.stem, **facts})
    return {"worker": worker and worker.pid, "current": current, "waiting": waiting}


def _cancel(place: Place, which: str) -> int:
    """Take requests back, and stop the run that they started."""
    from mle_star.cli.stop import execute as stop

    found = _state(place)
    current = found["current"]
    mine = [one["request"] for one in found["waiting"] if which in ("all", one["request"])]
    running = current and (which in ("all", current["session"], *current["requests"]))
    if not mine and not running:
        if which == "all":
            click.echo("nothing is asked for", err=True)
            return 0
        raise UsageError(f"there is no request {which!r}", "see: mle-star watch --list")
    for name in mine:
        (place.queue / f"{name}.json").unlink(missing_ok=True)
    if running:
        for name in current["requests"]:
            (place.queue / f"{name}.json").unlink(missing_ok=True)
        if holder(Path(current["folder"])) is not None:
            stop({"session": current["folder"]})
        if found["worker"] is None:
            place.current.unlink(missing_ok=True)
    click.echo(f"taken back: {len(mine) + bool(running)}", err=True)
    return 0
