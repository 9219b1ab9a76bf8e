"""What of a run's result does not depend on the clock, the place or what was paid."""

from __future__ import annotations

from typing import Any

from tests.agents.runs import Ran
from tests.reliability.runs import comparable

PAID = (
    "seconds",
    "dollars",
    "input_tokens",
    "output_tokens",
    "tokens_of_turns",
    "gained_per_dollar",
)


def same(ran: Ran) -> Any:
    """The result to compare with another's."""
    return _unpaid(comparable(ran.result))


def _unpaid(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unpaid(entry) for key, entry in value.items() if key not in PAID}
    return [_unpaid(entry) for entry in value] if isinstance(value, list) else value
