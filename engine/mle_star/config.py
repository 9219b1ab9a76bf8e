"""The options of every command: one table, from which both command lines and their help are made.

The table is the only place where an option's name, default and help stand. The click commands are
built from it, ``mle-star options --json`` prints it for the Node side, and
:mod:`mle_star.session.settings` turns what was given into settings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

PRESETS = {"quick": 120.0, "balanced": 600.0, "best": 3600.0}
"""Seconds of each preset."""

KINDS = ("binary", "multiclass", "regression")
RUN, PROFILE, PREDICT, SESSIONS, DOCTOR = "run", "profile", "predict", "sessions", "doctor"
COMMANDS = (RUN, PROFILE, PREDICT, SESSIONS, DOCTOR)

OptionKind = Literal["text", "names", "file", "folder", "integer", "number", "choice", "flag"]
"""How a value is read; ``names`` is a comma-separated list (quote a name that holds a comma)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line.

    Parameters
    ----------
    name : str
        Without the leading dashes.
    kind : str
        How the value is read; see :data:`OptionKind`.
    help : str
        One sentence for a person.
    commands : tuple of str
        The commands that have it.
    default : str, int, float, bool or None
        What holds if it is not given; None: decided at run time, as the help says.
    metavar : str
        What stands for the value in the help; empty for a flag or a choice.
    choices : tuple of str
        Allowed values of a choice.
    minimum : float or None
        Smallest allowed number.
    required : bool
        Whether the command fails without it.
    """

    name: str
    kind: OptionKind
    help: str
    commands: tuple[str, ...] = (RUN,)
    default: str | int | float | bool | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    required: bool = False

    @property
    def key(self) -> str:
        """The name as a Python identifier."""
        return self.name.replace("-", "_")


_DATA = (RUN, PROFILE)

OPTIONS: tuple[Option, ...] = (
    Option(
        "dataset",
        "file",
        "Data file: CSV, TSV, JSON or JSON lines, also gzipped; Parquet with the extra.",
        _DATA,
        metavar="FILE",
        required=True,
    ),
    Option(
        "target",
        "names",
        "Column to predict; several, separated by commas, are predicted together.",
        _DATA,
        metavar="COLUMN",
        required=True,
    ),
    Option(
        "output",
        "folder",
        "New or empty folder for the result. Default: models/NAME, numbered if it exists.",
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
    Option(
        "metric",
        "text",
        "Metric to optimise, or FILE.py:FUNCTION. Default: roc_auc, log_loss or rmse, by task.",
        _DATA,
        metavar="METRIC",
    ),
    Option("task", "choice", "Kind of task. Default: from the target.", _DATA, choices=KINDS),
    Option(
        "group",
        "text",
        "Column whose groups are never split between training and scoring rows.",
        _DATA,
        metavar="COLUMN",
    ),
    Option(
        "time-column",
        "text",
        "Column that orders the rows in time: models are judged on later rows only.",
        _DATA,
        metavar="COLUMN",
    ),
    Option("id", "names", "Identifier columns, not used as features.", _DATA, metavar="COLUMNS"),
    Option("drop", "names", "Columns to leave out.", _DATA, metavar="COLUMNS"),
    Option(
        "test",
        "file",
        "File to predict at the end; scored if it holds the target. Never used in the search.",
        metavar="FILE",
    ),
    Option("seed", "integer", "Seed of every random choice.", metavar="N", default=0, minimum=0),
    Option("jobs", "integer", "Worker processes. Default: all cores.", metavar="N", minimum=1),
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
    Option("verbose", "flag", "Tell of every candidate and why one failed.", default=False),
    Option("quiet", "flag", "No progress; errors and the result only.", default=False),
    Option(
        "output-format",
        "choice",
        "Form of the result on standard output.",
        default="text",
        choices=("text", "json"),
    ),
    Option("claude", "flag", "Let Claude agents propose code: not in this version.", default=False),
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
        "json",
        "flag",
        "Print JSON.",
        (PROFILE, SESSIONS, DOCTOR),
        default=False,
    ),
)
"""Every option of every command."""


def options_of(command: str) -> tuple[Option, ...]:
    """The options of one command, in the order of the table."""
    return tuple(option for option in OPTIONS if command in option.commands)


def table() -> list[dict[str, Any]]:
    """The option table as plain values, for the Node side."""
    return [asdict(option) for option in OPTIONS]
