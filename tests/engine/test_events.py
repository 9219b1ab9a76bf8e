"""The kinds of events."""

from __future__ import annotations

from mle_star import events
from mle_star.eventlog import KINDS
from mle_star.events import Event


def test_each_kind_of_event_has_a_name_of_its_own_and_can_be_read_back() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type)]
    names = [kind.type for kind in kinds if issubclass(kind, Event) and kind is not Event]

    assert len(names) == len(set(names)) > 20
    assert set(names) == set(KINDS)
