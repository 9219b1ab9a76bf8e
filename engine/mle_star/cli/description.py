"""What a description in words is taken for, shown back before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.report.sections import Section
from mle_star.session.brief import Brief, merged, understand
from mle_star.session.stages import Stages


@dataclass(frozen=True, slots=True)
class Heard:
    """What was made of a description.

    Parameters
    ----------
    brief : Brief
        What it asks for.
    notes : tuple of str
        Which of its words gave way to what, and what no longer holds.
    """

    brief: Brief
    notes: tuple[str, ...]

    @property
    def section(self) -> Section:
        """It as a part of a page."""
        lines = [f"Not decided: {conflict}" for conflict in self.brief.conflicts]
        lines += self.notes
        if self.brief.unused:
            lines.append(f"Nothing was made of: {', '.join(self.brief.unused)}")
        rows = tuple(
            (repr(x.words), x.key.replace("_", " "), x.value) for x in self.brief.understood
        )
        return Section("Understood", tuple(lines), ("words", "what", "taken for"), rows)

    def plain(self) -> dict[str, Any]:
        """It as plain values."""
        return {
            "understood": self.brief.understood,
            "conflicts": self.brief.conflicts,
            "notes": self.notes,
            "unused": self.brief.unused,
        }


def hear(said: str, stages: Stages, dataset: Path, before: Mapping[str, Any]) -> Heard:
    """Let a session take in a description.

    Parameters
    ----------
    said : str
        The description; may be empty.
    stages : Stages
        Of the session; options that were typed go before words.
    dataset : Path
        Whose columns it speaks of.
    before : mapping of str to Any
        Options as they stood before this stage.
    """
    brief = _read(said, dataset) if said else Brief({}, {}, (), (), ())
    first = stages.certain
    options, notes = merged(first, brief)
    stages.take({k: v for k, v in options.items() if k not in first} | brief.constraints)
    if said and said not in stages.said:
        stages.said.append(said)
    return Heard(brief, (*notes, *_changes(before, stages.given)))


def _read(said: str, dataset: Path) -> Brief:
    from mle_star.data.cells import cells_of
    from mle_star.data.columns import safe_names
    from mle_star.data.kinds import infer_columns
    from mle_star.data.load import load
    from mle_star.types import ColumnKind

    strings = load(dataset).strings
    cells = {name: cells_of(strings[name]) for name in strings.columns}
    columns = infer_columns(cells, safe_names(list(strings.columns)))
    dates = [column.original for column in columns if column.kind is ColumnKind.DATE]
    return understand(said, list(strings.columns), dates=dates)


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What was decided before and is another now, a sentence each."""
    return [
        f"{key.replace('_', ' ')} was {value}; now "
        + (f"it is {now[key]}" if key in now else "it no longer holds")
        for key, value in before.items()
        if now.get(key) != value
    ]
