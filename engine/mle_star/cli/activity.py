"""A task of a run as its views show it, with what is being tried in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mle_star.events import Event

QUEUED, RUNNING, DONE, FAILED, SKIPPED = "queued", "running", "done", "failed", "skipped"


@dataclass(slots=True)
class Trying:
    """A candidate that is being judged.

    Parameters
    ----------
    name : str
        Its name.
    why : str
        Why it is worth a try; empty if nothing said so.
    began : float
        Seconds of the session.
    """

    name: str
    why: str
    began: float


@dataclass(slots=True)
class Activity:
    """A task of the workflow, or a phase where there is no workflow.

    Parameters
    ----------
    name : str
        The task's id.
    agents : tuple of str, default ()
        Who acts in it.
    after : tuple of str, default ()
        Tasks that it waits for.
    status : str, default QUEUED
        queued, running, done, failed or skipped.
    began : float, default 0.0
        Seconds of the session.
    seconds : float, default 0.0
        That it took, all its turns together.
    summary : str, default ""
        What came of it, or why it failed or was skipped.
    attempt : int, default 1
        Which attempt it is.
    phase : str, default ""
        Phase that runs in it.
    last : Event or None, default None
        The latest thing decided in it.
    trying : dict
        Candidates being judged, by digest.
    """

    name: str
    agents: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    status: str = QUEUED
    began: float = 0.0
    seconds: float = 0.0
    summary: str = ""
    attempt: int = 1
    phase: str = ""
    last: Event | None = None
    trying: dict[str, Trying] = field(default_factory=dict)

    def begin(self, elapsed: float) -> None:
        """It runs, from now."""
        self.status, self.began, self.last = RUNNING, elapsed, None
        self.trying.clear()

    def end(self, status: str, summary: str, seconds: float) -> None:
        """It ended."""
        self.status, self.summary, self.phase = status, summary, ""
        self.seconds += seconds
        self.trying.clear()
