"""Records of the store for a person: a table of each kind, a line of each record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mle_star.report.sections import Section
from mle_star.report.words import count, number, p_value, signed, took
from mle_star_memory.store import Record

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH = 100
_LONGEST = 400

_COLUMNS = {
    "stage": ("task", "status", "summary", "seconds>"),
    "search": ("role", "recipe", "score>", "reason"),
    "candidate": ("name", "score>", "spread>", "rows>", "seconds>", "failure"),
    "ablation": ("step>", "role", "neutral", "effect>", "p_value>", "impact"),
    "refinement": ("step>", "role", "plan", "gain>", "accepted", "reason"),
    "ensemble": ("strategy", "score>", "members", "weights", "chosen"),
    "metric": ("score_of", "score>", "spread>", "rows>"),
    "gate": ("gate", "verdict", "measured", "threshold"),
    "artifact": ("path", "what"),
}
"""What is shown of a kind; ``>`` aligns to the right. Of others all is shown, a line a fact."""
_FORMS = {"seconds": took, "p_value": p_value, "gain": signed, "effect": signed}


def sections(records: Sequence[Record]) -> list[Section]:
    """One section a kind, in the order in which the kinds came up."""
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.kind, []).append(record)
    return [_section(kind, found) for kind, found in kinds.items()]


def line(record: Record) -> str:
    """One record as a line."""
    headers = _COLUMNS.get(record.kind)
    facts = zip(headers, _cells(record, headers), strict=True) if headers else _facts(record)
    return ", ".join(f"{name.rstrip('>')} {cell}" for name, cell in facts if cell != "-")


def console() -> Console:
    """Standard output, wide enough for tables where it is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)


def _section(kind: str, records: list[Record]) -> Section:
    title = count(len(records), f"{kind} record")
    if headers := _COLUMNS.get(kind):
        rows = tuple(_cells(record, headers) for record in records)
        return Section(title, headers=headers, rows=rows)
    facts = [fact for record in records for fact in _facts(record) if fact[1] != "-"]
    return Section(title, headers=("", ""), rows=tuple(facts))


def _cells(record: Record, headers: tuple[str, ...]) -> tuple[str, ...]:
    names = [header.rstrip(">") for header in headers]
    return tuple(_cell(record.content.get(name), _FORMS.get(name, number)) for name in names)


def _facts(record: Record) -> list[tuple[str, str]]:
    """Names and values of nested facts, a line each."""
    found: list[tuple[str, str]] = []

    def add(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(f"{name} {key}".strip(), inner)
        else:
            found.append((name, _cell(value)))

    add("", record.content)
    return found


def _cell(value: Any, form: Callable[[float], str] = number) -> str:
    """A plain value as a person reads it."""
    match value:
        case None | "" | []:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return form(value)
        case list():
            text = ", ".join(_cell(entry) for entry in value)
        case dict():
            text = ", ".join(f"{key} {_cell(entry)}" for key, entry in value.items())
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
