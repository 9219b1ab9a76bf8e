"""The bus and the log of events."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mle_star import events
from mle_star.events import Bus, Event, EventLog, Noted, SessionFinished


def test_the_log_holds_one_numbered_line_an_event_as_soon_as_it_is_emitted(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "deep" / "events.jsonl", now=lambda: 12.5)

    log(Noted("info", "line\nbreak"))
    log(SessionFinished(0, 1.5, {"score": np.float64(0.5), "bad": float("nan")}))

    lines = (tmp_path / "deep" / "events.jsonl").read_text().splitlines()
    log.close()
    assert [json.loads(line) for line in lines] == [
        {"seq": 0, "time": 12.5, "type": "noted", "level": "info", "message": "line\nbreak"},
        {
            "seq": 1,
            "time": 12.5,
            "type": "session_finished",
            "exit_code": 0,
            "seconds": 1.5,
            "summary": {"score": 0.5, "bad": None},
        },
    ]


def test_every_reader_gets_every_event_in_order() -> None:
    seen: list[tuple[str, Event]] = []
    bus = Bus([lambda event: seen.append(("a", event)), lambda event: seen.append(("b", event))])
    first, second = Noted("info", "1"), Noted("info", "2")

    bus(first)
    bus(second)

    assert seen == [("a", first), ("b", first), ("a", second), ("b", second)]


def test_each_kind_of_event_has_a_name_of_its_own() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type)]
    names = [kind.type for kind in kinds if issubclass(kind, Event)]

    assert len(names) == len(set(names)) > 10
