"""Questions to a person on a terminal: asked on standard error, answered on standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from mle_star.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from mle_star.session.question import Asker, Question

MOST_TRIES = 5
"""Answers that cannot be taken, after which the default is."""

_EXPLAIN = "?"


def ensure_terminal() -> None:
    """See that there is a person to ask.

    Raises
    ------
    UsageError
        If standard input or standard error is no terminal.
    """
    for stream in (sys.stdin, sys.stderr):
        if stream is None or stream.closed or not stream.isatty():
            raise UsageError(
                "--interactive needs a terminal",
                "leave it out, or run the command in a terminal, without a pipe or a file",
            )


def terminal_asker(console: Console, answers: TextIO | None = None) -> Asker:
    """Somebody who puts questions on a terminal.

    Parameters
    ----------
    console : Console
        On standard error; nothing else may be drawing on it while a question is asked.
    answers : text stream, default None
        Where the answers come from, a line each; None: standard input.

    Returns
    -------
    callable
        Takes a question; gives back an answer that it takes. Ctrl-C is left to the caller.
    """

    def ask(question: Question[Any]) -> str:
        _show(console, question)
        tries = 0
        while tries < MOST_TRIES:
            line = _line(console, question, answers or sys.stdin)
            if line is None:
                return _settle(console, question, "end of input")
            if line == _EXPLAIN:
                _explain(console, question)
                continue
            answer = _meant(line, question)
            refusal = _refusal(answer, question)
            if not refusal:
                return answer
            tries += 1
            _say(console, f"not taken: {refusal}", "yellow")
        return _settle(console, question, f"{MOST_TRIES} answers could not be taken")

    return ask


def _line(console: Console, question: Question[Any], answers: TextIO) -> str | None:
    """One line of a person's; None at the end of the input."""
    console.print(_prompt(question), end="", style="bold", markup=False, soft_wrap=True)
    console.file.flush()
    try:
        line = answers.readline()
    except UnicodeDecodeError:
        return "\ufffd"
    except OSError:  # the terminal has gone
        line = ""
    if not line:
        console.print()
    return line.strip() if line else None


def _prompt(question: Question[Any]) -> str:
    free = ", or in words" if question.free else ""
    numbers = f"1-{len(question.choices)}" if len(question.choices) > 1 else "1"
    return f"{numbers}{free}, Enter for {_label(question)}, ? explains: "


def _meant(line: str, question: Question[Any]) -> str:
    """The answer that a line means: a number of the list first, then a name, then free text."""
    if not line:
        return question.default
    if line.isascii() and line.isdigit() and 1 <= int(line[:9]) <= len(question.choices):
        return question.choices[int(line) - 1].value
    folded = line.casefold()
    named = [c for c in question.choices if folded in (c.value.casefold(), c.label.casefold())]
    exact = [choice for choice in named if line in (choice.value, choice.label)]
    found = exact or named
    return found[0].value if len(found) == 1 else line


def _refusal(answer: str, question: Question[Any]) -> str:
    """Why an answer cannot be taken; empty if it can."""
    if not question.free and all(answer != choice.value for choice in question.choices):
        return f"{answer[:60]!r} is none of these; give a number from 1 to {len(question.choices)}"
    return question.refusal(answer)


def _settle(console: Console, question: Question[Any], why: str) -> str:
    _say(console, f"{why}: {_label(question)} is taken", "yellow")
    return question.default


def _label(question: Question[Any]) -> str:
    chosen = (choice.label for choice in question.choices if choice.value == question.default)
    return next(chosen, question.default)


def _show(console: Console, question: Question[Any]) -> None:
    """The question and its choices, a line each."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    console.print()
    console.print(Text(question.text, style="bold"))
    width = max(cell_len(choice.label) for choice in question.choices)
    width = min(width, console.width // 2)
    for number, choice in enumerate(question.choices, 1):
        style = "cyan" if choice.value == question.default else ""
        label = set_cell_size(choice.label, width)
        line = Text.assemble(f"{number:3}  ", (label, style), "  ", (choice.why, "dim"))
        console.print(line, no_wrap=True, overflow="ellipsis")


def _explain(console: Console, question: Question[Any]) -> None:
    """All that there is to say of the choices, in full."""
    for choice in question.choices:
        _say(console, f"{choice.label}: {choice.why}" if choice.why else choice.label, "")
    if question.hint:
        _say(console, question.hint, "")
    _say(console, f"Without an answer, {_label(question)} is taken. Ctrl-C stops the run.", "")


def _say(console: Console, text: str, style: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(text, style=style), (0, 0, 0, 2), expand=False))
