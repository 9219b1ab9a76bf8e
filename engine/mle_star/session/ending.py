"""How a run may end, and what its exit status says of it."""

from __future__ import annotations

from mle_star.errors import EXIT_GATE, EXIT_INTERRUPTED, BudgetError, MleStarError

DONE, FAILED, INTERRUPTED, TIMEOUT = "done", "failed", "interrupted", "timeout"
"""The words for it, in the store and in the result."""


class TimeLimit(KeyboardInterrupt):
    """The hard limit of the run (``--timeout``) was reached."""


def ending_of(error: BaseException, *, has_model: bool) -> tuple[str, int]:
    """Word and exit status for a run that was ended by an exception.

    Parameters
    ----------
    error : BaseException
        What ended it.
    has_model : bool
        Whether a bundle is in place. At the hard limit its gates were not measured, so the run
        ends like one with a failed gate.
    """
    if isinstance(error, TimeLimit):
        return TIMEOUT, EXIT_GATE if has_model else BudgetError.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, EXIT_INTERRUPTED
    return FAILED, error.exit_code if isinstance(error, MleStarError) else 1
