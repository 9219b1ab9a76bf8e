"""The options of commands about a session that is looked at or worked on by hand."""

from __future__ import annotations

from mle_star.commands import (
    BLOCK_EDIT,
    BLOCK_JUDGE,
    BLOCK_SHOW,
    ENSEMBLE,
    EXPLAIN,
    REPORT,
    STORE,
    VALIDATE,
)
from mle_star.option import Option

ROLES = ("clean", "features", "hyperparameters", "model", "train", "post")
"""Roles of the blocks of a solution."""

_BLOCKS = (BLOCK_JUDGE, BLOCK_EDIT)

BENCH: tuple[Option, ...] = (
    Option(
        "session",
        "text",
        "The session, by id, name or folder. Default: the newest.",
        (EXPLAIN, REPORT, BLOCK_SHOW, ENSEMBLE, VALIDATE),
        metavar="SESSION",
        positional=True,
    ),
    Option(
        "session",
        "text",
        "The session, by id, name or folder.",
        _BLOCKS,
        metavar="SESSION",
        required=True,
        positional=True,
    ),
    Option(
        "role",
        "choice",
        "Role of the block. Default: all of them.",
        (BLOCK_SHOW,),
        choices=ROLES,
        metavar="ROLE",
        positional=True,
    ),
    Option(
        "role",
        "choice",
        "Role of the block.",
        _BLOCKS,
        choices=ROLES,
        metavar="ROLE",
        required=True,
        positional=True,
    ),
    Option(
        "code",
        "file",
        "Python file with the whole new cell; - reads standard input.",
        _BLOCKS,
        metavar="FILE",
        required=True,
    ),
    Option("why", "text", "What it is meant to do; kept in the history.", _BLOCKS, metavar="TEXT"),
    Option(
        "solution",
        "text",
        "The solution, by the beginning of its digest (see explain). Default: the best.",
        (BLOCK_SHOW, *_BLOCKS),
        metavar="DIGEST",
    ),
    Option("ship", "flag", "Package it if no gate failed.", (VALIDATE,), default=False),
    Option(
        "time-budget",
        "number",
        "Seconds it may take; what was judged by then is kept. Default: as long as it takes.",
        (*_BLOCKS, ENSEMBLE, VALIDATE),
        metavar="SECONDS",
        minimum=1,
    ),
    Option(
        "json",
        "flag",
        "Print JSON.",
        (EXPLAIN, REPORT, BLOCK_SHOW, *_BLOCKS, ENSEMBLE, VALIDATE, STORE),
        default=False,
    ),
)
