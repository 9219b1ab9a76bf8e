"""Where a project keeps what the watch needs: ``.mle-star`` in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mle_star.errors import UsageError
from mle_star.session.lock import Lock, holder


@dataclass(frozen=True, slots=True)
class Place:
    """A project's own folder.

    Parameters
    ----------
    project : Path
        The project's folder, absolute.
    """

    project: Path

    @property
    def queue(self) -> Path:
        """Requests, a file each."""
        return self.project / ".mle-star" / "queue"

    @property
    def work(self) -> Path:
        """The worker's lock, what it is doing, and what the engine said."""
        return self.project / ".mle-star" / "watch"

    @property
    def current(self) -> Path:
        """What is being run."""
        return self.work / "current.json"

    @property
    def log(self) -> Path:
        """What the engine of the last run said."""
        return self.work / "engine.log"

    def lock(self) -> Lock:
        """Become the project's one worker.

        Raises
        ------
        UsageError
            If there is one already.
        StateError
            If the folder cannot be written.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        try:
            return Lock(self.work)
        except UsageError as error:
            found = holder(self.work)
            who = "another process" if found is None else f"process {found.pid}"
            error.problem = error.problem.replace(
                f"{self.work} is in use by {who}", f"{who} watches {self.project} already"
            )
            error.remedy = "one watch a project; end that one with Ctrl-C" + (
                "" if found is None else f", or: kill {found.pid}"
            )
            raise
