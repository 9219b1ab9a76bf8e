"""What a person sees of a bug: one line, and where the rest was written."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from mle_star.errors import StateError
from mle_star.files import write_bytes


def report_crash(
    error: BaseException, words: Sequence[str], *, verbose: bool, folder: Path | None = None
) -> int:
    """Write a crash log and say in one line that it is there.

    Parameters
    ----------
    error : BaseException
        What was raised.
    words : sequence of str
        The command line's arguments.
    verbose : bool
        Whether to show the traceback as well.
    folder : Path, default None
        The session's folder; None: the store's home.

    Returns
    -------
    int
        Exit status 1.
    """
    text = "".join(traceback.format_exception(error))
    if verbose:
        click.echo(text, err=True)
    where = _write(folder or _home(), f"mle-star {' '.join(words)}\n\n{text}")
    line = f"{type(error).__name__}: {error}".splitlines()[0]
    click.echo(f"mle-star: this is a bug: {line}\n  {where}", err=True)
    return 1


def _home() -> Path:
    from mle_star_memory.location import home

    return home()


def _write(folder: Path, text: str) -> str:
    content = text.encode(errors="replace")  # words of a command line may be no UTF-8
    try:
        return f"Details: {write_bytes(folder / 'crash.log', content)}"
    except StateError as error:
        return f"Details could not be written: {error.problem}"
