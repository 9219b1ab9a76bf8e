"""Which columns a description names, and what for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mle_star.session.wording.cues import (
    AFTER,
    AND,
    BEFORE,
    CLAUSES,
    COLUMN_WORDS,
    COMMON,
    DROP,
    FILLERS,
    FORECASTS,
    GROUP,
    HEAD_ENDS,
    LOOSE,
    OPTION,
    ORDER,
    OTHER,
    TARGET,
    TIME,
    TIME_UNITS,
    WEAK_DROP,
    WEAK_GROUP,
    WEAK_TARGET,
    cue_at,
)
from mle_star.session.wording.names import ALIKE, ENTITY, EXACT, Match, Names
from mle_star.session.wording.words import Finding, Said, is_negated, stem

_QUOTED = re.compile(
    r"\"([^\"\n]{1,200})\"|`([^`\n]{1,200})`|(?<!\w)'([^'\n]{1,200})'(?!\w)"
    "|[\u201c\u201e]([^\u201c\u201d\n]{1,200})[\u201d\u201c]"
)
_SURE = ("leak", "leaks", "leakage", "leaking", "not", "never", "don")
"""First words of cues that are no less meant for a ``no`` or ``not`` before them."""

_UNITS = frozenset(map(stem, TIME_UNITS))
_LONGEST = 14
_ELSEWHERE = 1
"""Words of unknown meaning beside the only column named, for it to be taken as the target."""
_SEVERAL, _MANY = 4, 8
"""Columns that are named where there are many of them, and what is many."""


@dataclass(frozen=True, slots=True)
class _Cue:
    role: str
    start: int
    end: int


@dataclass(slots=True)
class Reader:
    """A description, to be read for the columns that it names.

    Parameters
    ----------
    what : Said
        The description.
    names : Names
        The table's columns.
    dates : tuple of str
        Columns that hold dates: what is meant where words speak of time and name none.
    taken : frozenset of int
        Places of words that were taken for something else, such as a limit.
    """

    what: Said
    names: Names
    dates: tuple[str, ...]
    taken: frozenset[int]
    _named: dict[int, Match] = field(init=False, default_factory=dict)
    _cues: list[_Cue] = field(init=False, default_factory=list)

    def findings(self) -> list[Finding]:
        """What the columns named are taken for, in the order of the text."""
        self._find_quoted()
        self._find_cues()
        found = [finding for place in range(len(self._cues)) for finding in self._spoken(place)]
        places = [place for place in range(1, len(self.what.words)) if place not in self.taken]
        found += [finding for place in places if (finding := self._named_before(place))]
        return sorted(found, key=lambda finding: (finding.start, finding.end))

    def alone(self, found: list[Finding]) -> list[Finding]:
        """The target by the only name that is there for nothing else, if nothing else is said.

        Such as ``customer churn``, or a clause of its own: ``Cover_Type, accuracy``.
        """
        spent = {place for one in found for place in self.what.places(one.start, one.end)}
        matches = [m for m in self._named.values() if m.start not in spent and m.how <= ALIKE]
        matches = [m for m in matches if self._is_clause(m)] or matches
        if len(matches) != 1 or any(cue.role == TARGET for cue in self._cues):
            return []
        [only] = matches
        spent |= set(range(only.start, only.end))
        rest = [w for place, w in enumerate(self.what.words) if place not in spent]
        brief = sum(word.text not in FILLERS for word in rest) <= _ELSEWHERE
        meant = (brief or self._is_clause(only)) and not is_negated(self.what, *only.span)
        return [self._finding(TARGET, only.start, matches)] if meant else []

    def _is_clause(self, match: Match) -> bool:
        words = self.what.words
        begins = match.start == 0 or words[match.start].ends_clause
        return begins and (match.end == len(words) or words[match.end].ends_clause)

    def _find_quoted(self) -> None:
        for quoted in _QUOTED.finditer(self.what.text):
            content = next(group for group in quoted.groups() if group is not None)
            names, places = self.names.exact(content), self.what.places(*quoted.span())
            if names and places:
                self._named[places[0]] = Match(places[0], places[-1] + 1, names, EXACT)

    def _find_cues(self) -> None:
        """Mark cues and names from left to right; the longer of the two counts."""
        place, after_cue = 0, False
        while place < len(self.what.words):
            if place in self.taken:
                place, after_cue = place + 1, False
                continue
            cue, named = cue_at(self.what, place, BEFORE), self._name_at(place, after_cue)
            if named and named.end >= (cue[0] if cue else 0):
                self._named[place] = named
                place, after_cue = named.end, after_cue and self._goes_on(named.end)
            elif cue:
                self._cues.append(_Cue(cue[1], place, cue[0]))
                place, after_cue = cue[0], cue[1] not in (OTHER, ORDER)
            else:
                after_cue = after_cue and self.what.words[place].text in FILLERS
                place += 1

    def _name_at(self, place: int, after_cue: bool) -> Match | None:
        """A name that begins here; of common words only right after a cue that asks for one."""
        if place in self._named:
            return self._named[place]
        named = self.names.at(self.what, place, len(self.what.words))
        if named is None or not self._is_common(named):
            return named
        return named if after_cue and self._ends_phrase(named.end) and named.how == EXACT else None

    def _goes_on(self, place: int) -> bool:
        """Whether a list goes on here."""
        words = self.what.words[place : place + 1]
        return any(word.text in AND or "," in word.gap or "&" in word.gap for word in words)

    def _is_common(self, match: Match) -> bool:
        return match.end - match.start == 1 and self.what.words[match.start].text in COMMON

    def _ends_phrase(self, end: int) -> bool:
        words = self.what.words
        if (
            end >= len(words)
            or words[end].ends_clause
            or words[end].text in AND
            or end in self.taken
        ):
            return True
        return cue_at(self.what, end, BEFORE) is not None

    def _spoken(self, place: int) -> Iterator[Finding]:
        """What is made of one cue and the words after it."""
        cue = self._cues[place]
        words = self.what.words
        if cue.role == OTHER:
            return
        asks = words[cue.end - 1].text in CLAUSES
        later = (c.start for c in self._cues[place + 1 :] if not asks or c.role != OTHER)
        stop = next(later, len(words))
        if words[cue.start].text not in _SURE and is_negated(self.what, cue.start, cue.end):
            return
        stops = (k for k in range(cue.end, stop) if k in self.taken or words[k].ends_sentence)
        stop = next(stops, stop)
        matches = list(self._listed(cue, stop))
        if cue.role == ORDER or words[cue.start].text in FORECASTS:
            yield self._order(cue, matches if cue.role == ORDER else [])
        if matches and cue.role != ORDER:
            yield self._finding(cue.role, cue.start, matches)

    def _listed(self, cue: _Cue, stop: int) -> Iterator[Match]:
        """The columns listed after a cue; after the first one only whole names count."""
        items = self._items(cue.end, stop)
        first = self._first(cue.role, *items[0]) if items else None
        if first is None:
            return
        yield first
        if first.end < self._trimmed(*items[0])[1]:
            return  # "drop a because of b, c"
        for start, end in items[1:]:
            match = self._whole(start, end, ALIKE)
            if match is None:
                return
            yield match

    def _items(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Parts of a list, without the words that join them."""
        words, items, begun, place = self.what.words, [], start, start
        while place < stop:
            joins = words[place].text in AND
            if joins or (place > start and self._goes_on(place)):
                items.append((begun, place))
                begun = place + joins
            inside = self._named.get(place) if not joins else None
            place = inside.end if inside else place + 1
        return [(a, b) for a, b in [*items, (begun, stop)] if a < b]

    def _first(self, role: str, start: int, end: int) -> Match | None:
        """The column that the first item after a cue names."""
        named = [m for at, m in sorted(self._named.items()) if start <= at < end]
        bracketed = [m for m in named if "(" in self.what.words[m.start].gap]
        if role == ORDER:
            return bracketed[0] if bracketed else None
        loosest = ENTITY if role in (GROUP, WEAK_GROUP) else ALIKE
        begin, stop = self._trimmed(start, end)
        direct = (self._whole(start, end, loosest), self._anchored(begin, stop, loosest))
        found = sorted([m for m in (*direct, *bracketed) if m], key=lambda match: match.how)
        if role == WEAK_GROUP:
            return found[0] if found and not self._is_rate(found[0]) else None
        return found[0] if found else self._inside(named) or self._part(role, begin, stop, end)

    def _inside(self, named: list[Match]) -> Match | None:
        """A name in the midst of other words; of several it cannot be told which."""
        best = [m for m in named if m.how == min(n.how for n in named)]
        names = tuple(dict.fromkeys(name for match in best for name in match.names))
        return Match(best[0].start, best[-1].end, names, best[0].how) if best else None

    def _part(self, role: str, begin: int, stop: int, end: int) -> Match | None:
        """Columns whose names hold the words of an item: all of them, or what is predicted."""
        words = self.what.words
        named = any(words[place].text in COLUMN_WORDS for place in range(begin, end))
        if role in (DROP, TIME) or (role == WEAK_DROP and named):
            return self.names.part(self.what, begin, stop)
        if role != TARGET or begin >= stop:
            return None
        ends = (place for place in range(begin, stop) if words[place].text in HEAD_ENDS)
        head = next(ends, stop)
        starts = [at for at in (begin, head - 1) if at < head]
        parts = (self.names.part(self.what, at, head, ids=False) for at in starts)
        return next((part for part in parts if part), None)

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        """An item without the articles and the like around it."""
        words = self.what.words
        while start < end and words[start].text in FILLERS and start not in self._named:
            start += 1
        while start < end - 1 and words[end - 1].text in FILLERS and not self._holds(end - 1):
            end -= 1
        return start, end

    def _holds(self, place: int) -> bool:
        return any(match.start <= place < match.end for match in self._named.values())

    def _whole(self, start: int, end: int, loosest: int) -> Match | None:
        """The column that an item names, with or without the articles around it."""
        for begin, stop in ((start, end), self._trimmed(start, end)):
            quoted = self._named.get(begin)
            if quoted and quoted.end == stop:
                return quoted
            if found := self.names.whole(self.what, begin, stop, how=loosest):
                return found
        return None

    def _anchored(self, begin: int, stop: int, loosest: int) -> Match | None:
        """The column that the first words of an item name."""
        if begin in self._named:
            return self._named[begin]
        match = self.names.at(self.what, begin, stop, how=loosest)
        return None if match is None or self._is_common(match) else match

    def _is_rate(self, match: Match) -> bool:
        return stem(self.what.words[match.end - 1].text) in _UNITS

    def _named_before(self, place: int) -> Finding | None:
        """What is made of a name that stands before a cue, such as ``churn prediction``."""
        cue = cue_at(self.what, place, AFTER)
        if cue is None or self.what.words[place].ends_clause:
            return None
        match = self._up_to(place, cue)
        if match is None or is_negated(self.what, match.start, cue[0]):
            return None
        found = self._finding(cue[1], match.start, [match])
        return replace(found, end=self.what.words[cue[0] - 1].end)

    def _up_to(self, place: int, cue: tuple[int, str]) -> Match | None:
        """The longest name that ends where a cue begins."""
        first = max(0, place - _LONGEST)
        first = max((k + 1 for k in range(first, place) if k in self.taken), default=first)
        loosest = ENTITY if cue[1] == GROUP else ALIKE
        for start in range(first, place):
            match = self.names.whole(self.what, start, place, how=loosest)
            if match and (cue[0] > place + 1 or not self._is_common(match)):
                return match
        loose = (
            self.what.words[place].text in LOOSE and self.what.words[place - 1].text not in COMMON
        )
        if not loose or first >= place:
            return None
        return self.names.part(self.what, place - 1, place, ids=False)

    def _order(self, cue: _Cue, bracketed: list[Match]) -> Finding:
        """Order in time: by the column named, by one called time, by the only one with dates."""
        if bracketed:
            return self._finding(TIME, cue.start, bracketed)
        spoken = [self.what.words[place].text for place in range(cue.start, cue.end)]
        named = self.names.exact("time") if "time" in spoken else ()
        names = named if len(named) == 1 else self.dates if len(self.dates) == 1 else ()
        span = (self.what.words[cue.start].start, self.what.words[cue.end - 1].end)
        shown = names[0] if names else "order in time, as the data shows it"
        return Finding(TIME, names or None, *span, shown)

    def _finding(self, role: str, start: int, matches: list[Match]) -> Finding:
        """Columns as the value of an option; what is not clear is told instead."""
        key, doubt = OPTION.get(role, role), ""
        names = tuple(dict.fromkeys(name for match in matches for name in match.names))
        end = max(match.end for match in matches)
        span = (self.what.words[start].start, self.what.words[end - 1].end)
        unclear = next((match for match in matches if len(match.names) > 1), None)
        if unclear and not (key == DROP and self._means_all(start, end)):
            doubt = f"{self.what.part(unclear.start, unclear.end)!r} may be {_some(unclear.names)}"
        elif len(names) > 1 and key in (GROUP, TIME):
            doubt = f"{self.what.part(start, end)!r} names several columns, {_some(names)}"
        if role == WEAK_GROUP and names[0] in self.dates:
            key = TIME
        strong = role not in (WEAK_TARGET, WEAK_GROUP)
        return Finding(key, names, *span, _shown(names), doubt, strong)

    def _means_all(self, start: int, end: int) -> bool:
        return any(self.what.words[place].text in ("all", "every") for place in range(start, end))


def _some(names: tuple[str, ...]) -> str:
    more = f" or {len(names) - _SEVERAL} more" if len(names) > _SEVERAL else ""
    return " or ".join(map(repr, names[:_SEVERAL])) + more


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SEVERAL} more" if len(names) > _MANY else ""
    return ", ".join(names[:_SEVERAL] if more else names) + more
