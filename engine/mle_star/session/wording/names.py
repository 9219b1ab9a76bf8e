"""The columns of a table, found by the words that people use for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mle_star.session.wording.words import (
    EMPTY,
    Said,
    is_bounded,
    key_of,
    normal,
    stem,
    vocabulary,
    words_in,
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEADING = vocabulary("is has had was did does will")
_TRAILING = vocabulary("flag ind indicator yn")
_ENTITY = vocabulary("id ids no nr num number code key uuid uid identifier index ref")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_APART = re.compile(r"[,;!?\n]|[.:]\s|\s[-\u2013(]|\u2014")
_SPECIAL = re.compile(r"[,\"\r\n]")
_LONGEST = 14
EXACT, ALIKE, ENTITY, PART = range(4)
"""How a column was found: by its name, an inflection, its name less ``id``, some of its words."""


@dataclass(frozen=True, slots=True)
class Match:
    """Words that name a column.

    Parameters
    ----------
    start, end : int
        The first word, and the one after the last.
    names : tuple of str
        The columns they may mean; several: it cannot be told which.
    how : int
        :data:`EXACT`, :data:`ALIKE`, :data:`ENTITY` or :data:`PART`.
    """

    start: int
    end: int
    names: tuple[str, ...]
    how: int

    @property
    def span(self) -> tuple[int, int]:
        """The first word, and the one after the last."""
        return self.start, self.end


class Names:
    """The names of a table's columns.

    Parameters
    ----------
    columns : sequence of str
        As they stand in the file.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._by_key: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        self._by_entity: dict[str, list[str]] = {}
        self._stems: dict[str, frozenset[str]] = {}
        self._entities: dict[str, frozenset[str]] = {}
        for name in dict.fromkeys(columns):
            self._add(name)

    def exact(self, text: str) -> tuple[str, ...]:
        """Columns of a name as it was quoted; letter by letter if there is one, else alike."""
        stripped = normal(text).strip()
        found = self._by_key.get(key_of(stripped), [])
        same = [name for name in found if normal(name).strip() == stripped]
        return tuple(same or found)

    def at(self, what: Said, start: int, stop: int, *, how: int = ALIKE) -> Match | None:
        """The longest name that begins at a word.

        Parameters
        ----------
        what : Said
            The description.
        start, stop : int
            The first word, and where to stop looking.
        how : int, default ALIKE
            The loosest way in which a name may be found.
        """
        words = what.words
        best, key, stems, joined = None, "", "", True
        for end in range(start, min(stop, start + _LONGEST)):
            joined = joined and (end == start or not _APART.search(words[end].gap))
            key += key_of(words[end].text)
            stems += stem(words[end].text)
            if not is_bounded(words, start, end + 1):
                continue
            spelt = what.part(start, end + 1)
            if joined:
                found = self._found(key, stems, how)
                best = (
                    Match(start, end + 1, self._meant(found[0], spelt), found[1]) if found else best
                )
            elif names := [n for n in self._by_key.get(key, []) if _bare(n) == spelt]:
                best = Match(start, end + 1, tuple(names), EXACT)
        return best

    def whole(self, what: Said, start: int, end: int, *, how: int = ALIKE) -> Match | None:
        """The column that all of these words together name."""
        match = self.at(what, start, end, how=how) if start < end else None
        return match if match and match.end == end else None

    def part(self, what: Said, start: int, end: int, *, ids: bool = True) -> Match | None:
        """The columns whose names hold all of these words.

        Parameters
        ----------
        what : Said
            The description.
        start, end : int
            The first word, and the one after the last.
        ids : bool, default True
            Whether ``customer`` may be the customer's number.
        """
        wanted = frozenset(stem(word.text) for word in what.words[start:end])
        if all(word.text in EMPTY for word in what.words[start:end]):
            return None
        found = tuple(
            name
            for name, stems in self._stems.items()
            if wanted <= stems and (ids or wanted.isdisjoint(self._entities.get(name, ())))
        )
        return Match(start, end, found, PART) if found else None

    def _add(self, name: str) -> None:
        key = key_of(normal(name))
        if not key:
            return
        words = [word.text for word in words_in(_CAMEL.sub(" ", normal(name)))]
        self._by_key.setdefault(key, []).append(name)
        self._stems[name] = frozenset(stem(word) for word in words)
        for plain in (words, _stripped(words)):
            known = self._by_stem.setdefault("".join(map(stem, plain)), [])
            if name not in known:
                known.append(name)
        entity = _less_id(words)
        if entity and entity != words:
            self._by_entity.setdefault("".join(map(stem, entity)), []).append(name)
            self._entities[name] = frozenset(map(stem, entity))

    def _found(self, key: str, stems: str, how: int) -> tuple[list[str], int] | None:
        places = ((self._by_key, key, EXACT), (self._by_stem, stems, ALIKE))
        for index, wanted, tier in (*places, (self._by_entity, stems, ENTITY)):
            if tier <= how and wanted in index:
                return index[wanted], tier
        return None

    def _meant(self, names: Sequence[str], spelt: str) -> tuple[str, ...]:
        """Of names that differ in case or separators only, the one that is spelt so."""
        same = [name for name in names if _bare(name) == spelt]
        return tuple(same if len(same) == 1 else names)


def joined(columns: Iterable[str]) -> str:
    """Column names in one line, as :func:`mle_star.session.settings.names` reads them."""
    return ",".join(dict.fromkeys(_escaped(name) for name in columns))


def _escaped(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if _SPECIAL.search(name) else name


def _bare(name: str) -> str:
    return _EDGES.sub("", normal(name))


def _stripped(words: list[str]) -> list[str]:
    """``is canceled`` and ``Recommended IND`` without what only says that they are flags."""
    if len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return words[:-1] if len(words) > 1 and words[-1] in _TRAILING else words


def _less_id(words: list[str]) -> list[str]:
    while words and words[-1] in _ENTITY:
        words = words[:-1]
    return words[1:] if words and words[0] in _ENTITY else words
