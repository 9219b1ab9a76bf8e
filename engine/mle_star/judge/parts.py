"""How many rows are held back from the search, by how many there are.

The shipped model is fitted on all rows, so rows held back cost only the choice among candidates:
next to nothing, by ``benchmarks/held_back.py``. The holdout is therefore as large as its score
needs, and no larger. Choosing among finalists on rows of their own gained nothing there, so that
part is small, and is left out where noise would choose.
"""

from __future__ import annotations

from dataclasses import dataclass

HOLDOUT_SHARE = 0.15
SMALL_HOLDOUT_SHARE = 0.20
"""Of fewer than ``SMALL_ROWS``, where a smaller holdout says next to nothing."""
SMALL_ROWS = 2_000
MOST_HOLDOUT = 10_000
"""Rows on which the score of a model hardly varies any more."""
SELECTION_SHARE = 0.05
LEAST_SELECTION = 1_000
"""Selection rows below which noise chooses among finalists: there is no such part then."""
MOST_SELECTION = 5_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows held back from the search.

    Parameters
    ----------
    holdout : int
        Those that the chosen model is measured on, once.
    selection : int
        Those that finalists are chosen among on, once; 0: by nested cross-validation.
    """

    holdout: int
    selection: int


def parts_of(rows: int, share: float | None = None, *, alike: bool = False) -> Parts:
    """Sizes of the parts.

    Parameters
    ----------
    rows : int
        Of the whole table.
    share : float or None, default None
        Of the holdout rows, as asked for; None: by rows. With 0 nothing is held back at all.
    alike : bool, default False
        Whether rows come in groups or follow one another in time. They then tell less than their
        number says, so no part is capped.

    Returns
    -------
    Parts
        Of a holdout that was not asked for: 20 % of fewer than 2,000 rows, else 15 %, at most
        10,000. Of the selection: 5 %, at most 5,000; none where that is fewer than 1,000.
    """
    if share == 0:
        return Parts(0, 0)
    most_holdout, most_selection = (rows, rows) if alike else (MOST_HOLDOUT, MOST_SELECTION)
    if share is None:
        usual = SMALL_HOLDOUT_SHARE if rows < SMALL_ROWS and not alike else HOLDOUT_SHARE
        holdout = min(round(usual * rows), most_holdout)
    else:
        holdout = max(1, round(share * rows))
    selection = min(round(SELECTION_SHARE * rows), most_selection)
    return Parts(holdout, selection if selection >= LEAST_SELECTION else 0)
