"""The hooks in a file, read without running it: a Python file's functions, or an executable."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mle_star.hooks import DURING, EVENTS, hook
from mle_star.lifecycle.hook import Command, Hook

_NAMED = re.compile(rf"^[0-9]*[-_. ]?({'|'.join(EVENTS)})(?![a-z0-9])")
"""An executable's name: digits for its place, perhaps, then when it is called."""
_SETTING = re.compile(r"^\W*mle-star:\s*(.+)$", re.MULTILINE)
_HEAD = 2048
"""Bytes of an executable that are searched for ``# mle-star: seconds=10 of=tasks``."""
_SIGNATURE = inspect.signature(hook)


class Unusable(ValueError):  # noqa: N818 - told as it is
    """Why a file holds no hook that can be called."""


def hooks_in(path: Path, source: str) -> Iterator[Hook]:
    """The hooks of one file, in its order; none if it is about something else.

    Parameters
    ----------
    path : Path
        Absolute.
    source : str
        Where hooks of its folder come from.

    Raises
    ------
    Unusable
        If it is meant as a hook and cannot be one.
    """
    if path.suffix == ".py":
        found = list(_functions(path, source))
        if found or not os.access(path, os.X_OK):
            yield from found
            return
    named = _NAMED.match(path.name)
    if named is None:
        return
    if not os.access(path, os.X_OK):
        raise Unusable("it is named like a hook and cannot be executed: chmod +x it")
    values = _settings(path)
    yield _hook(path, path.name, source, lambda _: [str(path)], {"event": named[1], **values})


def _functions(path: Path, source: str) -> Iterator[Hook]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        raise Unusable(f"it cannot be read: {error}") from error
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and _is_hook(mark.func):
                yield _of_function(path, source, node, mark)


def _of_function(
    path: Path, source: str, node: ast.FunctionDef | ast.AsyncFunctionDef, mark: ast.Call
) -> Hook:
    if isinstance(node, ast.AsyncFunctionDef):
        raise Unusable(f"{node.name}, line {node.lineno}, is async: write a plain function")
    try:
        given = [ast.literal_eval(argument) for argument in mark.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in mark.keywords}
        values = _SIGNATURE.bind(*given, **named).arguments
    except ValueError as error:
        what = "write its arguments as literals, as in @hook('pre-task', seconds=10)"
        raise Unusable(f"@hook of {node.name}, line {node.lineno}: {what}") from error
    except TypeError as error:
        raise Unusable(f"@hook of {node.name}, line {node.lineno}: {error}") from error
    command = [sys.executable, "-P", "-m", "mle_star.lifecycle.child", str(path), node.name]
    does = (ast.get_docstring(node) or "").partition("\n")[0]
    return _hook(path, node.name, source, lambda _: command, values, does)


def _hook(
    path: Path,
    name: str,
    source: str,
    command: Command,
    values: Mapping[str, Any],
    does: str = "",
) -> Hook:
    found: dict[str, Any] = dict(values)
    if found["event"] not in EVENTS:
        raise Unusable(f"{name}: {found['event']!r} is none of {', '.join(EVENTS)}")
    if "on" in found:
        found["on"] = _kinds(name, found["on"])
    if "of" in found and not (isinstance(found["of"], str) and found["of"]):
        raise Unusable(f"{name}: of is {found['of']!r}: say run, tasks, a phase or a task's id")
    seconds = found.get("seconds", 1.0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise Unusable(f"{name}: seconds is {seconds!r}: give a number above 0")
    if found["event"] != DURING:
        found["on"] = ()
    return Hook(name, source=source, does=does, path=path, command=command, **found)


def _kinds(name: str, on: Any) -> tuple[str, ...]:
    from mle_star.eventlog import KINDS

    kinds = (on,) if isinstance(on, str) else tuple(on) if isinstance(on, list | tuple) else ()
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise Unusable(f"{name}: on is {on!r}: name kinds of event as in docs/events.md")
    return kinds


def _settings(path: Path) -> dict[str, Any]:
    """What an executable says of itself: ``mle-star: seconds=10 of=tasks on=step_finished``."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode(errors="replace")
    except OSError as error:
        raise Unusable(f"it cannot be read: {error.strerror}") from error
    found: dict[str, Any] = {}
    for word in (line for match in _SETTING.finditer(head) for line in match[1].split()):
        key, _, value = word.partition("=")
        if key not in ("of", "on", "seconds") or not value:
            raise Unusable(f"mle-star: {word}: it may say of=, on= and seconds=")
        found[key] = tuple(value.split(",")) if key == "on" else value
    if "seconds" in found:
        try:
            found["seconds"] = float(found["seconds"])
        except ValueError as error:
            raise Unusable(f"seconds={found['seconds']} is no number") from error
    return found


def _is_hook(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else None
    return (function.id if isinstance(function, ast.Name) else name) == "hook"
