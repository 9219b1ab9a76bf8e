"""Events of every kind with any content, as hypothesis strategies."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from mle_star.eventlog import KINDS
from mle_star.events import Event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["面白い" * 20, "a\nb\x1b[31m\t", "x" * 300, ""]
)
_INTEGERS = st.integers(0, 10**6)
_NUMBERS = st.floats(-1e6, 1e6, allow_nan=False) | _INTEGERS
_PLAIN = st.none() | st.booleans() | _INTEGERS | _NUMBERS | TEXTS
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: _INTEGERS,
    float: _NUMBERS,
    bool: st.booleans(),
    types.NoneType: st.none(),
    Any: _PLAIN,
}
_NAMES = st.lists(TEXTS, max_size=4)
_SHAPES = {
    "settings": st.fixed_dictionaries(
        {"seconds": st.floats(1, 1e6) | st.none(), "evaluations": _INTEGERS | st.none()}
    ),
    "tasks": st.lists(
        st.fixed_dictionaries({"id": TEXTS, "depends": _NAMES, "agents": _NAMES}), max_size=6
    ),
    "task": st.fixed_dictionaries(
        {"kind": TEXTS, "targets": _NAMES, "metric": TEXTS, "greater_is_better": st.booleans()}
    ),
    "summary": st.fixed_dictionaries({"status": TEXTS}),
}
"""Of dictionaries whose keys readers rely on."""


def any_event() -> st.SearchStrategy[Event]:
    """An event of any kind."""
    return st.one_of(*map(event_of, KINDS.values()))


def event_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """An event of one kind."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if _is_field(hint)}
    return st.builds(kind, **{name: _field(name, hint) for name, hint in hints.items()})


def _is_field(hint: Any) -> bool:
    return "ClassVar" not in str(hint)


def _field(name: str, hint: Any) -> st.SearchStrategy[Any]:
    is_free = hint == dict[str, Any] or hint == list[dict[str, Any]]
    return _SHAPES[name] if is_free and name in _SHAPES else _values(hint)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(_values, arguments))
    if origin is list:
        return st.lists(_values(arguments[0]), max_size=5)
    if origin is dict:
        return st.dictionaries(TEXTS, _values(arguments[1]), max_size=4)
    return _SIMPLE[hint]
