"""Questions on a terminal: numbers, names, words, Enter, explanations, and the end of the input."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console

from mle_star.cli.asking import MOST_TRIES, ensure_terminal, terminal_asker
from mle_star.errors import UsageError
from mle_star.session.question import Asker, Choice, Question

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")


def read(answer: str) -> str:
    if answer.startswith("x"):
        raise UsageError(f"{answer!r} begins with x", "begin with another letter")
    return answer.upper()


CHOICES = (
    Choice("churn", "Churn", "last column"),
    Choice("tenure", "Tenure", "a number of months, " + "very " * 30 + "long"),
    Choice("none", "none"),
)
FREE = Question(
    "t", "Which [bold]column[/]?", CHOICES, "churn", read, free=True, hint="Any will do."
)
CLOSED = Question("t", "Which?", CHOICES, "churn", read)


def asked(question: Question[Any], typed: str, width: int = 80) -> tuple[str, str]:
    """What is answered, and what stood on the terminal."""
    screen = io.StringIO()
    ask = terminal_asker(Console(file=screen, width=width), io.StringIO(typed))
    return ask(question), screen.getvalue()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("\n", "churn"),
        ("   \n", "churn"),
        ("2\n", "tenure"),
        ("Tenure\n", "tenure"),
        ("TENURE \n", "tenure"),
        ("3\n", "none"),
        ("another column\n", "another column"),
        ("7\n", "7"),
    ],
)
def test_a_number_a_name_words_or_enter_answer_a_free_question(typed: str, answer: str) -> None:
    assert asked(FREE, typed)[0] == answer


def test_the_choices_stand_a_line_each_with_what_speaks_for_them() -> None:
    _, shown = asked(FREE, "\n")

    lines = shown.splitlines()
    assert lines[1] == "Which [bold]column[/]?"
    assert lines[2].split() == ["1", "Churn", "last", "column"]
    assert lines[3].startswith("  2  Tenure  a number of months, very")
    assert len(lines[3].rstrip()) <= 80
    assert lines[5] == "1-3, or in words, Enter for Churn, ? explains: "


@pytest.mark.parametrize("width", [20, 40, 200])
def test_any_width_of_terminal_will_do(width: int) -> None:
    answer, shown = asked(CLOSED, "?\n2\n", width)

    assert answer == "tenure"
    assert "Tenure" in shown


def test_a_question_mark_explains_in_full_and_asks_again() -> None:
    answer, shown = asked(FREE, "?\n" * 8 + "2\n")

    assert answer == "tenure"
    assert shown.count("Any will do.") == 8
    assert "very long" in " ".join(shown.split())
    assert shown.count("? explains: ") == 9


def test_an_answer_that_cannot_be_taken_is_asked_again_with_the_reason() -> None:
    answer, shown = asked(FREE, "xylophone\ntenure\n")

    assert answer == "tenure"
    assert "not taken: 'xylophone' begins with x" in shown
    assert "What to do: begin with another letter" in shown


@pytest.mark.parametrize("typed", ["4", "0", "-1", "maybe", "²", "9" * 5000])
def test_what_is_none_of_the_choices_is_refused_where_only_they_may_be_answered(typed: str) -> None:
    answer, shown = asked(CLOSED, f"{typed}\n2\n")

    assert answer == "tenure"
    assert "is none of these; give a number from 1 to 3" in " ".join(shown.split())


def test_after_too_many_refused_answers_the_default_is_taken_and_said() -> None:
    answer, shown = asked(CLOSED, "no\n" * (MOST_TRIES + 3))

    assert answer == "churn"
    assert shown.count("not taken") == MOST_TRIES
    assert "5 answers could not be taken: Churn is taken" in shown


@pytest.mark.parametrize("typed", ["", "xylophone\n"])
def test_at_the_end_of_the_input_the_default_is_taken_and_said(typed: str) -> None:
    answer, shown = asked(FREE, typed)

    assert answer == "churn"
    assert shown.endswith("  end of input: Churn is taken\n")


def test_a_scripted_asker_and_the_terminal_are_one_to_the_caller() -> None:
    askers: list[Asker] = [
        lambda _: "tenure",
        terminal_asker(Console(file=io.StringIO()), io.StringIO("2\n")),
    ]

    assert [FREE.read(ask(FREE)) for ask in askers] == ["TENURE", "TENURE"]


class Terminal:
    """A program on a terminal of its own, typed into and looked at."""

    def __init__(self, script: str) -> None:
        self._ours, theirs = os.openpty()  # type: ignore[attr-defined, unused-ignore]
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL + script],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
            text=True,
        )
        os.close(theirs)

    def type(self, text: str, *, after: str) -> None:
        """Type when the program has shown something."""
        self.wait_for(after)
        os.write(self._ours, text.encode())

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + 30
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            try:
                self.shown += os.read(self._ours, 4096).decode(errors="replace")
            except OSError:  # the program has ended
                assert text in self.shown, self.shown
                return

    def press_until_it_ends(self, key: str) -> None:
        """Press a key, again after a while: a signal just before a blocking read is seen late."""
        for _ in range(10):
            os.write(self._ours, key.encode())
            try:
                self.process.wait(timeout=3)
            except subprocess.TimeoutExpired:
                continue
            return

    def ended(self) -> tuple[int, str]:
        out, _ = self.process.communicate(timeout=30)
        return self.process.returncode, out

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._ours)


_ON_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from rich.console import Console
from mle_star.cli.asking import ensure_terminal, terminal_asker
from mle_star.session.question import Choice, Question
ensure_terminal()
question = Question("t", "Which?", (Choice("a", "Anna"), Choice("b", "Bert")), "a", str, free=True)
ask = terminal_asker(Console(stderr=True))
"""


@pytest.fixture
def on_terminal() -> Iterator[Callable[[str], Terminal]]:
    opened: list[Terminal] = []

    def _open(script: str) -> Terminal:
        opened.append(Terminal(script))
        return opened[-1]

    yield _open
    for terminal in opened:
        terminal.close()


@POSIX
def test_on_a_real_terminal_answers_are_typed_and_standard_output_stays_clean(
    on_terminal: Callable[[str], Terminal],
) -> None:
    terminal = on_terminal("print(ask(question)); print(ask(question)); print(ask(question))")

    for typed in ("2\n", "\n", "Zoë\n"):
        terminal.type(typed, after="explains: ")
        terminal.wait_for("\n")
        terminal.shown = terminal.shown.rpartition("explains: ")[2]

    assert terminal.ended() == (0, "b\na\nZoë\n")


@POSIX
def test_ctrl_d_takes_the_default_and_says_so(on_terminal: Callable[[str], Terminal]) -> None:
    terminal = on_terminal("print(ask(question))")

    terminal.type("\x04", after="explains: ")

    terminal.wait_for("end of input: Anna is taken")
    assert terminal.ended() == (0, "a\n")


@POSIX
def test_ctrl_c_is_left_to_the_caller(on_terminal: Callable[[str], Terminal]) -> None:
    script = (
        "\ntry:\n    ask(question)\nexcept KeyboardInterrupt:\n    print('stopped'); sys.exit(130)"
    )
    terminal = on_terminal(script)

    terminal.wait_for("explains: ")
    terminal.press_until_it_ends("\x03")

    assert terminal.ended() == (130, "stopped\n")


@POSIX
def test_bytes_that_are_no_text_are_refused_and_asked_again(
    on_terminal: Callable[[str], Terminal],
) -> None:
    terminal = on_terminal(
        "question = Question('t', '?', question.choices, 'a', str)\n"
        "sys.stdin.reconfigure(encoding='utf-8', errors='strict')\nprint(ask(question))"
    )

    terminal.wait_for("explains: ")
    os.write(terminal._ours, b"\xff\n")
    terminal.type("2\n", after="none of these")

    assert terminal.ended() == (0, "b\n")


@POSIX
@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_without_a_terminal_interactive_is_refused(stream: str) -> None:
    _, terminal = os.openpty()  # type: ignore[attr-defined, unused-ignore]
    streams: dict[str, Any] = {"stdin": terminal, "stderr": terminal, stream: subprocess.PIPE}
    script = """
from mle_star.cli.asking import ensure_terminal
try:
    ensure_terminal()
except Exception as error:
    print(error)
"""

    ran = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, **streams
    )

    assert ran.stdout.startswith("--interactive needs a terminal\n")


def test_a_closed_or_missing_stream_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, io.StringIO()):
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(UsageError, match="needs a terminal"):
            ensure_terminal()
