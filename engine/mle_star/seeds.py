"""Seeds are derived, never drawn: the same (session seed, words) gives the same number anywhere."""

from __future__ import annotations

import hashlib


def derive(seed: int, *words: str | int) -> int:
    """Derive a seed for one step of a session.

    Parameters
    ----------
    seed : int
        The session's seed.
    *words : str or int
        What the seed is for, such as a phase and a step number.

    Returns
    -------
    int
        In ``[0, 2**31)``: accepted by numpy, scikit-learn, LightGBM, XGBoost and Optuna alike.
    """
    text = "\x1f".join([str(seed), *map(str, words)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
