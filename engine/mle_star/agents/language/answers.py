"""The forms of the agents' answers. Their JSON schemas go along with the questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CellRole = Literal["clean", "features", "model", "train", "post"]
"""Roles of the cells that an agent may write; constants are searched numerically."""


def _shown(text: str) -> str:
    """Without what a terminal obeys or what turns the order of letters."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


Words = Annotated[str, AfterValidator(_shown)]
"""Text that is shown to people."""

Text = Annotated[Words, Field(max_length=2_000)]
Source = Annotated[str, Field(max_length=20_000)]
Literals = dict[str, str | int | float | bool | None]


class Form(BaseModel):
    """An answer; nothing that was not asked for may stand in it."""

    model_config = ConfigDict(extra="forbid")


class Finding(Form):
    """A technique found, with where it is written."""

    name: Annotated[Words, Field(max_length=100)]
    role: CellRole
    summary: Text
    example_code: Source
    url: Annotated[Words, Field(max_length=500)]


class Findings(Form):
    """What a round of the search found."""

    queries: Annotated[list[Text], Field(max_length=10)]
    findings: Annotated[list[Finding], Field(max_length=12)]


class Cell(Form):
    """One cell of a solution."""

    role: CellRole
    source: Source


class Candidate(Form):
    """A first solution: its cells, the constants of its model, and what it leaves unused."""

    name: Annotated[Words, Field(max_length=100)]
    cells: Annotated[list[Cell], Field(min_length=1, max_length=5)]
    hyperparameters: Literals
    unused_columns: Text
    reason: Text


class Variant(Form):
    """A solution with a part of one cell taken away."""

    role: CellRole
    takes_away: Annotated[Words, Field(max_length=200)]
    source: Source


class Variants(Form):
    """The ablations proposed."""

    variants: Annotated[list[Variant], Field(max_length=6)]


class Choice(Form):
    """Which block to refine, and the first plan for it; constants are searched numerically."""

    role: Literal["clean", "features", "hyperparameters", "model", "train", "post"]
    plan: Text


class Plan(Form):
    """What to try next."""

    plan: Text


class Code(Form):
    """One cell, written anew."""

    source: Source
    reason: Text


class Usage(Form):
    """Why columns are not used, or the cell that uses them; empty source: the first."""

    why: Text
    source: Source


class Combination(Form):
    """A way to combine judged candidates."""

    plan: Text
    members: Annotated[list[str], Field(min_length=2, max_length=8)]
    method: Literal["average", "weights", "learnt weights"]
    weights: Annotated[list[float], Field(max_length=8)]


class Prose(Form):
    """What a model card says in words."""

    summary: Text
    intended_use: Text
    limits: Annotated[list[Text], Field(min_length=1, max_length=10)]
