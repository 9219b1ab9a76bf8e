"""The options about hooks and about versions of models."""

from __future__ import annotations

from mle_star.commands import (
    HOOKS_LIST,
    HOOKS_RUN,
    HOOKS_TEST,
    MODELS_ARCHIVE,
    MODELS_LIST,
    MODELS_PROMOTE,
    MODELS_SHOW,
    RUN,
    STAR,
    WATCH,
)
from mle_star.option import Option

_MODELS = (MODELS_LIST, MODELS_SHOW, MODELS_PROMOTE, MODELS_ARCHIVE)
_CHANGES = (MODELS_PROMOTE, MODELS_ARCHIVE)

HOOKS: tuple[Option, ...] = (
    Option(
        "no-hooks",
        "flag",
        "Run no hooks of the project or the user.",
        (RUN, STAR, WATCH),
        default=False,
    ),
    Option(
        "claude-flow-hooks",
        "flag",
        "Also call the hooks pre-task and post-task of claude-flow, which has to be installed.",
        (RUN, STAR, WATCH),
        default=False,
    ),
    Option(
        "hook",
        "text",
        "Name of the hook, as hooks list tells it.",
        (HOOKS_RUN,),
        metavar="NAME",
        required=True,
        positional=True,
    ),
    Option(
        "session",
        "text",
        "Make the event from this session, by id, name or folder.",
        (HOOKS_RUN, HOOKS_TEST),
        metavar="SESSION",
    ),
    Option(
        "event",
        "file",
        "JSON file that holds the event; - is standard input. Default: a made-up one.",
        (HOOKS_RUN,),
        metavar="FILE",
    ),
    Option(
        "model",
        "text",
        "Only versions of this model, by the name of its runs.",
        (MODELS_LIST,),
        metavar="NAME",
        positional=True,
    ),
    Option(
        "model",
        "text",
        "The model, by the name of its runs.",
        (MODELS_SHOW, *_CHANGES),
        metavar="NAME",
        required=True,
        positional=True,
    ),
    Option(
        "version",
        "integer",
        "Number of the version. Default: the newest.",
        (MODELS_SHOW, MODELS_PROMOTE),
        metavar="VERSION",
        minimum=1,
        positional=True,
    ),
    Option(
        "version",
        "integer",
        "Number of the version.",
        (MODELS_ARCHIVE,),
        metavar="VERSION",
        minimum=1,
        required=True,
        positional=True,
    ),
    Option(
        "stage",
        "choice",
        "Where to. Default: the next stage.",
        (MODELS_PROMOTE,),
        choices=("staging", "production"),
    ),
    Option(
        "force",
        "flag",
        "Promote although a gate failed or a hook blocked; the record says so.",
        (MODELS_PROMOTE,),
        default=False,
    ),
    Option("note", "text", "Why, for the record.", _CHANGES, metavar="TEXT"),
    Option(
        "memory",
        "text",
        "Store of past runs: an SQLite file or a .json file. Default: the user's own.",
        _MODELS,
        metavar="FILE",
    ),
    Option("json", "flag", "Print JSON.", (HOOKS_LIST, HOOKS_RUN, HOOKS_TEST, *_MODELS), False),
)
