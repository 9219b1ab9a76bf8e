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

from mle_star import __version__, commands, config
from mle_star.errors import EXIT_INTERRUPTED, MleStarError
from mle_star.option import Option

STARTED = time.monotonic()
"""When this process began to read its command line; a time budget counts from here."""

_STAR = "ml mle-star"
_MODULES = {
    _STAR: "star",
    commands.LIST: "sessions",
    commands.HOOKS_LIST: "hooks",
    commands.MODELS_LIST: "models",
    commands.INSTALL_CODE: "install_claude_code",
    commands.UNINSTALL_CODE: "uninstall_claude_code",
    commands.INSTALL_FLOW: "install_claude_flow",
    commands.UNINSTALL_FLOW: "uninstall_claude_flow",
}
"""Modules of commands, where they are not named like the command's first word."""
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
    for name in commands.COMMANDS:
        _add(group, name.split(" "), _command(name))
    _add(group, ["automation", "mle-star"], _command(commands.RUN))
    group.add_command(_options_command())
    return group


_GROUPS = {
    "automation": "The same as run, under its longer name.",
    "ml": "The same as run, by stages of one session.",
    "memory": "Ask about past runs.",
    "block": "Look at the blocks of a solution, and change them by hand.",
    "workflow": "The graph of phases.",
    "hooks": "What is called before, during and after runs.",
    "models": "Versions of models, and which one is in production.",
    "install": "Put our commands into another program.",
    "uninstall": "Take them out again.",
}


def _add(group: click.Group, path: list[str], command: click.Command) -> None:
    """Add a command under its path, making the groups on the way."""
    *above, last = path
    for name in above:
        found = group.commands.get(name)
        if not isinstance(found, click.Group):
            found = click.Group(name, help=_GROUPS[name])
            group.add_command(found)
        group = found
    command.name = last
    group.add_command(command)


def _command(name: str) -> click.Command:
    """A command whose module is imported when it is called.

    The command ``a`` is the function ``execute`` of :mod:`mle_star.cli.a`, the command ``a b`` its
    function ``b``.
    """
    first, *rest = name.split(" ")
    module = _MODULES.get(name, first)
    function = "execute" if name in _MODULES or not rest else rest[0]

    def callback(**values: Any) -> int:
        execute: Callable[[dict[str, Any]], int]
        execute = getattr(importlib.import_module(f"mle_star.cli.{module}"), function)
        return execute(values)

    return click.Command(
        None,
        callback=callback,
        help=commands.COMMANDS[name],
        params=[_parameter(option) for option in config.options_of(name)],
    )


def _parameter(option: Option) -> click.Parameter:
    flag = option.kind == "flag"
    kind = click.Choice(option.choices) if option.choices else _TYPES.get(option.kind)
    if option.positional:
        return click.Argument(
            [option.key],
            type=kind,
            required=option.required,
            nargs=-1 if option.many else 1,
            metavar=option.metavar or None,
        )
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
                click.echo(f"{option.name:26}{option.help}")
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
