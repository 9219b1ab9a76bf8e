"""Words of texts and queries, and their ranking where there is no full-text index."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from operator import mul

_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_LONGEST_QUERY, _MOST_WORDS, _LONGEST_WORD = 10_000, 64, 100
_SATURATION, _LENGTH = 1.2, 0.75
"""k1 and b of BM25, those of SQLite's FTS5."""


def words(text: str) -> list[str]:
    """Words of a text: runs of letters and digits, without case and accents."""
    if not text.isascii():
        bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", bare)
    return _WORD.findall(text.lower())


def wanted(query: str) -> list[str]:
    """Distinct words that a query asks for, as beginnings of words; no more than can matter."""
    found = dict.fromkeys(words(query.strip()[:_LONGEST_QUERY]))
    return [word[:_LONGEST_WORD] for word in list(found)[:_MOST_WORDS]]


def rank(asked: Sequence[str], texts: Sequence[str]) -> list[int]:
    """Places of the texts that hold all asked words, or else any: best first, then latest first.

    The score is BM25 (Robertson and Zaragoza 2009), a word's frequency being that of all words
    that it begins.
    """
    split = [words(text) for text in texts]
    counts = [[sum(w.startswith(a) for w in text) for a in asked] for text in split]
    holding = [sum(row[place] > 0 for row in counts) for place in range(len(asked))]
    rarity = [max(1e-6, math.log((len(texts) - n + 0.5) / (n + 0.5))) for n in holding]
    mean = sum(map(len, split)) / max(1, len(split)) or 1.0

    def score(place: int) -> float:
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * len(split[place]) / mean)
        shares = [n * (_SATURATION + 1) / (n + norm) for n in counts[place]]
        return math.fsum(map(mul, rarity, shares))

    full = [place for place, row in enumerate(counts) if row and all(row)]
    found = full or [place for place, row in enumerate(counts) if any(row)]
    return sorted(found, key=lambda place: (-score(place), -place))
