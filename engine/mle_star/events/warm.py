"""What a session that goes on from another one tells of the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mle_star.events.base import Event


@dataclass(frozen=True, slots=True)
class DriftMeasured(Event):
    """How the data differs from what the session `parent` had; `lines` say it in sentences.

    `drift` holds `before`, `now`, `added`, `removed` (rows), `compared` (which rows), `tests` (how
    many), `drifted` (those beyond noise, the largest first) and `noticed`.
    """

    type: ClassVar[str] = "drift_measured"
    parent: str
    drift: dict[str, Any]
    lines: list[str]


@dataclass(frozen=True, slots=True)
class ModelsCompared(Event):
    """The model of this session held against that of `parent` on the same rows.

    `kind` is models (the one that was shipped then), solutions (its code fitted anew on the rows
    that the new one was fitted on) or none; `what` says exactly what was compared, or why nothing
    was. The gain is positive where the new one is better; `low` and `high` bound it by 95 %.
    """

    type: ClassVar[str] = "models_compared"
    parent: str
    kind: str
    rows: int
    score: float | None
    last: float | None
    gain: float | None
    low: float | None
    high: float | None
    what: str
