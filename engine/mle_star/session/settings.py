"""The settings of a run: the values of the command line's options, checked and resolved."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mle_star.commands import RUN
from mle_star.config import PRESETS, options_of
from mle_star.errors import StateError, UsageError
from mle_star.session.naming import checked_name, checked_output, path_of
from mle_star_memory.location import memory_path

_END = 3.0
"""Seconds before a hard limit at which a run plans to be done."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run, resolved and checked.

    Parameters
    ----------
    dataset : Path
        The data file.
    targets : tuple of str
        Columns to predict, by their names in the file.
    name : str
        Name of the run.
    output : Path or None
        Folder asked for; None: ``models/NAME``.
    seconds : float
        Allowed for the whole run; inf when evaluations are counted and no timeout is set.
    evaluations : int or None
        Allowed judged candidates; None when time is counted.
    metric, task, group, time_column : str or None
        As given; None: decided from the data.
    id, drop : tuple of str
        Columns by their names in the file.
    holdout : float or None
        Share of the rows to hold out; 0: none; None: by rows.
    test : Path or None
        File to predict at the end.
    seed, jobs, search_iterations, refinement_iterations : int
        As in the option table.
    timeout : float or None
        Hard limit of the run in seconds.
    small : bool
        Whether one quick model is wanted in place of an ensemble.
    verbose, quiet : bool
        How much is told while it runs.
    output_format : {"text", "json", "stream-json"}
        Form of the result on standard output.
    max_agents : int, default 6
        Tasks and agents that act at once, at most.
    workflow : Path or None
        Workflow file.
    variables : str or None
        Workflow variables, as JSON.
    memory : str or None
        Store of past runs, as given.
    interactive : bool
        Whether a person is asked.
    chaining : bool, default True
        Whether phases hand on all that was tried.
    claude_warning : bool, default True
        Whether to say that the built-in agent proposes.
    latency_ms : float or None
        Limit of the latency gate; None: its own.
    agents : str
        What language models stand behind the agents: ``claude``, ``openai:URL#MODEL``, ``replay``;
        empty: the built-in agent alone.
    claude_model : str or None
        The model that the Claude client uses; None: its own.
    max_cost : float or None
        US dollars that they may cost.
    max_tokens : int or None
        Tokens that they may use.
    share_rows : int
        Rows of the data that they may see.
    search_block : tuple of str
        Hosts or pages that nothing may come from.
    record, replay : Path or None
        Where answers are written as well, and where they are taken from.
    allow_unsandboxed : bool
        Whether their code may run where no sandbox holds.
    warm : Path or None
        Folder of the session whose solutions are the first candidates; None: nothing is taken over.
    candidate : tuple of str, default ()
        Files with solutions to be judged first.
    no_hooks : bool
        Whether no hooks of the project and the user are called.
    claude_flow_hooks : bool
        Whether claude-flow's hooks are called too.
    """

    dataset: Path
    targets: tuple[str, ...]
    name: str
    output: Path | None = None
    seconds: float = PRESETS["balanced"]
    evaluations: int | None = None
    metric: str | None = None
    task: str | None = None
    group: str | None = None
    time_column: str | None = None
    id: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    holdout: float | None = None
    test: Path | None = None
    seed: int = 0
    jobs: int = 1
    search_iterations: int = 3
    refinement_iterations: int = 5
    timeout: float | None = None
    small: bool = False
    verbose: bool = False
    quiet: bool = False
    output_format: str = "text"
    max_agents: int = 6
    workflow: Path | None = None
    variables: str | None = None
    memory: str | None = None
    interactive: bool = False
    chaining: bool = True
    claude_warning: bool = True
    latency_ms: float | None = None
    agents: str = ""
    claude_model: str | None = None
    max_cost: float | None = None
    max_tokens: int | None = None
    share_rows: int = 0
    search_block: tuple[str, ...] = ()
    record: Path | None = None
    replay: Path | None = None
    allow_unsandboxed: bool = False
    warm: Path | None = None
    candidate: tuple[str, ...] = ()
    no_hooks: bool = False
    claude_flow_hooks: bool = False

    def plain(self) -> dict[str, Any]:
        """The settings as plain values, for the event log."""
        return {
            key: str(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def restored(cls, plain: Mapping[str, Any]) -> Settings:
        """The settings that :meth:`plain` and a way through JSON made plain.

        Raises
        ------
        StateError
            If they are of another version.
        """
        values = {field.name: plain[field.name] for field in fields(cls) if field.name in plain}
        if len(values) < len(fields(cls)):
            raise StateError("the settings in the log are of another version", "start a new run")
        for name in _PATHS:
            values[name] = None if values[name] is None else Path(values[name])
        for name in _NAMES:
            values[name] = tuple(values[name])
        values["seconds"] = math.inf if values["seconds"] is None else values["seconds"]
        return cls(**values)


def names(text: str | None) -> tuple[str, ...]:
    """Read a comma-separated list of names; a name that holds a comma stands in double quotes.

    Parameters
    ----------
    text : str or None
        Such as ``a,b`` or ``"a,b",c``.

    Returns
    -------
    tuple of str
        Without surrounding blanks, empty ones or repeats.
    """
    try:
        cells = next(csv.reader([text or ""], skipinitialspace=True), [])
    except csv.Error as error:
        raise UsageError(f"cannot read the names {text!r}: {error}", "quote them") from error
    return tuple(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))


def resolve(given: Mapping[str, Any], *, cores: int) -> Settings:
    """Turn the values of the run command's options into settings.

    Parameters
    ----------
    given : mapping
        Values by :attr:`Option.key`; absent or None: not given.
    cores : int
        Cores of this machine, the default of ``--jobs``.

    Raises
    ------
    UsageError
        If a value is out of range, a name cannot be a file name, or options contradict.
    """
    values = _with_defaults(given)
    for one, other in _OPPOSITES:
        if values[one] and values[other]:
            both = " and ".join(f"--{name.replace('_', '-')}" for name in (one, other))
            raise UsageError(f"{both} were both given", "choose one of them")
    try:
        memory_path(values["memory"])
    except ValueError as error:
        raise UsageError(f"--memory: {error}", "give a file, or none") from error
    targets = names(values["target"])
    dataset = path_of("dataset", values["dataset"])
    if dataset is None or not targets:
        raise UsageError("--dataset and --target are needed", "name a data file and its column")
    seconds, evaluations, timeout = _limits(values)
    return Settings(
        dataset=dataset,
        targets=targets,
        name=checked_name(values["name"]) or default_name(dataset, targets),
        output=checked_output(values["output"]),
        seconds=seconds,
        evaluations=evaluations,
        timeout=timeout,
        test=path_of("test", values["test"]),
        id=names(values["id"]),
        drop=names(values["drop"]),
        jobs=values["jobs"] or min(cores, given.get("max_agents") or cores),
        workflow=path_of("workflow", values["workflow"]),
        chaining=not values["no_chaining"],
        claude_warning=not values["no_claude_warning"],
        latency_ms=given.get("latency_ms"),
        agents=_agents(values),
        search_block=names(values["search_block"]),
        record=path_of("record", values["record"]),
        replay=path_of("replay", values["replay"]),
        warm=path_of("warm", values["warm"]),
        candidate=_candidates(values),
        **{key: values[key] for key in _AS_GIVEN},
    )


def default_name(dataset: Path, targets: tuple[str, ...]) -> str:
    """A run's name from its data file and targets, such as ``telco_churn-churn``."""
    stem = dataset.name.split(".")[0]
    words = re.sub(r"[^a-z0-9_-]+", "-", f"{stem}-{'-'.join(targets)}".lower())
    return words.strip("-")[:60].rstrip("-") or "run"


_AS_GIVEN = (
    "metric",
    "task",
    "group",
    "time_column",
    "holdout",
    "seed",
    "search_iterations",
    "refinement_iterations",
    "small",
    "verbose",
    "quiet",
    "output_format",
    "max_agents",
    "variables",
    "memory",
    "interactive",
    "claude_model",
    "max_cost",
    "max_tokens",
    "share_rows",
    "allow_unsandboxed",
    "no_hooks",
    "claude_flow_hooks",
)
_PATHS = ("dataset", "output", "test", "workflow", "record", "replay", "warm")
_NAMES = ("targets", "id", "drop", "search_block", "candidate")
_OF_AGENTS = ("claude_model", "max_cost", "max_tokens", "share_rows", "search_block", "record")
_OPPOSITES = (
    ("verbose", "quiet"),
    ("chaining", "no_chaining"),
    ("interactive", "non_interactive"),
    ("interactive", "detach"),
    ("claude", "no_claude"),
    ("claude", "agent_backend"),
    ("claude", "replay"),
    ("no_claude", "agent_backend"),
    ("no_claude", "replay"),
    ("agent_backend", "replay"),
    ("claude_flow_hooks", "no_hooks"),
)


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for option in options_of(RUN):
        value = given.get(option.key)
        values[option.key] = option.default if value is None else option.checked(value)
    return values


def _agents(values: Mapping[str, Any]) -> str:
    """What stands behind the agents; options that need one are refused without it."""
    if values["replay"]:
        return "replay"
    agents: str = values["agent_backend"] or ("claude" if values["claude"] else "")
    alone = [name for name in _OF_AGENTS if values[name]]
    if not agents and alone:
        raise UsageError(
            f"--{alone[0].replace('_', '-')} is about language models, and none was asked for",
            "add --claude or --agent-backend, or leave it out",
        )
    return agents


def _candidates(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Files as they are named from anywhere."""
    found = names(values["candidate"])
    if found and not values["warm"]:
        raise UsageError("--candidate goes with --warm", "name the session to go on from")
    return tuple(str(Path(name).expanduser().absolute()) for name in found)


def _limits(values: dict[str, Any]) -> tuple[float, int | None, float | None]:
    timeout = values["timeout"] / 1000 if values["timeout"] else None
    seconds = float(values["time_budget"] or PRESETS[values["preset"]])
    if values["evaluations"]:
        seconds = math.inf
    if timeout:
        seconds = min(seconds, timeout - min(_END, timeout / 4))
    return seconds, values["evaluations"], timeout
