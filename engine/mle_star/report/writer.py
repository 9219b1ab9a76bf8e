"""Writes what a person opens first: the summary, the result as data, the leaderboard."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mle_star.events import ArtifactWritten, Event, Handwork, SessionFinished
from mle_star.files import write_json, write_text
from mle_star.report.render import markdown
from mle_star.report.result import Result
from mle_star.report.sections import Program, headline, sections

FILES = (
    ("summary.md", "this summary"),
    ("result.json", "everything in it, as data"),
    ("leaderboard.csv", "every judged candidate"),
)
_COLUMNS = ("place", "name", "score", "spread", "folds", "rows", "seconds", "digest", "origin")


class ReportWriter:
    """A reader of events that writes the report's files when the session ends.

    Parameters
    ----------
    folder : Path
        The output folder.
    program : Program
        How things are started, for the commands of the next steps.

    Attributes
    ----------
    result : Result
        The facts so far.
    """

    def __init__(self, folder: Path, program: Program) -> None:
        self.result = Result()
        self._folder = folder
        self._program = program

    def __call__(self, event: Event) -> None:
        """Take one event in; at the end, and after what is done by hand then, write the files."""
        self.result.add(event)
        if isinstance(event, SessionFinished | Handwork) and self.result.finish:
            self.write()

    def write(self) -> None:
        """Write the files, if there is anything to tell."""
        if not self.result.task:
            return
        known = {one["path"] for one in self.result.files}
        for path, what in FILES:
            if path in known:
                continue
            self.result.add(ArtifactWritten(path, what))
        name = f"{self.result.session['name']}: {headline(self.result)}"
        text = markdown(name, sections(self.result, self._program))
        write_text(self._folder / "summary.md", text)
        write_text(self._folder / "leaderboard.csv", _leaderboard(self.result))
        write_json(self._folder / "result.json", self.result.plain())


def _leaderboard(result: Result) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for place, entry in enumerate(result.leaderboard(), start=1):
        table.writerow({**entry, "place": place, "folds": len(entry["folds"])})
    return text.getvalue()
