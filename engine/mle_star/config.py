"""The options of every command: one table, from which both command lines and their help are made.

The table is the only place where an option's name, default and help stand. The click commands are
built from it, ``mle-star options --json`` prints it for the Node side, and
:mod:`mle_star.session.settings` turns what was given into settings.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mle_star.agent_options import AGENTS
from mle_star.bench_options import BENCH
from mle_star.commands import (
    COMMANDS,
    DOCTOR,
    EXPLAIN,
    EXPORT,
    INSTALL_CODE,
    INSTALL_FLOW,
    LIST,
    LOGS,
    PREDICT,
    PROFILE,
    QUERY,
    RESUME,
    RUN,
    SESSIONS,
    SHOW,
    STAR,
    STATUS,
    STOP,
    STORE,
    UNINSTALL_CODE,
    UNINSTALL_FLOW,
    WAIT,
    WATCH,
    WORKFLOW,
)
from mle_star.hook_options import HOOKS
from mle_star.judge_options import HELD, TASK
from mle_star.memory_options import RECORDS as RECORDS
from mle_star.memory_options import REMEMBERED
from mle_star.option import Option
from mle_star.watch_options import WARM, WATCHING

PRESETS = {"quick": 120.0, "balanced": 600.0, "best": 3600.0}
"""Seconds of each preset."""

STAGES = ("situation", "task", "action", "results")

_RUNS = (RUN, STAR)
_DATA = (RUN, STAR, PROFILE, WATCH)
_ONE = (RESUME, STATUS, WAIT, STOP, LOGS)
_MEMORY = (QUERY, LIST, SHOW, EXPORT, STORE, SESSIONS)

OPTIONS: tuple[Option, ...] = (
    Option(
        "dataset",
        "file",
        "Data file: CSV, TSV, JSON or JSON lines, also gzipped; Parquet with the extra.",
        _DATA,
        metavar="FILE",
    ),
    Option(
        "target",
        "names",
        "Column to predict; several, separated by commas, are predicted together.",
        _DATA,
        metavar="COLUMN",
    ),
    Option(
        "output",
        "folder",
        "New or empty folder for the result. Default: models/NAME, numbered if it exists.",
        _RUNS,
        metavar="FOLDER",
    ),
    Option(
        "name",
        "text",
        "Name of the run. Default: from the data file and the target.",
        metavar="NAME",
    ),
    Option(
        "preset",
        "choice",
        "How long to search: quick 2 minutes, balanced 10 minutes, best 1 hour.",
        default="balanced",
        choices=tuple(PRESETS),
    ),
    Option(
        "time-budget",
        "number",
        "Seconds the whole run may take, packaging included; instead of --preset.",
        metavar="SECONDS",
        minimum=1,
    ),
    Option(
        "evaluations",
        "integer",
        "Judge this many candidates, whatever time it takes: repeatable; wins over --time-budget.",
        metavar="N",
        minimum=1,
    ),
    *TASK,
    Option("id", "names", "Identifier columns, not used as features.", _DATA, metavar="COLUMNS"),
    Option("drop", "names", "Columns to leave out.", _DATA, metavar="COLUMNS"),
    *HELD,
    Option("seed", "integer", "Seed of every random choice.", metavar="N", default=0, minimum=0),
    Option("jobs", "integer", "Worker processes. Default: all cores.", metavar="N", minimum=1),
    Option(
        "max-agents",
        "integer",
        "Agents, tasks and worker processes that act at once, at most.",
        metavar="N",
        default=6,
        minimum=1,
    ),
    Option(
        "search-iterations",
        "integer",
        "Rounds of the search for techniques.",
        metavar="N",
        default=3,
        minimum=1,
    ),
    Option(
        "refinement-iterations",
        "integer",
        "Steps of ablation and refinement.",
        metavar="N",
        default=5,
        minimum=0,
    ),
    Option(
        "timeout",
        "integer",
        "Hard limit of the run in milliseconds: it ends with the best model it has.",
        metavar="MS",
        minimum=1,
    ),
    Option(
        "workflow",
        "file",
        "Workflow file (JSON or YAML) that changes the graph of phases.",
        (RUN, STAR, WATCH, WORKFLOW),
        metavar="FILE",
    ),
    Option(
        "variables",
        "text",
        "JSON object of workflow variables, such as '{\"quality_threshold\": 0.8}'.",
        (RUN, STAR, WATCH, WORKFLOW),
        metavar="JSON",
    ),
    Option(
        "memory",
        "text",
        "Store of past runs: an SQLite file, a .json file, or none. Default: the user's own.",
        (*_RUNS, WATCH, *_MEMORY),
        metavar="FILE",
    ),
    Option(
        "interactive",
        "flag",
        "Confirm target, metric and columns, choose the block to refine, add own candidates.",
        _RUNS,
        default=False,
    ),
    Option("non-interactive", "flag", "Never ask anything (the default).", _RUNS, False),
    Option(
        "chaining",
        "flag",
        "Phases hand on the full history of what was tried (the default).",
        default=False,
    ),
    Option(
        "no-chaining",
        "flag",
        "Phases hand on a summary only: what stands, not what was tried.",
        default=False,
    ),
    Option("small", "flag", "Ship one model that predicts quickly, no ensemble.", _RUNS, False),
    Option("detach", "flag", "Run in the background; print the session id.", _RUNS, False),
    Option("verbose", "flag", "Tell of every candidate and why one failed.", _RUNS, False),
    Option("quiet", "flag", "No progress; errors and the result only.", (*_RUNS, RESUME), False),
    Option(
        "output-format",
        "choice",
        "Form of standard output; stream-json is one event a line, see docs/events.md.",
        (*_RUNS, RESUME),
        default="text",
        choices=("text", "json", "stream-json"),
    ),
    *WARM,
    *AGENTS,
    *HOOKS,
    Option(
        "no-claude-warning",
        "flag",
        "Do not say that the built-in agent proposes where --claude is not given.",
        _RUNS,
        default=False,
    ),
    *WATCHING,
    *BENCH,
    Option(
        "stage",
        "choice",
        "Which stage. Default: situation.",
        (STAR,),
        choices=STAGES,
        metavar="STAGE",
        positional=True,
    ),
    Option(
        "description",
        "text",
        "What is wanted, in words: column names, a metric, limits are understood.",
        (STAR,),
        metavar="DESCRIPTION",
        positional=True,
        many=True,
    ),
    Option(
        "session",
        "text",
        "The session, by id, name or folder. Default: the newest.",
        (*_ONE, SHOW, EXPORT),
        metavar="SESSION",
        positional=True,
    ),
    Option(
        "session",
        "text",
        "Only this session, by id, name or folder.",
        (QUERY, STAR),
        metavar="SESSION",
    ),
    Option(
        "detach", "flag", "Go on in the background; print the session id.", (RESUME,), default=False
    ),
    Option("follow", "flag", "Go on until the run ends.", (STATUS, LOGS), default=False),
    Option(
        "timeout",
        "number",
        "Seconds to wait at most; then exit status 1.",
        (WAIT,),
        metavar="SECONDS",
        minimum=0,
    ),
    *REMEMBERED,
    Option(
        "limit",
        "integer",
        "At most so many.",
        (QUERY, LIST, SESSIONS, EXPLAIN),
        metavar="N",
        default=20,
        minimum=1,
    ),
    Option(
        "user",
        "flag",
        "In the user's own commands, for all projects.",
        (INSTALL_CODE, UNINSTALL_CODE),
        default=False,
    ),
    Option(
        "project",
        "flag",
        "In the commands of the project in this folder (what install does by default).",
        (INSTALL_CODE, UNINSTALL_CODE),
        default=False,
    ),
    Option(
        "model",
        "folder",
        "Result folder of a run, or its model folder.",
        (PREDICT,),
        metavar="FOLDER",
        required=True,
    ),
    Option("dataset", "file", "Data file to predict.", (PREDICT,), metavar="FILE", required=True),
    Option("output", "file", "CSV file to write.", (PREDICT,), metavar="FILE", required=True),
    Option(
        "claude-flow",
        "flag",
        "Print it as one task for claude-flow 2.x: automation run-workflow FILE --claude.",
        (WORKFLOW,),
        default=False,
    ),
    Option(
        "into",
        "folder",
        "Folder of the launcher, best on PATH. Default: the project's node_modules/.bin.",
        (INSTALL_FLOW, UNINSTALL_FLOW),
        metavar="FOLDER",
    ),
    Option(
        "json",
        "flag",
        "Print JSON.",
        (PROFILE, SESSIONS, DOCTOR, STATUS, LOGS, QUERY, LIST, SHOW, WORKFLOW, WATCH),
        default=False,
    ),
)
"""Every option of every command."""


def options_of(command: str) -> tuple[Option, ...]:
    """The options of one command, in the order of the table."""
    return tuple(option for option in OPTIONS if command in option.commands)


def table() -> dict[str, Any]:
    """Commands and options as plain values, for the Node side."""
    return {"commands": COMMANDS, "options": [asdict(option) for option in OPTIONS]}
