"""The page that shows where a run stands, as rows; the most important ones stay where it is low."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mle_star import events as e
from mle_star.cli.board import board
from mle_star.cli.lines import told
from mle_star.cli.progress import UNFINISHED, Progress
from mle_star.cli.row import NARROW, Piece, Row, cut, kept, padded, row, rule, width_of
from mle_star.report.words import clock, count, number, signed, spread

_LABEL = 10
_BAR = 40
_HARDLY = "LOW"
_IMPACTS = {"HIGH": "bold", "MEDIUM": "bold", _HARDLY: "dim"}
_VERDICTS = {"fail": "bold red", "warn": "yellow", "pass": "green", "skipped": "dim"}
_STATES = {"running": "cyan", "done": "green", "failed": "bold red", "stopped": "yellow"}
_LEAST = 14


@dataclass(frozen=True, slots=True)
class Moment:
    """What a page shows beside the events.

    Parameters
    ----------
    now : float
        Seconds of the session.
    state : str, default "running"
        running, done, failed or stopped.
    frame : int, default 0
        Number of the drawing, for what turns.
    memory : str, default ""
        Memory used, in words.
    ends : str, default ""
        Stands beside the state, such as a process id.
    """

    now: float
    state: str = "running"
    frame: int = 0
    memory: str = ""
    ends: str = ""


def page(progress: Progress, moment: Moment, width: int, height: int) -> list[Row]:
    """The rows of the page.

    Parameters
    ----------
    progress : Progress
        Where the run stands.
    moment : Moment
        The rest.
    width, height : int
        Cells there are; no row is wider once it is drawn, and there are no more rows.
    """
    label = _LABEL if width >= NARROW else 0
    rows = [
        _header(progress, moment, width),
        *_data(progress),
        *_bar(progress, moment.now, width),
        _best(progress, label),
        *_gain(progress, label),
        *_ablation(progress, label),
        *_ensemble(progress, label),
        *_gates(progress, label),
        *_warnings(progress, label),
        _effort(progress, moment, label),
        *board(progress, moment.now, moment.frame, width, running=moment.state == "running"),
    ]
    return kept([*rows, *_lately(progress, width, height - len(rows))], height)


def _header(progress: Progress, moment: Moment, width: int) -> Row:
    ends = f" {moment.ends}" if moment.ends and width >= NARROW else ""
    end = f"{moment.state}{ends} {clock(moment.now)}"
    room = max(4, width - width_of(end) - 20)
    name = f" · {cut(progress.name, room)}" if progress.name else ""
    title: tuple[Piece, ...] = (("mle-star", "bold"), (name, ""))
    return rule(0, width, title, (end, _STATES[moment.state]))


def _data(progress: Progress) -> Iterator[Row]:
    parts = []
    if progress.rows:
        parts.append(f"{progress.rows:,} rows, {count(progress.columns, 'column')}")
    if progress.task:
        targets = ", ".join(map(str, progress.task.get("targets", ())))
        parts.append(f"{progress.task.get('kind')} target {targets}")
        parts.append(f"metric {progress.metric}")
    if parts:
        yield row(12, (" · ".join(parts), "dim"))


def _bar(progress: Progress, now: float, width: int) -> Iterator[Row]:
    share = progress.share(now)
    if share is None:
        return
    left = progress.left(now) or 0
    if progress.evaluations is not None:
        words = f"{progress.used} of {progress.evaluations} tried, {left:.0f} left"
    else:
        words = f"{clock(now)} of {clock(progress.seconds)}, {clock(left)} left"
    length = min(_BAR, width - len(words) - 2)
    full = round(share * length)
    if length < 6:
        yield row(1.5, words)
    else:
        yield row(1.5, ("━" * full, "cyan"), ("─" * (length - full), "dim"), f"  {words}")


def _labelled(rank: float, name: str, label: int, *pieces: Piece) -> Row:
    return row(rank, (padded(name, max(label, len(name) + 1)), "dim"), *pieces)


def _best(progress: Progress, label: int) -> Row:
    best = progress.best
    if best is None:
        return _labelled(1, "best", label, (f"no {progress.metric} yet", "dim"))
    score = (spread(best.score, best.spread), "bold")
    return _labelled(1, "best", label, score, (f" {progress.metric}  {best.name}", ""))


def _gain(progress: Progress, label: int) -> Iterator[Row]:
    if progress.gain is None:
        return
    over = f" over the baseline {number(progress.baseline)}"
    style = "green" if progress.gain > 0 else ""
    if progress.gain == 0:
        yield _labelled(4, "gain", label, ("none yet: the best is the baseline", ""))
    else:
        yield _labelled(4, "gain", label, (signed(progress.gain), style), (over, ""))


def _ablation(progress: Progress, label: int) -> Iterator[Row]:
    """Blocks by how much they matter; how much exactly, but for those that hardly do."""
    pieces: list[Piece] = []
    measured = [one for one in progress.ablation.values() if one.effect is not None]
    for impact, style in _IMPACTS.items():
        found = [one for one in measured if one.impact == impact]
        exact = impact != _HARDLY
        blocks = [f"{one.role} {one.effect:+.2g}" if exact else one.role for one in found]
        if blocks:
            pieces += [(f"{impact} ", style), (f"{', '.join(blocks)}   ", "")]
    missing = [one.role for one in progress.ablation.values() if one.effect is None]
    if missing:
        pieces.append((f"not measured {', '.join(missing)}", "dim"))
    if pieces:
        yield _labelled(7, "ablation", label, *pieces)


def _ensemble(progress: Progress, label: int) -> Iterator[Row]:
    if (chosen := progress.combined) is not None:
        of = f" of {count(len(chosen.members), 'member')}" if len(chosen.members) > 1 else ""
        words = f"{chosen.strategy}{of}  {spread(chosen.score, chosen.spread)}"
        yield _labelled(11.5, "ensemble", label, (words, ""))


def _gates(progress: Progress, label: int) -> Iterator[Row]:
    if not progress.gates:
        return
    pieces: list[Piece] = []
    for verdict, style in _VERDICTS.items():
        names = [gate.gate for gate in progress.gates.values() if gate.verdict == verdict]
        if names:
            which = f": {', '.join(names)}" if verdict in ("fail", "warn") else ""
            pieces += [(f"{len(names)} {verdict}", style), (f"{which}   ", "")]
    yield _labelled(6, "gates", label, *pieces)


def _warnings(progress: Progress, label: int) -> Iterator[Row]:
    if progress.warnings:
        many = f"{progress.warned} warnings, the last: " if progress.warned > 1 else ""
        yield _labelled(11, "warning", label, (f"{many}{progress.warnings[-1]}", "yellow"))


def _effort(progress: Progress, moment: Moment, label: int) -> Row:
    words = f"{progress.judged:,} judged, {progress.failed:,} failed"
    words += f", {progress.dropped:,} dropped" if progress.dropped else ""
    parts = [words, count(progress.events, "event"), moment.memory]
    return _labelled(9, "so far", label, (" · ".join(filter(None, parts)), "dim"))


def _lately(progress: Progress, width: int, room: int) -> Iterator[Row]:
    """What was judged and decided of late, as far as there is room."""
    shown = list(progress.lately)[-(room - 1) :] if room > 1 else []
    if not shown:
        return
    yield rule(_LEAST, width, (("lately", "bold"),))
    for age, (elapsed, event) in zip(range(len(shown), 0, -1), shown, strict=True):
        at = (f"{clock(elapsed):>7}  ", "dim")
        yield row(_LEAST + age / 100, at, (told(event), _style(event)))


def _style(event: object) -> str:
    match event:
        case e.EvaluationFinished(score=None, failure=why):
            return "dim" if why.startswith(UNFINISHED) else "red"
        case e.GateMeasured(verdict="fail"):
            return "red"
        case e.ProposalJudged(accepted=True) | e.MergeTried(accepted=True):
            return "green"
        case e.GateMeasured(verdict="warn"):
            return "yellow"
        case _:
            return ""
