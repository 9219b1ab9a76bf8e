"""What all events are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `type` names it, `loose` are the fields that a repeat may change."""

    type: ClassVar[str] = "event"
    loose: ClassVar[frozenset[str]] = frozenset()


Emit = Callable[[Event], None]
"""Where a phase hands its events."""
