"""The output folder of a run: what lies where in it, and how it is claimed and left.

models/NAME/
    summary.md  result.json  leaderboard.csv   what came out
    solution.py                                the model's code, runs alone
    model/                                     the bundle to ship
    candidates/                                the code of the best candidates
    events.jsonl                               every step, in order
    workflow.json                              the graph of phases that was run
    trials.sqlite3                             the numeric searches, for Optuna's own tools
    data.npz                                   what the data looked like, for sessions after this
    work/  engine.lock                         until it is done; resuming needs them
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mle_star.data.reference import FILE as DATA
from mle_star.errors import StateError, UsageError
from mle_star.files import write_text
from mle_star.judge.evaluation import Evaluation
from mle_star.session.lock import NAME as LOCK
from mle_star.session.lock import Lock
from mle_star.session.lookup import EVENTS, never_began
from mle_star.session.settings import Settings
from mle_star.solution.solution import render

SOLUTION = "solution.py"
WORK = "work"
_MOST_NUMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Folder:
    """A claimed output folder.

    Parameters
    ----------
    root : Path
        The folder.
    lock : Lock
        Held by this process.
    made : tuple of Path
        The folders that claiming it made, outermost first.
    """

    root: Path
    lock: Lock
    made: tuple[Path, ...] = ()

    @property
    def work(self) -> Path:
        """Files of the run itself; removed at its end."""
        return self.root / WORK

    @property
    def model(self) -> Path:
        """The bundle."""
        return self.root / "model"

    @property
    def events(self) -> Path:
        """The event log; its existence claims the folder."""
        return self.root / EVENTS

    @property
    def workflow(self) -> Path:
        """The graph of this run, as a workflow file."""
        return self.root / "workflow.json"

    @property
    def trials(self) -> Path:
        """Optuna's storage of the numeric searches."""
        return self.root / "trials.sqlite3"

    @property
    def answers(self) -> Path:
        """What language models answered."""
        return self.root / "answers.jsonl"

    @property
    def has_model(self) -> bool:
        """Whether a bundle is in place."""
        return self.model.is_dir()

    def put_solution(self) -> None:
        """Copy the model's code to where a person looks first."""
        write_text(self.root / SOLUTION, (self.model / SOLUTION).read_text(encoding="utf-8"))

    def put_candidates(self, best: Sequence[Evaluation]) -> list[str]:
        """Write the code of the best candidates; gives back their paths within the folder."""
        written = []
        for place, evaluation in enumerate(best, start=1):
            name = f"candidates/{place:02}-{_file_name(evaluation.solution.name)}.py"
            write_text(self.root / name, render(evaluation.solution))
            written.append(name)
        return written

    def clean(self) -> None:
        """Remove what only a resumption needs, and what a killed process left half written."""
        for path in (self.work, *self.root.glob(f".{self.model.name}.*")):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.root.rglob(".*.partial"):
            path.unlink(missing_ok=True)
        (self.root / LOCK).unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing of a run that could not begin: its own files and the folders it made."""
        self.clean()
        for path in (self.events, self.workflow, self.trials, self.answers, self.root / DATA):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another run may use a folder above
            for folder in reversed(self.made):
                folder.rmdir()


def claim(settings: Settings) -> Folder:
    """Make or take the output folder of a run, and no other run's.

    A folder asked for must be new or empty. The default, ``models/NAME``, gets a number if it is
    taken: ``models/NAME-2``.

    Raises
    ------
    UsageError
        If the folder asked for is not empty, or another run has it.
    StateError
        If it cannot be made.
    """
    try:
        if settings.output is not None:
            return _claimed(settings.output)
        base = Path("models")
        for number in range(1, _MOST_NUMBERED):
            root = base / (settings.name if number == 1 else f"{settings.name}-{number}")
            if not root.exists():
                with contextlib.suppress(FileExistsError):
                    return _claimed(root)
    except FileExistsError as error:
        raise UsageError(
            f"--output {settings.output} is in use by another run", "choose another folder"
        ) from error
    except OSError as error:
        raise StateError(
            f"cannot make the output folder: {error}", "choose another --output folder"
        ) from error
    raise StateError(f"{base} holds {_MOST_NUMBERED} runs of this name", "choose a --name")


def reclaim(root: Path) -> Folder:
    """Take the folder of a run that was stopped.

    Raises
    ------
    UsageError
        If the run goes on in another process.
    StateError
        If the folder cannot be written.
    """
    folder = Folder(root, Lock(root))
    try:
        folder.work.mkdir(exist_ok=True)
    except OSError as error:
        raise StateError(
            f"cannot write {folder.work}: {error.strerror}", "make the folder writable"
        ) from error
    return folder


def _claimed(root: Path) -> Folder:
    made = [path for path in (*reversed(root.parents), root) if not path.exists()]
    root.mkdir(parents=True, exist_ok=True)
    (root / EVENTS).touch(exist_ok=never_began(root))
    folder = Folder(root, Lock(root), tuple(made))
    if folder.events.stat().st_size:  # of a run that came first
        folder.lock.close()
        raise FileExistsError(folder.events)
    folder.work.mkdir(exist_ok=True)
    return folder


def _file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].rstrip("-") or "candidate"
