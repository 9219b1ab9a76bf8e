"""A reversible rename at the door: hostile column names become identifiers, and come back."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Sequence

_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_LONGEST = 40


def safe_names(originals: Sequence[str]) -> dict[str, str]:
    """Give every column a name that is a plain identifier.

    Parameters
    ----------
    originals : sequence of str
        Distinct names as they stand in the file; anything at all.

    Returns
    -------
    dict of str to str
        Original to safe name, in order; no two safe names are equal, and a name that is already
        safe stays. Swap keys and values to go back.

    Examples
    --------
    >>> safe_names(["age", "Review Text", "class", ""])
    {'age': 'age', 'Review Text': 'Review_Text', 'class': 'class_', '': 'column'}
    """
    taken = {name for name in originals if _is_safe(name)}
    safe: dict[str, str] = {}
    last: dict[str, int] = {}
    for original in originals:
        if _is_safe(original):
            safe[original] = original
            continue
        stem = _identifier(original)
        candidate = stem
        while candidate in taken:
            last[stem] = last.get(stem, 1) + 1
            candidate = f"{stem}_{last[stem]}"
        taken.add(candidate)
        safe[original] = candidate
    return safe


def _is_safe(name: str) -> bool:
    reserved = keyword.iskeyword(name) or keyword.issoftkeyword(name)
    return _SAFE.fullmatch(name) is not None and not reserved


def _identifier(original: str) -> str:
    plain = unicodedata.normalize("NFKD", original[: 4 * _LONGEST]).encode("ascii", "ignore")
    stem = re.sub(r"[^A-Za-z0-9]+", "_", plain.decode()).strip("_")[:_LONGEST].rstrip("_")
    if not stem:
        return "column"
    if not stem[0].isalpha():
        return f"column_{stem}"
    return stem if _is_safe(stem) else f"{stem}_"
