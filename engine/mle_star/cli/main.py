"""The ``mle-star`` command line: parse, call one function, render; and the process boundary.

Nothing heavy is imported here: each command's module is imported when the command is called.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import click

from mle_star import __version__, config
from mle_star.config import Option
from mle_star.errors import EXIT_INTERRUPTED, MleStarError

STARTED = time.monotonic()
"""When this process began to read its command line; a time budget counts from here."""

_HELP = {
    config.RUN: "Search, judge, ensemble, validate and package a model for a data file.",
    config.PROFILE: "Tell what a data file holds and what would be predicted, without training.",
    config.PREDICT: "Predict a data file with the model of a finished run.",
    config.SESSIONS: "List past runs, newest first.",
    config.DOCTOR: "Check what this machine has: versions, cores, memory, disk, optional parts.",
}
_EPILOG = (
    "Exit status: 0 done, 2 usage, 3 data cannot be used, 4 done but a gate failed, 5 agent or "
    "search unavailable, 6 no sandbox, 7 budget ended with no valid solution, 8 state unreadable "
    "or not writable, 130 interrupted, 1 a bug."
)
_TYPES: dict[str, click.ParamType[Any]] = {
    "text": click.STRING,
    "names": click.STRING,
    "file": click.STRING,
    "folder": click.STRING,
    "integer": click.INT,
    "number": click.FLOAT,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default None
        Without the program's name; None: those of this process.

    Returns
    -------
    int
        The exit status; see :mod:`mle_star.errors`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _group().main(words, prog_name="mle-star", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("mle-star: interrupted", err=True)
        return EXIT_INTERRUPTED
    except MleStarError as error:
        click.echo(f"mle-star: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        return 0
    except Exception as error:  # the process boundary
        from mle_star.cli.crash import report_crash

        return report_crash(error, words, verbose="--verbose" in words)


def _group() -> click.Group:
    group = click.Group(
        "mle-star",
        help="Machine learning engineering by search and targeted refinement of code.",
        epilog=_EPILOG,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        params=[_version_option()],
    )
    for name in config.COMMANDS:
        group.add_command(_command(name, name))
    automation = click.Group("automation", help="The same as run, under its longer name.")
    automation.add_command(_command("mle-star", config.RUN))
    group.add_command(automation)
    group.add_command(_options_command())
    return group


def _command(name: str, which: str) -> click.Command:
    """A command whose module ``mle_star.cli.WHICH`` is imported when it is called."""

    def callback(**values: Any) -> int:
        execute: Callable[[dict[str, Any]], int]
        execute = importlib.import_module(f"mle_star.cli.{which}").execute
        return execute(values)

    return click.Command(
        name,
        callback=callback,
        help=_HELP[which],
        params=[_parameter(option) for option in config.options_of(which)],
    )


def _parameter(option: Option) -> click.Option:
    flag = option.kind == "flag"
    kind = click.Choice(option.choices) if option.choices else _TYPES.get(option.kind)
    return click.Option(
        [f"--{option.name}", option.key],
        type=None if flag else kind,
        is_flag=flag,
        default=None if not flag else False,
        required=option.required,
        metavar=option.metavar or None,
        help=_help_of(option),
    )


def _help_of(option: Option) -> str:
    shown = option.default is not None and option.kind != "flag"
    return f"{option.help} Default: {option.default}." if shown else option.help


def _options_command() -> click.Command:
    def callback(json: bool) -> int:
        import orjson

        if json:
            click.echo(orjson.dumps(config.table(), option=orjson.OPT_INDENT_2).decode())
        else:
            for option in config.OPTIONS:
                click.echo(f"--{option.name:24}{option.help}")
        return 0

    return click.Command(
        "options",
        callback=callback,
        hidden=True,
        help="Print the option table.",
        params=[click.Option(["--json"], is_flag=True, help="Print JSON.")],
    )


def _version_option() -> click.Option:
    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted:
            click.echo(f"mle-star {__version__}")
            context.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show the version.",
    )
