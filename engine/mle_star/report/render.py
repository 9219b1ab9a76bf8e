"""The summary's sections as a terminal page and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mle_star.report.sections import Section

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLES = {"pass": "green", "fail": "bold red", "warn": "yellow", "skipped": "dim"}
_STYLES |= {"accepted": "green", "chosen": "green", "HIGH": "bold", "LOW": "dim"}
_SHORT = 20
"""Cells up to this length are never broken."""


def show(sections: Iterable[Section], console: Console) -> None:
    """Print sections on a terminal, or as plain text where there is none."""
    from rich.padding import Padding
    from rich.text import Text

    for section in sections:
        console.print(Text(section.title, style="bold"))
        for line in section.lines:
            console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))
        if section.rows:
            console.print(Padding(table(section.headers, section.rows), (0, 0, 0, 2), expand=False))
        for command in section.commands:
            console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)
        console.print()


def markdown(title: str, sections: Iterable[Section]) -> str:
    """Write sections as a Markdown page."""
    parts = [f"# {title}\n"]
    for section in sections:
        parts.append(f"## {section.title}\n")
        parts += [f"{line}\n" for line in section.lines]
        if section.rows:
            parts.append(_markdown_table(section))
        if section.commands:
            parts.append("```sh\n" + "\n".join(section.commands) + "\n```\n")
    return "\n".join(parts)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table for the terminal; a header that ends in ``>`` aligns its column to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    named = any(headers)
    found = Table(
        box=box.SIMPLE_HEAD if named else None,
        show_header=named,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1 if named else 2, 0, 0),
    )
    rows = list(rows)
    for place, header in enumerate(headers):
        longest = max((len(row[place]) for row in rows), default=0)
        found.add_column(
            header.rstrip(">"),
            justify="right" if header.endswith(">") else "left",
            no_wrap=longest <= _SHORT,
            overflow="fold",
        )
    for row in rows:
        found.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    return found


def _markdown_table(section: Section) -> str:
    headers = [header.rstrip(">") for header in section.headers]
    marks = ["---:" if header.endswith(">") else "---" for header in section.headers]
    rows = [headers, marks, *([_cell(cell) for cell in row] for row in section.rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
