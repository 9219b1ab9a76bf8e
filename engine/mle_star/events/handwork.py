"""The event of what is done by hand with a session that is not running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mle_star.events.base import Event


@dataclass(frozen=True, slots=True)
class Handwork(Event):
    """Something was done by hand: `action` is judge, edit, ensemble, validate or ship.

    `number` counts them in the session, `outcome` is one sentence, `facts` are what was found:
    the verdict, the ensemble chosen, the gates, what is shipped now.
    """

    type: ClassVar[str] = "handwork"
    number: int
    action: str
    outcome: str
    facts: dict[str, Any]
