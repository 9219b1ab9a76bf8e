"""Limits that a description sets: time, candidates, latency, cores, and the seed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from mle_star.session.wording.words import Finding

_NUMBERS = {
    "a": 1.0, "an": 1.0, "one": 1.0, "single": 1.0, "two": 2.0, "three": 3.0, "four": 4.0,
    "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0,
    "twelve": 12.0, "fifteen": 15.0, "sixteen": 16.0, "twenty": 20.0, "thirty": 30.0,
    "forty": 40.0, "forty five": 45.0, "fifty": 50.0, "sixty": 60.0, "ninety": 90.0,
    "hundred": 100.0, "a hundred": 100.0, "half a": 0.5, "half an": 0.5, "half": 0.5,
    "quarter of an": 0.25, "a quarter of an": 0.25, "a half": 0.5,
}  # fmt: skip
_SECONDS = {"ms": 0.001, "m": 60.0, "s": 1.0, "h": 3600.0}
_MINUTE = 60.0
_DIGITS = r"\d+(?:[.,]\d+)*"
_SPELT = "|".join(sorted((n.replace(" ", "[ -]") for n in _NUMBERS), key=len, reverse=True))
_APART = r"(?<![\w.])(?<!\d,)"
_NUMBER = rf"{_APART}(?:{_DIGITS}|(?:{_SPELT})(?=[\s-]))"
_LONG = r"milliseconds?|millisecs?|msecs?|seconds?|secs?|minutes?|mins?|hours?|hrs?"
_CLOCK = r"(?P<h>\d{1,3})\s*h\s*(?P<m>\d{1,2})\s*(?:minutes?|mins?|m)?(?![\w%])(?!\s*s)"
_DURATION = re.compile(
    rf"{_APART}{_CLOCK}|(?P<n>{_NUMBER})[\s-]*(?P<u>(?:{_LONG}|ms|s|h)(?![\w%]))", re.IGNORECASE
)
_AND_MORE = re.compile(r"\s*(?:,|and)?\s*")
_AND_A_HALF = re.compile(r"\s+and\s+a\s+half\b", re.IGNORECASE)

_NO_LIMIT = re.compile(
    r"(?<!\w)(?:at least|not (?:under|below)|more than|longer than|over|above|beyond|last|past"
    r"|previous|next|coming|following|every|each|after|before|older than|first|top|best)"
    r"(?:\s+(?:the|a|an))?[\s(]*$",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?<!\w)(?:within|in|under|below|at most|(?:no|not) (?:more|longer|later) than"
    r"|not (?:over|above)|less than|fewer than|faster than|up to|upto|only|max(?:imum)?(?: of)?"
    r"|(?:time )?budget|(?:time )?limit|limited to|for|spend|spending|takes?|run|running|have|use"
    r"|using|try|trying|judge|evaluate|test|compare|stop after|done in|on|with|about|around"
    r"|roughly|<=?|\u2264)"
    r"(?:\s+(?:of|is|to|about|around|roughly|just|only|the|a|an|than|most))*[\s:=(~]*$",
    re.IGNORECASE,
)
_LIMIT_AFTER = re.compile(
    r"\s*(?:at (?:the )?most|at max|max(?:imum)?\b|tops|or (?:less|fewer|faster)|budget|limit"
    r"|time (?:budget|limit)|are enough|is enough|will do|in all|in total|altogether)",
    re.IGNORECASE,
)
_NO_LIMIT_AFTER = re.compile(
    r"[\s-]*(?:ahead|later|ago|before|after|old|earlier|in advance|horizons?|windows?|intervals?"
    r"|lags?|steps?|resolution|averages?|forecasts?|bins?|flights?|trips?|delays?|of (?!work|comp"
    r"|train|search|cpu))",
    re.IGNORECASE,
)
_ALONE_BEFORE = re.compile(r"(?:^|[,;.:!?\n(]|\band)\s*$", re.IGNORECASE)
_ALONE_AFTER = re.compile(r"\s*(?:$|[,;.:!?\n)]|and\b)", re.IGNORECASE)
_EACH_AFTER = re.compile(
    r"\s*(?:(?:per|a|an|each|every|/|for (?:a|one|each|every))\s*(?:single\s+)?"
    r"(?:predict|row|request|call|quer|record|sample|infer|item|answer|transact|event|example|image)"
    r"|latency|response)",
    re.IGNORECASE,
)
_EACH_BEFORE = re.compile(
    r"(?<!\w)(?:latency|latencies|respon[ds]\w*|inference|predictions?|predicts?|answers?)"
    r"(?:\s+(?:times?|is|are|be|must|should|to|takes?|made|comes?|back|of|single|one|row|each|in"
    r"|within))*"
    r"[\s:=]*$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:a|one)\s+second", re.IGNORECASE)
_COUNTED = {
    "evaluations": re.compile(
        rf"(?P<n>{_NUMBER})[\s-]+(?:different\s+|more\s+)?(?P<what>candidates?|evaluations?|trials?"
        r"|models|solutions|pipelines|configurations|experiments|attempts)\b"
        r"|\b(?P<is>evaluations|candidates|trials)\s*[:=]\s*(?P<m>\d+)\b",
        re.IGNORECASE,
    ),
    "jobs": re.compile(
        rf"(?P<n>{_NUMBER})[\s-]+(?:cpu\s+|processor\s+|physical\s+)?(?P<what>cores?|cpus?"
        r"|processors?|workers?|threads?|processes|jobs)\b"
        r"|\b(?:n_)?(?P<is>cores|cpus|workers|threads|processes|jobs)\s*[:=]\s*(?P<m>\d+)\b",
        re.IGNORECASE,
    ),
}
_PLAINLY_COUNTED = ("candidate", "evaluation", "trial", "core", "cpu")
_SEED = re.compile(
    r"\b(?:random[\s_-]*(?:seed|state)|seed)(?:\s+(?:of|is|number|to))?[\s:=]*(?P<n>\d{1,9})\b",
    re.IGNORECASE,
)
_LONGEST = 24 * 3600.0
"""Seconds above which a duration is no time budget but something of the data's."""
_MOST = 1_000_000_000
_CLAUSE = re.compile(r"[,;!?\n]|[.](?:\s|$)")


def limits(text: str) -> list[Finding]:
    """Time budget, latency, evaluations, workers and seed that a description sets."""
    found = [*_durations(text), *_counts(text)]
    for match in _SEED.finditer(text):
        found.append(Finding("seed", int(match["n"]), *match.span(), match["n"]))
    return found


def _durations(text: str) -> Iterator[Finding]:
    for start, end, seconds, unit in _spans(text):
        before, after = _before(text, start), text[end:]
        each = _EACH_AFTER.match(after)
        refused = _NO_LIMIT.search(before) and not _LIMIT.search(before)
        if refused or not (each or _is_limit(before, after)):
            continue
        if _ORDINAL.fullmatch(text, start, end) and not each and not _ALONE_AFTER.match(after):
            continue  # "with a second model"
        begin = start - len(before) + _cue(before)
        named = _EACH_BEFORE.search(before[: _cue(before)])
        if each or unit < 1 or (named and seconds < _MINUTE):
            begin = start - len(before) + named.start() if named else begin
            stop = _word_end(text, end + (each.end() if each else 0))
            value = round(1000 * seconds, 6)
            yield Finding("latency_ms", value, begin, stop, f"{value:g} ms a prediction")
        elif 1 <= seconds <= _LONGEST:
            yield Finding("time_budget", seconds, begin, _tail(text, end), f"{seconds:g} s")


def _spans(text: str) -> Iterator[tuple[int, int, float, float]]:
    """Start, end, seconds and smallest unit of each duration; ``1 hour 30 minutes`` is one."""
    span: tuple[int, int, float, float] | None = None
    for start, end, seconds, unit in _pieces(text):
        if span and unit < span[3] and _AND_MORE.fullmatch(text, span[1], start):
            span = (span[0], end, span[2] + seconds, unit)
            continue
        if span:
            yield span
        span = (start, end, seconds, unit)
    if span:
        yield span


def _pieces(text: str) -> Iterator[tuple[int, int, float, float]]:
    for match in _DURATION.finditer(text):
        if match["h"]:
            yield *match.span(), 3600.0 * int(match["h"]) + 60.0 * int(match["m"]), _MINUTE
            continue
        amount = number(match["n"])
        if amount is None:
            continue
        unit = match["u"].lower()
        size = _SECONDS["ms" if unit.startswith(("ms", "milli")) else unit[0]]
        half = _AND_A_HALF.match(text, match.end())
        end = half.end() if half else match.end()
        yield match.start(), end, (amount + (0.5 if half else 0.0)) * size, size


def _counts(text: str) -> Iterator[Finding]:
    for key, pattern in _COUNTED.items():
        for match in pattern.finditer(text):
            amount = number(match["n"] or match["m"])
            if amount is None or amount % 1 or not 1 <= amount <= _MOST:
                continue
            before, after = _before(text, match.start()), text[match.end() :]
            plain = (match["what"] or match["is"]).lower().startswith(_PLAINLY_COUNTED)
            limited, refused = _is_limit(before, after), _NO_LIMIT.search(before)
            if (limited or match["is"] or plain) and (_LIMIT.search(before) or not refused):
                begin = match.start() - len(before) + _cue(before)
                yield Finding(key, int(amount), begin, _tail(text, match.end()), f"{int(amount)}")


def number(text: str) -> float | None:
    """A number as people write it, in digits or in words; None if it is none.

    Examples
    --------
    >>> number("1,000"), number("2,5"), number("half an"), number("1.2.3")
    (1000.0, 2.5, 0.5, None)
    """
    spelt = _NUMBERS.get(" ".join(re.split(r"[\s-]+", text.lower().strip())))
    if spelt is not None:
        return spelt
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_limit(before: str, after: str) -> bool:
    """Whether the words around a duration say that it is the most there may be."""
    if _NO_LIMIT_AFTER.match(after):
        return False
    alone = _ALONE_BEFORE.search(before) and _ALONE_AFTER.match(after)
    return bool(_LIMIT.search(before) or alone or _LIMIT_AFTER.match(after))


def _before(text: str, at: int) -> str:
    """What stands before a place, back to the last comma or full stop."""
    start = max((m.end() for m in _CLAUSE.finditer(text, max(0, at - 80), at)), default=None)
    return text[max(0, at - 80) if start is None else start : at]


def _cue(before: str) -> int:
    """Where in the words before a limit the limit is begun to be spoken of."""
    match = _LIMIT.search(before)
    return match.start() if match else len(before)


def _tail(text: str, end: int) -> int:
    """Where words such as ``at most`` after a limit end."""
    match = _LIMIT_AFTER.match(text, end)
    return _word_end(text, match.end()) if match else end


def _word_end(text: str, at: int) -> int:
    while at < len(text) and text[at].isalnum():
        at += 1
    return at
