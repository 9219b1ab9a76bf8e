"""A session from its first event to its last, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mle_star.budget import Budget, Clock
from mle_star.errors import EXIT_GATE, EXIT_OK
from mle_star.events import Emit, SessionFinished, SessionStarted
from mle_star.judge.pool import Pool
from mle_star.session.ending import DONE, ending_of
from mle_star.session.flow import Flow
from mle_star.session.folder import Folder
from mle_star.session.settings import Settings

_ENDING = 1.5
"""Seconds kept for the report and for the process to end, but no more than ``_ENDING_SHARE``."""
_ENDING_SHARE = 0.05


def run_session(
    settings: Settings,
    folder: Folder,
    emit: Emit,
    pool: Pool,
    *,
    identity: str,
    clock: Clock,
    now: Callable[[], float],
    started: float,
) -> int:
    """Run a session.

    Parameters
    ----------
    settings : Settings
        The run's options.
    folder : Folder
        Claimed for it. Nothing is left in it if the data cannot be used.
    emit : callable
        Takes the events.
    pool : Pool
        Warming already; closed at the end.
    identity : str
        The session's id.
    clock : Clock
        Monotonic seconds.
    now : callable
        Seconds since the epoch.
    started : float
        Reading of the clock from which the time budget counts.

    Returns
    -------
    int
        Exit status: 0, 4 if a gate failed, 130 if interrupted.

    Raises
    ------
    MleStarError
        What a user can cause. The session's last event was emitted, as in every case.
    """
    ending = min(_ENDING, _ENDING_SHARE * settings.seconds)
    seconds = max(0.0, settings.seconds - ending - (clock() - started))
    budget = Budget(clock, seconds, settings.evaluations)
    created = datetime.fromtimestamp(now(), UTC).isoformat(timespec="seconds")
    flow = Flow(settings, folder, pool, budget, emit, created)
    finish = _Finish(emit, flow.summary, clock, started)
    emit(SessionStarted(identity, settings.name, str(folder.root), settings.plain()))
    try:
        passed = flow.run()
    except BaseException as error:
        pool.close()
        folder.clean()
        status, code = ending_of(error, has_model=folder.has_model)
        finish(status, code)
        if not flow.opened:
            folder.discard()
        if isinstance(error, KeyboardInterrupt):
            return code
        raise
    pool.close()
    folder.clean()
    return finish(DONE, EXIT_OK if passed else EXIT_GATE)


class _Finish:
    """Emits a session's last event."""

    def __init__(self, emit: Emit, summary: dict[str, Any], clock: Clock, started: float) -> None:
        self._emit = emit
        self._summary = summary
        self._clock = clock
        self._started = started

    def __call__(self, status: str, code: int) -> int:
        seconds = self._clock() - self._started
        self._emit(SessionFinished(code, seconds, {"status": status, **self._summary}))
        return code
