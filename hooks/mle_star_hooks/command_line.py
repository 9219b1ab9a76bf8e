"""A shell command as simple commands, so far as they can be read without running anything."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

_BETWEEN = {";", "&&", "||", "|", "&", "(", ")", ";;", "|&"}
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[^\n]*\n(.*?)\n\s*\2\s*(?:\n|$)", re.DOTALL)
_PYTHON = re.compile(r"^python[\d.]*$")
_VALUELESS = re.compile(r"^-[bBdEhiIOPqsSuvVx]+$")


class Simple(NamedTuple):
    """One program and its words.

    Parameters
    ----------
    program : str
        Its name, without a folder.
    words : tuple of str
        What follows it.
    code : str
        Python source given with it, as ``-c`` or on standard input.
    """

    program: str
    words: tuple[str, ...]
    code: str = ""

    @property
    def script(self) -> str:
        """The Python file that it runs; empty if none."""
        if not _PYTHON.match(self.program):
            return ""
        for word in self.words:
            if not _VALUELESS.match(word):
                return word if word.endswith(".py") else ""
        return ""

    @property
    def module(self) -> str:
        """What ``python -m`` runs; empty if nothing."""
        if _PYTHON.match(self.program) and "-m" in self.words[:-1]:
            return self.words[self.words.index("-m") + 1]
        return ""

    def value(self, *options: str) -> str:
        """The value of the first of some options; empty if none is given."""
        for place, word in enumerate(self.words):
            name, equals, value = word.partition("=")
            if name in options:
                return value if equals else next(iter(self.words[place + 1 :]), "")
        return ""


def simple_commands(command: str) -> list[Simple]:
    """The simple commands of a line; none if it cannot be split.

    Parameters
    ----------
    command : str
        As given to a shell.
    """
    texts = [match.group(3) for match in _HEREDOC.finditer(command)]
    lexer = shlex.shlex(
        _HEREDOC.sub(" ;\n", command).replace("\\\n", " ").replace("\n", " ; "),
        posix=True,
        punctuation_chars=";&|()",
    )
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        return []
    found: list[list[str]] = [[]]
    for token in tokens:
        if token in _BETWEEN:
            found.append([])
        else:
            found[-1].append(token)
    commands = [_simple(words) for words in map(_bare, found) if words]
    return [
        Simple(c.program, c.words, "\n".join(texts)) if _reads_stdin(c) and texts else c
        for c in commands
    ]


def _bare(words: list[str]) -> list[str]:
    """Without what stands before the program: variables and such as ``time`` or ``nohup``."""
    while words and (re.match(r"^\w+=", words[0]) or words[0] in _BEFORE):
        words = words[1:]
    return words


_BEFORE = {"time", "nohup", "env", "exec", "command", "sudo", "nice"}


def _simple(words: list[str]) -> Simple:
    program, rest = Path(words[0]).name, tuple(words[1:])
    code = ""
    if _PYTHON.match(program) and "-c" in rest[:-1]:
        code = rest[rest.index("-c") + 1]
    return Simple(program, rest, code)


def _reads_stdin(command: Simple) -> bool:
    if not _PYTHON.match(command.program) or command.code or command.module:
        return False
    return not command.script
