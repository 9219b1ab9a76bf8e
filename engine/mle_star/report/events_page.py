"""The page about events, ``docs/events.md``, made from their classes.

Printed by ``python -m mle_star.report.events_page``.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Union, get_args, get_origin, get_type_hints

from mle_star.eventlog import KINDS, VERSION, encode
from mle_star.events import EvaluationFinished, Event

_HEAD = """# Events

A run tells of every step by an event: one JSON object a line. The lines are in `events.jsonl` in
the run's folder, and on standard output with `--output-format stream-json`, as soon as the step is
done. Nothing else stands there.

This page is made from the engine's own classes by `python -m mle_star.report.events_page`.

## A line

Every line holds these fields, and beside them those of its kind.

| field | type | what it is |
| --- | --- | --- |
"""

_ENVELOPE = {
    "v": ("integer", f"version of the lines' form, now {VERSION}"),
    "seq": ("integer", "number of the line in `events.jsonl`, from 0 without gaps"),
    "time": ("number", "seconds since 1970-01-01 UTC by the system's clock, which may jump"),
    "elapsed": ("number", "seconds that the run has gone on, pauses left out; never a date"),
    "of": ("string", "task of the workflow in which it happened; empty: the run itself"),
    "type": ("string", "kind of event"),
}

_PROMISE = """
A number that is not finite is `null`. Text is UTF-8. A last line without its end is torn, as a kill
or a power cut leaves it, and does not count.

A run that is resumed appends to the same file. After a `session_resumed` only those events before
it stand that it names: the first so many of each task, by `of`. A reader of the file leaves the
others out.

## What is promised

As long as `v` is {version}, no kind and no field is taken away, gets another name, another type or
another meaning. New kinds and new fields may come: a reader passes over what it does not know. Any
other change makes `v` {next}.

## An example

```json
{example}
```

## Kinds
"""

_NAMES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    types.NoneType: "null",
    Any: "any",
}


def page() -> str:
    """The page as Markdown."""
    rows = "".join(f"| `{name}` | {kind} | {what} |\n" for name, (kind, what) in _ENVELOPE.items())
    promise = _PROMISE.format(version=VERSION, next=VERSION + 1, example=_example())
    return _HEAD + rows + promise + "".join(_section(kind) for kind in KINDS.values())


def _section(kind: type[Event]) -> str:
    rows = "".join(f"| `{name}` | {words} |\n" for name, words in _fields(kind))
    table = f"\n| field | type |\n| --- | --- |\n{rows}" if rows else ""
    said = (inspect.getdoc(kind) or "").replace("None", "`null`")
    return f"\n### {kind.type}\n\n{said}\n{table}"


def _fields(kind: type[Event]) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        yield field.name, _words(hints[field.name])


def _words(hint: Any) -> str:
    """A type as JSON knows it."""
    arguments = get_args(hint)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(map(_words, arguments))
    if origin is list:
        return f"array of {_words(arguments[0])}"
    if origin is dict:
        return "object" if arguments[1] is Any else f"object of {_words(arguments[1])}"
    return _NAMES[hint]


def _example() -> str:
    event = EvaluationFinished(
        digest="47b5467bccd8096e",
        name="linear",
        parent="",
        changed="",
        origin="standard solution",
        blocks={"features": "841be9da1910d15e", "model": "c84edc5fff8f647f"},
        score=0.8303,
        spread=0.0104,
        folds=[0.8301, 0.8172, 0.8436],
        rows=901,
        seconds=0.61,
        peak_mib=3.2,
    )
    line = encode(event, 42, 1767225600.25, 2.4581, "foundation_building")
    return line.decode().rstrip()


if __name__ == "__main__":
    sys.stdout.write(page())
