"""From requests to one run: what it goes on from, and what is to be judged in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mle_star.files import sha256
from mle_star.watch.known import Known, data_of
from mle_star.watch.queue import Request
from mle_star_memory.store import Session

_WORKFLOWS = (".json", ".yaml", ".yml")


class Refused(Exception):  # noqa: N818 - what becomes of the request
    """A request cannot be worked off; says why."""


class Needless(Exception):  # noqa: N818 - what becomes of the request
    """A request asks for what is done already; says what."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run.

    Parameters
    ----------
    parent : Session or None
        To go on from; None: the first run on a data file.
    dataset, target : str
        As in the store.
    requests : tuple of Request
        That it is for, the oldest first.
    """

    parent: Session | None
    dataset: str
    target: str
    requests: tuple[Request, ...]

    @property
    def reason(self) -> str:
        """Why, in words."""
        return "; ".join(dict.fromkeys(request.reason for request in self.requests))

    def words(self) -> list[str]:
        """The command line of the run, without the program and options of the watch."""
        if self.parent is None:
            return ["--dataset", self.dataset, "--target", self.target]
        words = ["--warm", self.parent.folder]
        paths = dict.fromkeys(request.path for request in self.requests if request.path)
        for path in paths:
            if path.endswith(".py"):
                words += ["--candidate", path]
            elif path.endswith(_WORKFLOWS) and path != self.dataset:
                words += ["--workflow", path]
        return words


def job_of(first: Request, others: Sequence[Request], known: Known) -> Job:
    """The run that a request asks for, and all others that ask for the same.

    Raises
    ------
    Refused
        If the request is about no session of this project.
    Needless
        If the newest session has seen the data as it is now.
    """
    parent, dataset, target = _meant(first, known)
    same = [first]
    for other in others:
        try:
            if _meant(other, known) == (parent, dataset, target):
                same.append(other)
        except Refused:
            continue
    job = Job(parent, dataset, target, tuple(same))
    if parent is not None and all(one.path == dataset for one in same) and _seen(parent, dataset):
        raise Needless(f"session {parent.id} has seen {dataset} as it is now")
    return job


def _meant(request: Request, known: Known) -> tuple[Session | None, str, str]:
    """What a request goes on from, and on which data."""
    named = known.named(request.session) if request.session else None
    if request.session and named is None:
        raise Refused(f"no session {request.session!r} with a model in {known.project}")
    if named is None:
        return _of_data(request, known)
    if request.dataset and _resolved(request.dataset, known) != named.dataset:
        raise Refused(f"session {named.id} is not about {request.dataset}")
    is_data = request.path and _resolved(request.path, known) == named.dataset
    newest = known.newest(named.dataset, named.target) if is_data else None
    return newest or named, named.dataset, named.target


def _of_data(request: Request, known: Known) -> tuple[Session | None, str, str]:
    dataset = _resolved(request.dataset, known)
    if request.target:
        return known.newest(dataset, request.target), dataset, request.target
    found = next((s for s in known.sessions() if s.dataset == dataset), None)
    if found is None:
        raise Refused(f"no session in {known.project} is about {request.dataset}")
    return found, dataset, found.target


def _seen(parent: Session, dataset: str) -> bool:
    try:
        return sha256(Path(dataset)) == data_of(parent)
    except OSError:
        return False


def _resolved(path: str, known: Known) -> str:
    return str((known.project / path).resolve())
