"""The words of a description: split, stemmed, and which of them say nothing by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_ENDS_CLAUSE = re.compile(r"[,;!?\n()]|[.:](?:\s|$)|\s[-\u2013]+\s|\u2014")
_ENDS_SENTENCE = re.compile(r"[;!?\n]|[.](?:\s|$)|\s[-\u2013]+\s|\u2014")
_SUFFIXES = (
    *("ations", "ation", "ating", "ated", "ates", "ate"),
    *("ings", "ing", "als", "al", "ers", "er", "ors", "or", "ed"),
)
_PLURALS = ("es", "s", "e")
_SHORTEST = dict.fromkeys(_SUFFIXES, 4) | {"es": 3, "s": 3, "e": 3}


def vocabulary(text: str) -> frozenset[str]:
    """The words of a list of words."""
    return frozenset(text.split())


EMPTY = vocabulary(
    """a about accurate again all also always am an and any are as at be been being best better but
    by can could d data dataset did do does during each every few file find for from get give given
    gives good has have having he help here how i if in into is it its just keep kindly let like ll
    make many may me might more most much must my need needed needs of on one only or our out
    over per please possible quite rather really row rows run should so some such table than that
    the their them then there these they this those to train training try upon us use used using
    very want was we well were what when where whether which while who will with would you your"""
)
"""Words that say nothing by themselves."""

JUDGED = vocabulary(
    """judge judged measure measured score scored evaluate evaluated assess assessed rank ranked
    optimise optimised optimising optimize optimized optimizing maximise
    maximised maximising maximize maximized maximizing minimise minimised minimising minimize
    minimized minimizing metric"""
)
"""Words before a metric that say it is the one that counts."""

_NOT = vocabulary("not never cannot avoid nor neither")
_NO = vocabulary("no without ignore ignoring exclude excluding skip drop")
_INSTEAD = frozenset([("instead", "of"), ("rather", "than"), ("other", "than")])
_CONTRACTED = vocabulary("don doesn didn isn aren won shouldn mustn wouldn can couldn")
_REFUSED_AFTER = re.compile(
    r"\s*(?:score|metric)?\s*(?:is|are|does|do|was|should|must|need|would be|will be)"
    r"(?:n['\u2019]?t\b| not\b| no\b| never\b| irrelevant| unimportant| misleading| useless)",
    re.IGNORECASE,
)
_PAIRS = (("(", ")"), ("`", "`"), ('"', '"'), ("'", "'"), ("\u201c", "\u201d"))
_NOT_REACH, _NO_REACH = 5, 2


@dataclass(frozen=True, slots=True)
class Word:
    """One word or number of a description.

    Parameters
    ----------
    text : str
        In one case.
    start, end : int
        Where it stands in the text.
    gap : str
        What stands between it and the word before.
    """

    text: str
    start: int
    end: int
    gap: str

    @property
    def ends_clause(self) -> bool:
        """Whether a comma, a bracket or more stands before it."""
        return bool(_ENDS_CLAUSE.search(self.gap))

    @property
    def ends_sentence(self) -> bool:
        """Whether a full stop, a semicolon or a dash stands before it."""
        return bool(_ENDS_SENTENCE.search(self.gap))

    @property
    def glued(self) -> bool:
        """Whether it goes on with the word before, as in ``20min`` or ``total_charges``."""
        return self.gap in ("", "_")


@dataclass(frozen=True, slots=True)
class Said:
    """A description, split into words.

    Parameters
    ----------
    text : str
        With compatible characters made plain.
    words : tuple of Word
        In order.
    """

    text: str
    words: tuple[Word, ...]

    def part(self, start: int, end: int) -> str:
        """The text from a word to before another."""
        return self.text[self.words[start].start : self.words[end - 1].end] if start < end else ""

    def quoted(self, start: int, end: int) -> str:
        """A part of the text, with the quote or bracket around a name that it begins or ends in."""
        for opening, closing in _PAIRS:
            part = self.text[start:end]
            opened = part.count(opening) - (part.count(closing) if opening != closing else 0)
            before = start > 0 and self.text[start - 1] == opening
            after = self.text[end : end + 1] == closing
            odd = opened % 2 == 1 if opening == closing else opened > 0
            if after and (odd or (before and opened == 0)):
                end += 1
            if before and (self.text[start:end].count(closing) % 2 == 1):
                start -= 1
        return self.text[start:end]

    def places(self, start: int, end: int) -> range:
        """The words that begin within a part of the text."""
        inside = [place for place, word in enumerate(self.words) if start <= word.start < end]
        return range(inside[0], inside[-1] + 1) if inside else range(0)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that words of a description were taken for.

    Parameters
    ----------
    key : str
        Key of the option, or name of the constraint.
    value : object
        As the option takes it; columns as a tuple of names; None: nothing to set.
    start, end : int
        Where the words stand in the text.
    shown : str
        The value in words.
    doubt : str, default ""
        Why nothing was taken, where the words may mean several things.
    strong : bool, default False
        Whether the words around say that this is what is meant.
    """

    key: str
    value: Any
    start: int
    end: int
    shown: str
    doubt: str = ""
    strong: bool = False


def normal(text: str) -> str:
    """One form of a text: compatible characters become the plain ones."""
    return unicodedata.normalize("NFKC", text)


def said(text: str) -> Said:
    """Split a description."""
    plain = normal(text)
    return Said(plain, tuple(words_in(plain)))


def words_in(text: str) -> list[Word]:
    """Split a text into words and numbers; ``20min`` is two, ``2.5`` is one."""
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(text):
        gap = text[end : match.start()] if found else ""
        found.append(Word(match.group().casefold(), match.start(), match.end(), gap))
        end = match.end()
    return found


def key_of(text: str) -> str:
    """A name without case and separators: ``Total-Charges`` and ``total_charges`` are one."""
    return "".join(character for character in text.casefold() if character.isalnum())


def stem(word: str) -> str:
    """A word without its English ending.

    Examples
    --------
    >>> [stem(word) for word in ("prices", "price", "cancelled", "cancellation", "survival")]
    ['pric', 'pric', 'cancel', 'cancel', 'surviv']
    """
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    for suffix in (*_SUFFIXES, *_PLURALS):
        cut = word[: -len(suffix)]
        if word.endswith(suffix) and len(cut) >= _SHORTEST[suffix] and not word.endswith("ss"):
            word = cut
            break
    return word[:-1] if len(word) > 3 and word[-1:] == word[-2:-1] else word


def is_bounded(words: Sequence[Word], start: int, end: int) -> bool:
    """Whether the words from `start` to before `end` are no part of a longer name."""
    if start > 0 and words[start].glued:
        return False
    return end >= len(words) or not words[end].glued


def is_negated(what: Said, start: int, end: int) -> bool:
    """Whether a description says that the words from `start` to before `end` are not meant."""
    words = what.words
    if _REFUSED_AFTER.match(what.text, words[end - 1].end):
        return True
    for back in range(1, _NOT_REACH + 1):
        at = start - back
        if at < 0 or words[at + 1].ends_clause or words[at].text in ("but", "and"):
            return False
        if _says_not(words, at) or (back <= _NO_REACH and _says_no(words, at)):
            return True
        if words[at].text in JUDGED:  # "must not leak, judged by F1" is no word against F1
            at -= sum(word.text in ("be", "to") for word in words[max(0, at - 2) : at])
            return at > 0 and _says_not(words, at - 1)
    return False


def _says_not(words: Sequence[Word], at: int) -> bool:
    contracted = words[at].text == "t" and at > 0 and words[at - 1].text in _CONTRACTED
    return words[at].text in _NOT or contracted


def _says_no(words: Sequence[Word], at: int) -> bool:
    before = words[at - 1].text if at else ""
    return words[at].text in _NO or (before, words[at].text) in _INSTEAD
