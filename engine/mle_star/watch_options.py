"""The options about going on from another session, and about the watch that does so."""

from __future__ import annotations

from mle_star.commands import RUN, STAR, WATCH
from mle_star.option import Option

_RUNS = (RUN, STAR)

WARM: tuple[Option, ...] = (
    Option(
        "warm",
        "text",
        "Go on from this session (id, name or folder): its solutions are judged first, and its "
        "options hold where none are given.",
        _RUNS,
        metavar="SESSION",
    ),
    Option(
        "candidate",
        "names",
        "Files with solutions in cells, to be judged first; what the session that is named with "
        "--warm does not know of them runs in the sandbox.",
        _RUNS,
        metavar="FILES",
    ),
)

WATCHING: tuple[Option, ...] = (
    Option("once", "flag", "Do what there is to do now, then end.", (WATCH,), False),
    Option("list", "flag", "Show what is asked for and what runs, then end.", (WATCH,), False),
    Option(
        "cancel",
        "text",
        "Take a request back, by its name, or all; a run that it started is stopped.",
        (WATCH,),
        metavar="REQUEST",
    ),
)
