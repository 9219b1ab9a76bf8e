"""What a description in words asks for: read by rules, shown back, and never guessed silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mle_star.session.settings import names
from mle_star.session.wording.columns import Reader
from mle_star.session.wording.cues import (
    BEFORE,
    DROP,
    FILLERS,
    GROUP,
    OPTION,
    TARGET,
    TIME,
    cue_at,
)
from mle_star.session.wording.decide import decide, flag
from mle_star.session.wording.goal import kinds, metrics
from mle_star.session.wording.limits import limits
from mle_star.session.wording.names import Names, joined
from mle_star.session.wording.words import Finding, Said, said

_COLUMNS = (TARGET, DROP, GROUP, TIME)
_LISTS = (TARGET, DROP, "id")
_LATENCY = "latency_ms"
_LIMITS = ("preset", "time_budget", "evaluations", "timeout")
"""Options that say how long is searched: where one is given, words about it have no say."""
_LONGEST = 10_000
"""Characters of a description that are read."""


@dataclass(frozen=True, slots=True)
class Understood:
    """Words of a description and what they were taken for.

    Parameters
    ----------
    words : str
        As they stand in the description.
    key : str
        Key of the option or name of the constraint; see :class:`Brief`.
    value : str
        What they were taken for, in words.
    """

    words: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What a description asks for.

    Parameters
    ----------
    options : dict
        Values by :attr:`mle_star.option.Option.key`, as the command line would give them.
    constraints : dict of str to float
        ``latency_ms``: the most one prediction may take.
    understood : tuple of Understood
        In the order of the description; to be shown back.
    unused : tuple of str
        Words that nothing was made of.
    conflicts : tuple of str
        What could not be decided, one sentence each; nothing is set for it.
    """

    options: dict[str, Any]
    constraints: dict[str, float]
    understood: tuple[Understood, ...]
    unused: tuple[str, ...]
    conflicts: tuple[str, ...]


def understand(text: str, columns: Sequence[str], *, dates: Sequence[str] = ()) -> Brief:
    """Read a description by rules.

    Parameters
    ----------
    text : str
        In English; any text at all is read without an error.
    columns : sequence of str
        Names of the table's columns; no other name comes into the options.
    dates : sequence of str, default ()
        Columns that hold dates: the only one is taken where the words speak of order in time, as
        in a forecast, and name no column.

    Returns
    -------
    Brief

    Examples
    --------
    >>> brief = understand("predict churn, judged by F1, in 20 minutes", ["Churn", "Tenure"])
    >>> brief.options
    {'target': 'Churn', 'metric': 'f1', 'time_budget': 1200.0}
    """
    what = said(text[:_LONGEST])
    usable = [name for name in columns if names(joined([name])) == (name,)]
    known = Names(usable)
    judged = [*limits(what.text), *_true_metrics(what, known)]
    taken = frozenset(place for f in judged for place in what.places(f.start, f.end))
    reader = Reader(what, known, tuple(name for name in dates if name in usable), taken)
    found = [*judged, *kinds(what), *reader.findings()]
    if not any(finding.key == TARGET for finding in found):
        found += reader.alone(found)
    decided = decide(what, found)
    return Brief(
        *_values(decided.taken),
        understood=tuple(
            Understood(what.quoted(f.start, f.end), f.key, f.shown) for f in decided.taken
        ),
        unused=(*_unused(what, decided.spoken), *_rest(text)),
        conflicts=decided.conflicts,
    )


def merged(given: Mapping[str, Any], brief: Brief) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the command line and a description ask for together; the command line wins.

    Parameters
    ----------
    given : mapping
        Values by :attr:`mle_star.option.Option.key`; absent or None: not given.
    brief : Brief
        What the description asks for.

    Returns
    -------
    values : dict
        The given ones, and the description's where there is room.
    notes : tuple of str
        Of every part of the description that lost: to what, in one sentence.
    """
    values, notes = dict(given), []
    for key, value in brief.options.items():
        winner = _winner(given, key, value)
        if winner:
            words = " and ".join(repr(one.words) for one in brief.understood if one.key == key)
            notes.append(f"{words or value} of the description gives way to {winner}")
        elif given.get(key) is None:
            values[key] = value
    return values, tuple(notes)


def _winner(given: Mapping[str, Any], key: str, value: Any) -> str:
    """The option given that a part of the description has to give way to; empty if none."""
    rivals = _LIMITS if key in _LIMITS else (key,)
    for rival in rivals:
        if given.get(rival) is not None and not (rival == key and _same(key, value, given[key])):
            return f"{flag(rival)} {given[rival]}"
    others = (DROP, GROUP, TIME, "id") if key == TARGET else (TARGET,) if key in _COLUMNS else ()
    for other in others:
        both = set(_columns(key, value)) & set(_columns(other, given.get(other)))
        if both:
            return f"{flag(other)} {given[other]}"
    return ""


def _same(key: str, value: Any, other: Any) -> bool:
    return _columns(key, value) == _columns(key, other) if key in _COLUMNS else bool(value == other)


def _columns(key: str, value: str | None) -> tuple[str, ...]:
    """Column names in the value of an option."""
    return names(value) if key in _LISTS else (value,) if value else ()


def _values(taken: Sequence[Finding]) -> tuple[dict[str, Any], dict[str, float]]:
    """What was taken, as values of options and as constraints."""
    options: dict[str, Any] = {}
    for one in taken:
        if one.key in _LISTS:
            options[one.key] = joined([*names(options.get(one.key)), *one.value])
        elif one.value is not None:
            options[one.key] = one.value[0] if one.key in _COLUMNS else one.value
    latency = options.pop(_LATENCY, None)
    return options, {} if latency is None else {_LATENCY: latency}


def _true_metrics(what: Said, known: Names) -> list[Finding]:
    """Metrics, less those that are columns of that name and are spoken of as such."""
    return [one for one in metrics(what) if one.strong or not _is_column(what, one, known)]


def _is_column(what: Said, metric: Finding, known: Names) -> bool:
    first = what.places(metric.start, metric.end)[0]
    quoted = metric.start > 0 and what.text[metric.start - 1] in "\"'`\u201c"
    before = cue_at(what, first - 1, BEFORE) if first else None
    asked = before is not None and OPTION.get(before[1], before[1]) in _COLUMNS
    return bool((quoted or asked) and known.exact(what.text[metric.start : metric.end]))


def _rest(text: str) -> list[str]:
    left = len(text) - _LONGEST
    return [f"the last {left:,} characters, as it is a very long text"] if left > 0 else []


def _unclaimed(what: Said, spoken: Sequence[Finding]) -> list[int]:
    """Places of the words that nothing was made of."""
    claimed = {place for one in spoken for place in what.places(one.start, one.end)}
    return [place for place in range(len(what.words)) if place not in claimed]


def _unused(what: Said, spoken: Sequence[Finding]) -> Iterator[str]:
    """Runs of words that nothing was made of, without those that say nothing at their ends."""
    run: list[int] = []
    for place in [*_unclaimed(what, spoken), len(what.words)]:
        broken = place == len(what.words) or what.words[place].ends_clause
        if run and (broken or place > run[-1] + 1):
            telling = [at for at in run if what.words[at].text not in FILLERS]
            if telling and any(
                what.words[at].text not in ("no", "not", "don", "t") for at in telling
            ):
                yield what.part(telling[0], telling[-1] + 1)
            run = []
        run.append(place)
