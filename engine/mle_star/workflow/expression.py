"""Expressions over numbers, texts and names: read into a tree and computed, never executed.

``a > 0.8 and not (b + 1 < 2 * c)``, chained comparisons included; ``&&``, ``||`` and ``!`` are
read as ``and``, ``or`` and ``not``. There are no calls, no attributes and no indexing.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = float | str | bool

LONGEST = 1000
"""Characters of an expression at most."""

DEEPEST = 20
"""Parentheses and signs within each other at most, so that no text exhausts the stack."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign><=|>=|==|!=|&&|\|\||[<>+\-*/()!]))"
)
_SPELLINGS = {"&&": "and", "||": "or", "!": "not"}
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_KINDS = {float: "a number", str: "a text", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, true or false."""

    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """Something whose value is looked up."""

    name: str


@dataclass(frozen=True, slots=True)
class Negation:
    """``not x`` or ``-x``."""

    sign: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one level, each but the first with the sign before it: ``a < b <= c``."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


Expression = Constant | Name | Negation | Chain


def parse(text: str) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        Any text.

    Raises
    ------
    ValueError
        If it is none; the message says where and why.
    """
    if len(text) > LONGEST:
        raise ValueError(f"it has {len(text)} characters, at most {LONGEST} are read")
    reader = _Reader(list(_tokens(text)), len(text) + 1)
    found = reader.read(0, 0)
    reader.expect("")
    return found


def names(expression: Expression) -> Iterator[str]:
    """The names in an expression, from left to right."""
    match expression:
        case Name(name):
            yield name
        case Negation(_, operand):
            yield from names(operand)
        case Chain(first, rest):
            for part in (first, *(part for _, part in rest)):
                yield from names(part)


def kind(expression: Expression, kinds: Mapping[str, type]) -> type:
    """What an expression gives: float, str or bool.

    Parameters
    ----------
    expression : Expression
        To be checked.
    kinds : mapping of str to type
        What each of its names gives.

    Raises
    ------
    ValueError
        If parts do not go together, such as a text that is added or compared with a number.
    """
    match expression:
        case Constant(value):
            return type(value)
        case Name(name):
            return kinds[name]
        case Negation(sign, operand):
            return _same(sign, [kind(operand, kinds)])
        case Chain(first, rest):
            return _same(rest[0][0], [kind(first, kinds), *(kind(part, kinds) for _, part in rest)])


def compute(expression: Expression, values: Mapping[str, Value]) -> Value:
    """What an expression is worth.

    Parameters
    ----------
    expression : Expression
        One that :func:`kind` accepts.
    values : mapping of str to float, str or bool
        Of all its names.

    Raises
    ------
    ZeroDivisionError
        If something is divided by zero.
    """
    match expression:
        case Constant(value):
            return value
        case Name(name):
            return values[name]
        case Negation(sign, operand):
            result = compute(operand, values)
            return not result if sign == "not" else -float(result)
        case Chain(first, rest):
            parts = [(sign, compute(part, values)) for sign, part in rest]
            return _chain(compute(first, values), parts)


def _chain(value: Value, parts: list[tuple[str, Value]]) -> Value:
    if parts[0][0] in ("and", "or"):
        together = all if parts[0][0] == "and" else any
        return together([value, *(part for _, part in parts)])
    if parts[0][0] in _COMPARISONS:
        holds = True
        for sign, part in parts:
            holds, value = holds and _COMPARISONS[sign](value, part), part
        return holds
    for sign, part in parts:
        value = _ARITHMETIC[sign](value, part)
    return value


def _same(sign: str, kinds: list[type]) -> type:
    """The kind of a chain or negation with this sign; all operands must be of the wanted kind."""
    wanted: type = float
    if sign in ("==", "!="):
        wanted = kinds[0]
    elif sign in ("and", "or", "not"):
        wanted = bool
    wrong = next((found for found in kinds if found is not wanted), None)
    if wrong is not None:
        raise ValueError(f"{sign!r} takes {_KINDS[wanted]} here, not {_KINDS[wrong]}")
    return float if sign in _ARITHMETIC else bool


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the text: what it is, how it is written, and at which column from 1."""

    what: str
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            column = len(text) - len(text[at:].lstrip()) + 1
            rest = text[column - 1 :]
            hint = ", write == to compare" if rest.startswith("=") else ""
            raise ValueError(f"column {column}: {rest[:1]!r} is not understood{hint}")
        what = match.lastgroup or ""
        word = match[what]
        word = _SPELLINGS.get(word, word)
        if word in ("and", "or", "not"):
            what = "sign"
        yield _Token(what, word, match.start(what) + 1)
        at = match.end()


_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and",),
    ("not",),
    tuple(_COMPARISONS),
    ("+", "-"),
    ("*", "/"),
)
"""Signs from the loosest to the tightest; `not` stands before its operand."""


class _Reader:
    """Reads tokens from left to right, one function a level of signs."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = [*tokens, _Token("sign", "", end)]
        self._at = 0

    def read(self, level: int, depth: int) -> Expression:
        if level == len(_LEVELS):
            return self._operand(depth)
        if _LEVELS[level] == ("not",):
            return self._negated("not", level, depth) or self.read(level + 1, depth)
        first = self.read(level + 1, depth)
        rest: list[tuple[str, Expression]] = []
        while self._sign() in _LEVELS[level]:
            sign = self._next().text
            rest.append((sign, self.read(level + 1, depth)))
        return Chain(first, tuple(rest)) if rest else first

    def expect(self, sign: str) -> None:
        token = self._next()
        if token.what != "sign" or token.text != sign:
            what = repr(sign) if sign else "an end or a sign such as > or and"
            raise self._refused(token, what)

    def _operand(self, depth: int) -> Expression:
        if negated := self._negated("-", len(_LEVELS), depth):
            return negated
        token = self._next()
        match token.what:
            case "number":
                return Constant(_finite(token))
            case "text":
                return Constant(token.text[1:-1])
            case "name" if token.text in _CONSTANTS:
                return Constant(_CONSTANTS[token.text])
            case "name":
                return Name(token.text)
        if token.text != "(":
            raise self._refused(token, "a number, a name or a parenthesis")
        inner = self.read(0, _deeper(token, depth))
        self.expect(")")
        return inner

    def _negated(self, sign: str, level: int, depth: int) -> Expression | None:
        if self._sign() != sign:
            return None
        depth = _deeper(self._next(), depth)
        return Negation(sign, self.read(level, depth))

    def _sign(self) -> str:
        token = self._tokens[self._at]
        return token.text if token.what == "sign" else ""

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _refused(self, token: _Token, wanted: str) -> ValueError:
        found = repr(token.text) if token.text else "the end"
        return ValueError(f"column {token.column}: expected {wanted}, found {found}")


def _deeper(token: _Token, depth: int) -> int:
    if depth == DEEPEST:
        raise ValueError(f"column {token.column}: more than {DEEPEST} levels of parentheses")
    return depth + 1


def _finite(token: _Token) -> float:
    value = float(token.text)
    if math.isinf(value):
        raise ValueError(f"column {token.column}: {token.text[:20]} is too large a number")
    return value
