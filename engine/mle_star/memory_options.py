"""The options about what is remembered: asking for it, and adding to it."""

from __future__ import annotations

from mle_star.commands import QUERY, STORE
from mle_star.option import Option

RECORDS = (
    "session", "stage", "task", "search", "candidate", "ablation", "refinement", "ensemble",
    "metric", "gate", "artifact", "resources",
)  # fmt: skip
"""Kinds of what is remembered of every session."""

NOTES = ("lesson", "finding")
"""Kinds of what is remembered by hand."""

REMEMBERED: tuple[Option, ...] = (
    Option(
        "text",
        "text",
        "Words to look for; any text will do.",
        (QUERY,),
        metavar="TEXT",
        positional=True,
        many=True,
    ),
    Option("kind", "choice", "Only records of this kind.", (QUERY,), choices=RECORDS + NOTES),
    Option(
        "text",
        "text",
        "What is to be remembered.",
        (STORE,),
        metavar="TEXT",
        required=True,
        positional=True,
        many=True,
    ),
    Option(
        "session",
        "text",
        "The session that it is about, by id or name. Default: the newest.",
        (STORE,),
        metavar="SESSION",
    ),
    Option(
        "kind",
        "choice",
        "What it is: a lesson for later runs, or a finding in this one.",
        (STORE,),
        default="lesson",
        choices=NOTES,
    ),
)
