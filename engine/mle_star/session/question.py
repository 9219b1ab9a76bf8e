"""A question to a person, and how its answer is read; no terminal here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mle_star.errors import MleStarError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that is offered.

    Parameters
    ----------
    value : str
        What is answered by choosing it.
    label : str
        What a person sees.
    why : str, default ""
        What speaks for it, in one line.
    """

    value: str
    label: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question(Generic[Value]):
    """Something a person is asked.

    Parameters
    ----------
    key : str
        What it is about; unique in a run, so that a resumed run finds the answer again.
    text : str
        The question.
    choices : tuple of Choice
        The answers that are offered, the likeliest first.
    default : str
        The answer that is taken where none is given; the value of a choice.
    read : callable
        Turns an answer into what it means; raises a :class:`~mle_star.errors.MleStarError` that
        says why it cannot be taken.
    free : bool, default False
        Whether something else than the choices may be answered.
    hint : str, default ""
        What that may be, and what the answer is for.
    """

    key: str
    text: str
    choices: tuple[Choice, ...]
    default: str
    read: Callable[[str], Value]
    free: bool = False
    hint: str = ""

    def refusal(self, answer: str) -> str:
        """Why an answer cannot be taken; empty if it can."""
        try:
            self.read(answer)
        except MleStarError as error:
            return str(error)
        return ""


Asker = Callable[[Question[Any]], str]
"""Puts a question to a person; gives back an answer that :attr:`Question.read` takes."""
