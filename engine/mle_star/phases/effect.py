"""What an ablation says of a block."""

from __future__ import annotations

from dataclasses import dataclass

from mle_star.types import Role

ORDER = (Role.FEATURES, Role.HYPERPARAMETERS, Role.MODEL, Role.TRAIN, Role.POST, Role.CLEAN)
"""Most promising first: for when there is no time for all, or nothing else is known."""

HIGH, MEDIUM, LOW = "HIGH", "MEDIUM", "LOW"


@dataclass(frozen=True, slots=True)
class BlockEffect:
    """What one block is worth.

    Parameters
    ----------
    role : Role
        Of the block.
    effect : float or None
        Score lost without it, in the metric's units; positive: the block helps. None: not measured.
    low, high : float or None
        95 % interval of the effect.
    p_value : float or None
        Two-sided, paired over folds.
    impact : {"HIGH", "MEDIUM", "LOW"}
        HIGH: beyond noise (one corrected standard error) and at least 1 % of the score's size.
        MEDIUM: beyond noise, but smaller. LOW: within noise, or not measured.
    neutral : str
        The recipe put in its place, ``removed``, or ``itself`` where it is plain already.
    failure : str, default ""
        Why there is no effect, such as ``cannot be removed: ...``.
    """

    role: Role
    effect: float | None
    low: float | None
    high: float | None
    p_value: float | None
    impact: str
    neutral: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class PartEffect:
    """What a part of a block is worth, see :class:`BlockEffect`.

    Parameters
    ----------
    role : Role
        Of the block.
    part : str
        What was taken away.
    effect, low, high, p_value : float or None
        Score lost without it.
    failure : str, default ""
        Why there is no effect.
    """

    role: Role
    part: str
    effect: float | None
    low: float | None
    high: float | None
    p_value: float | None
    failure: str = ""
