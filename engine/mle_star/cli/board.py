"""The board of tasks on the page: done, running with what is being tried, queued, failed."""

from __future__ import annotations

from collections.abc import Iterator

from mle_star.cli.activity import DONE, FAILED, QUEUED, RUNNING, SKIPPED, Activity, Trying
from mle_star.cli.lines import told
from mle_star.cli.progress import Progress
from mle_star.cli.row import NARROW, Piece, Row, padded, row, rule, width_of
from mle_star.report.words import took

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MARKS = {
    DONE: ("✓", "green"),
    FAILED: ("✗", "bold red"),
    SKIPPED: ("-", "dim"),
    QUEUED: ("·", "dim"),
}
_RANKS = {RUNNING: 2.0, FAILED: 3.0, SKIPPED: 10.8, QUEUED: 10.5, DONE: 10.0}
_ORDER = (RUNNING, DONE, FAILED, SKIPPED, QUEUED)
_TRYING = 6
"""Candidates shown of one task."""
_TIME = 7
_WIDE = 120
"""Columns from which there is room for what a task waits for."""


def board(
    progress: Progress, now: float, frame: int, width: int, *, running: bool
) -> Iterator[Row]:
    """The rows of the board.

    Parameters
    ----------
    progress : Progress
        Where the run stands.
    now : float
        Seconds of the session.
    frame : int
        Number of the drawing, for what turns.
    width : int
        Cells of a row.
    running : bool
        Whether the run goes on; else what was running stopped.
    """
    activities = list(progress.activities.values())
    opening = [one for one in progress.running() if one is progress.opening]
    if running:
        activities = [*opening, *activities]
    yield _title(progress, width, running=running)
    names = max((width_of(one.name) for one in activities), default=0)
    names = min(names, max(12, width * 2 // 5))
    for age, activity in zip(range(len(activities), 0, -1), activities, strict=True):
        shown = _Shown(activity, names, now, width)
        if activity.status == RUNNING:
            yield from shown.running(_SPINNER[frame % len(_SPINNER)] if running else "")
        else:
            yield shown.still(age)


class _Shown:
    """One activity as rows."""

    def __init__(self, activity: Activity, names: int, now: float, width: int) -> None:
        self._activity = activity
        self._names = names
        self._now = now
        self._width = width

    def still(self, age: int) -> Row:
        """One that does not run; of those that are done the older ones go first."""
        one = self._activity
        age = -age if one.status == QUEUED else age
        time = took(one.seconds) if one.status in (DONE, FAILED) else ""
        style = "dim" if one.status in (QUEUED, SKIPPED) else ""
        said = (
            _waiting(one, self._width) if one.status == QUEUED else one.summary,
            _said(one.status),
        )
        rank = _RANKS.get(one.status, 10.0) + age / 1000
        return self._line(rank, _MARKS.get(one.status, ("?", "")), style, time, said)

    def running(self, spinner: str) -> Iterator[Row]:
        """One that runs, with what is being tried in it and why."""
        one = self._activity
        mark = (spinner, "cyan") if spinner else ("-", "yellow")
        time = took(max(0.0, self._now - one.began))
        yield self._line(2.0, mark, "bold", time, (_doing(one) if spinner else "stopped", ""))
        if spinner:
            yield from self._trying(list(_grouped(one).values()))
        if one.last is not None:
            yield row(11.8, ("    last    ", "dim"), (told(one.last), "dim"))

    def _trying(self, groups: list[list[Trying]]) -> Iterator[Row]:
        """Candidates that are being judged, those of one name together."""
        names = [_named(group) for group in groups]
        longest = max(map(width_of, names), default=0)
        if any(group[0].why for group in groups):
            longest = min(longest, self._width // 2)
        word = "    trying" if self._width >= NARROW else ""
        for place, (name, group) in enumerate(zip(names[:_TRYING], groups, strict=False)):
            time = took(max(0.0, self._now - min(one.began for one in group)))
            yield row(
                4 if place == 0 else 8 + place / 10,
                (word if place == 0 else " " * len(word), "dim"),
                (f"{time:>{_TIME}}  ", "dim"),
                f"{padded(name, longest)}  ",
                (group[0].why, "dim"),
            )
        if len(groups) > _TRYING:
            yield row(8.9, (f"{'':{_TIME + len(word) + 2}}and {len(groups) - _TRYING} more", "dim"))

    def _line(self, rank: float, mark: Piece, style: str, time: str, said: Piece) -> Row:
        name = (padded(self._activity.name, self._names), style)
        return row(rank, " ", mark, " ", name, (f"{time:>{_TIME}}  ", "dim"), said)


def _title(progress: Progress, width: int, *, running: bool) -> Row:
    """How many there are of each status, those included that there is no room for."""
    amounts = [(progress.amount(status), status) for status in _ORDER]
    words = ", ".join(f"{amount} {_word(status, running)}" for amount, status in amounts if amount)
    what = ("tasks" if progress.planned else "phases", "bold")
    return rule(5, width, (what, (f"  {words}" if words else "", "")))


def _word(status: str, running: bool) -> str:
    return "stopped" if status == RUNNING and not running else status


def _grouped(activity: Activity) -> dict[str, list[Trying]]:
    found: dict[str, list[Trying]] = {}
    for one in list(activity.trying.values()):
        found.setdefault(one.name, []).append(one)
    return found


def _named(group: list[Trying]) -> str:
    return f"{group[0].name} ({len(group)})" if len(group) > 1 else group[0].name


def _doing(activity: Activity) -> str:
    phase = activity.phase if activity.phase not in activity.name else ""
    again = f"attempt {activity.attempt}" if activity.attempt > 1 else ""
    return " · ".join(part for part in (again, phase, ", ".join(activity.agents)) if part)


def _waiting(activity: Activity, width: int) -> str:
    after = f"after {', '.join(activity.after)}" if activity.after and width >= _WIDE else ""
    return " · ".join(part for part in (", ".join(activity.agents), after) if part)


def _said(status: str) -> str:
    return {FAILED: "red", QUEUED: "dim", SKIPPED: "dim"}.get(status, "")
