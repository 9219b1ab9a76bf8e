"""The one worker of a project: notices changed data, works requests off, one run at a time.

Nothing that was asked for is lost: a request leaves the queue when its run has ended, and what is
being run is on record, so that a worker that comes after a killed one goes on with it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mle_star.errors import EXIT_GATE, EXIT_INTERRUPTED, EXIT_OK, StateError
from mle_star.events import Event, SessionStarted
from mle_star.files import read_json, write_json
from mle_star.session.lock import holder
from mle_star.watch import queue
from mle_star.watch.changes import Changes
from mle_star.watch.engine import PATIENCE, run_engine, said
from mle_star.watch.job import Job, Needless, Refused, job_of
from mle_star.watch.known import Known, data_of
from mle_star.watch.place import Place

Tell = Callable[[str, str, dict[str, Any]], None]
"""Told what happens: a word for its kind, a sentence, and facts."""

Engine = Callable[[Sequence[str], Path, Callable[[Event], None]], int]
"""See :func:`mle_star.watch.engine.run_engine`."""

BEAT = 0.5
"""Seconds between two looks, at most, while there is nothing to do."""

_FORMS = ("--quiet", "--output-format", "stream-json")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the watch was started with.

    Parameters
    ----------
    dataset : str
        Data file, absolute; empty: those of the project's sessions.
    target : str
        What is predicted; empty with the data file.
    words : tuple of str
        Options for every run.
    """

    dataset: str = ""
    target: str = ""
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class Worker:
    """Works for a project.

    Parameters
    ----------
    place : Place
        Its folder, whose lock this process holds.
    known : Known
        Its sessions.
    asked : Asked
        What is wanted.
    tell : callable
        Told what happens.
    hear : callable
        Told the events of runs.
    engine : callable, default run_engine
        Runs a command of the engine.

    Attributes
    ----------
    code : int
        Exit status of the last run that did not succeed, else 0.
    """

    place: Place
    known: Known
    asked: Asked
    tell: Tell
    hear: Callable[[Event], None]
    engine: Engine = run_engine
    code: int = field(init=False, default=EXIT_OK)
    _changes: Changes = field(init=False)
    _handled: dict[tuple[str, str], str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._changes = Changes(time.time, self._lost)
        for folder in (self.place.queue, self.place.work):
            folder.mkdir(parents=True, exist_ok=True)

    def work(self, *, once: bool) -> int:
        """Work until there is nothing to do, or for ever.

        Parameters
        ----------
        once : bool
            Whether to come back when there is nothing to do.

        Returns
        -------
        int
            Exit status of the last run that did not succeed, else 0.
        """
        self._go_on()
        while True:
            self._look()
            if self._next():
                continue
            if once and not self._changes.unsettled:
                return self.code
            self._wait()

    def _look(self) -> None:
        """Ask for runs on data files that changed."""
        pairs = self._pairs()
        for path, digest in self._changes.look(Path(dataset) for dataset, _ in pairs):
            for dataset, target in pairs:
                if dataset == str(path):
                    self._changed(dataset, target, digest)

    def _pairs(self) -> list[tuple[str, str]]:
        """Data files and targets that are watched."""
        if self.asked.dataset:
            return [(self.asked.dataset, self.asked.target)]
        return list(dict.fromkeys((s.dataset, s.target) for s in self.known.sessions()))

    def _changed(self, dataset: str, target: str, digest: str) -> None:
        """Ask for a run if the newest session has not seen this content."""
        newest = self.known.newest(dataset, target)
        before = data_of(newest) if newest else ""
        if digest in (before, self._handled.get((dataset, target))):
            return
        self._handled[dataset, target] = digest
        reason = f"{Path(dataset).name} changed" if newest else f"first run on {Path(dataset).name}"
        facts = {"dataset": dataset, "target": target, "path": dataset, "reason": reason}
        queue.ask(self.place.queue, facts, time.time())
        self.tell("changed", reason, facts | {"digest": digest})

    def _lost(self, path: Path) -> None:
        self.tell("gone", f"{path} is gone; waiting for it to come back", {"path": str(path)})

    def _next(self) -> bool:
        """Do the run that was asked for first; gives back whether there was a request."""
        requests = []
        for path in queue.waiting(self.place.queue):
            try:
                requests.append(queue.read(path))
            except queue.Unreadable as error:
                self._refuse(path, str(error))
        if not requests:
            return False
        first, *others = requests
        try:
            self._run(job_of(first, others, self.known))
        except Refused as error:
            self._refuse(first.file, str(error))
        except Needless as error:
            self.tell("needless", f"nothing to do: {error}", {"request": first.name})
            first.done()
        return True

    def _refuse(self, path: Path, why: str) -> None:
        queue.refuse(path)
        facts = {"request": path.stem, "why": why}
        self.tell("refused", f"request {path.stem} put aside: {why}", facts)

    def _run(self, job: Job) -> None:
        names = [request.name for request in job.requests]
        start = "from scratch" if job.parent is None else f"from session {job.parent.id}"
        facts = {"requests": names, "parent": job.parent and job.parent.id, "reason": job.reason}
        self.tell("run", f"{job.reason}: running {start}", facts)
        self._engine(["run", *job.words(), *self.asked.words, *_FORMS], names)

    def _go_on(self) -> None:
        """Go on with what a worker before this one was killed or stopped in."""
        if not self.place.current.is_file():
            return
        current = read_json(self.place.current)
        folder = Path(str(current["folder"]))
        last = time.monotonic() + PATIENCE
        while (found := holder(folder)) is not None:  # it is ending, since its worker is gone
            if time.monotonic() > last:
                raise StateError(
                    f"{folder} is still run by process {found.pid}",
                    f"wait for it, or: mle-star stop {folder}",
                )
            time.sleep(0.1)
        if not (folder / "events.jsonl").is_file():
            self.place.current.unlink()
            return
        self.tell("resumed", f"going on with {folder}", current)
        self._engine(["resume", str(folder), *_FORMS], list(current["requests"]))

    def _engine(self, words: Sequence[str], requests: Sequence[str]) -> None:
        """Run the engine, keeping on record for which requests; then take them out."""

        def hear(event: Event) -> None:
            if isinstance(event, SessionStarted):
                folder = str((self.place.project / event.folder).resolve())
                facts = {"requests": requests, "session": event.session, "folder": folder}
                write_json(self.place.current, facts)
            self.hear(event)

        code = self.engine(words, self.place.log, hear)
        self._tell_end(code)
        for name in requests:
            (self.place.queue / f"{name}.json").unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.place.current.unlink()

    def _tell_end(self, code: int) -> None:
        facts = {"exit_code": code}
        if code == EXIT_INTERRUPTED:
            self.tell("stopped", "the run was stopped by somebody else", facts)
        elif code not in (EXIT_OK, EXIT_GATE):
            why = said(self.place.log) or f"it ended with status {code}"
            self.tell("failed", f"no model: {why}", facts | {"why": why})
        if code != EXIT_OK:
            self.code = code if code > 0 else 1

    def _wait(self) -> None:
        """Come back when something happens in a folder that matters, and soon in any case."""
        from watchfiles import watch

        folders = {self.place.queue, *(_there(Path(dataset)) for dataset, _ in self._pairs())}
        try:
            for _ in watch(
                *folders,
                debounce=50,
                rust_timeout=int(1000 * BEAT),
                yield_on_timeout=True,
                recursive=False,
            ):
                return
        except OSError:  # no more watches on this machine, or a folder went away
            time.sleep(BEAT)


def _there(path: Path) -> Path:
    """The nearest folder above a file that is there."""
    return next(folder for folder in path.parents if folder.is_dir())
