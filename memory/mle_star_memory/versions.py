"""Versions of models: what was made, from what, and how far it got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from mle_star_memory.store import StoreError

EXPERIMENTAL, STAGING, PRODUCTION, ARCHIVED = "experimental", "staging", "production", "archived"
STAGES = (EXPERIMENTAL, STAGING, PRODUCTION, ARCHIVED)
"""How far a version may get; of one name at most one is in production."""


@dataclass(frozen=True)
class Version:
    """One version of a model.

    Parameters
    ----------
    name : str
        The model's name, that of the runs that made its versions.
    session : str
        The session that made it.
    folder : str
        Absolute path of the session's folder, with the model in it.
    time : float
        Seconds since the epoch.
    number : int
        From 1 up within a name; 0 until the store has given it one.
    stage : str
        One of :data:`STAGES`.
    parent : str
        The session that its own went on from, else that of the version before; empty for a first.
    data, code, model : str
        SHA-256 digests of the training file, of ``solution.py`` and of the model's manifest.
    metric : str
        Name of the metric.
    score : float or None
        On the holdout rows, else cross-validated.
    refusals : list of str
        Why it may not be promoted to production: gates that failed, hooks that blocked.
    changes : list of dict
        Every change of its stage: ``time``, ``from``, ``to``, ``why`` and ``forced``.
    """

    name: str
    session: str
    folder: str
    time: float
    number: int = 0
    stage: str = EXPERIMENTAL
    parent: str = ""
    data: str = ""
    code: str = ""
    model: str = ""
    metric: str = ""
    score: float | None = None
    refusals: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def made(cls, values: Any) -> Version:
        """The version that plain values hold; those that are not known are left out.

        Raises
        ------
        StoreError
            If they hold none: people edit files by hand.
        """
        known = {one.name for one in fields(cls)}
        try:
            return cls(**{key: value for key, value in values.items() if key in known})
        except (TypeError, AttributeError) as error:
            raise StoreError(f"a version in it is damaged: {error}") from error


@dataclass(frozen=True)
class Move:
    """A change of stage.

    Parameters
    ----------
    stage : str
        Where to.
    time : float
        Seconds since the epoch.
    why : str
        For the record.
    forced : bool, default False
        Whether it was done although something spoke against it.
    """

    stage: str
    time: float
    why: str
    forced: bool = False


def numbered(known: Sequence[Version], fresh: Version) -> Version:
    """A version with its number, its parent being the version before it if it names none.

    Parameters
    ----------
    known : sequence of Version
        Of the same name, in the order of their numbers.
    fresh : Version
        Without a number.

    Returns
    -------
    Version
        The one that is known already, if its session made the same model before.
    """
    for version in known:
        if (version.session, version.model) == (fresh.session, fresh.model):
            return version
    parent = fresh.parent or (known[-1].session if known else "")
    number = known[-1].number + 1 if known else 1
    return replace(fresh, number=number, parent=parent)


def moved(known: Sequence[Version], name: str, number: int, move: Move) -> list[Version]:
    """The versions that a change of stage changes, those that make way first.

    Parameters
    ----------
    known : sequence of Version
        Of the name.
    name : str
        The name.
    number : int
        Which one.
    move : Move
        Where to, and why.

    Raises
    ------
    StoreError
        If there is no such version.
    """
    chosen = next((version for version in known if version.number == number), None)
    if chosen is None:
        raise StoreError(f"it holds no version {number} of {name!r}")
    if chosen.stage == move.stage:
        return []
    way = Move(ARCHIVED, move.time, f"version {number} took its place")
    others = [v for v in known if v.stage == PRODUCTION and v.number != number]
    makes_way = others if move.stage == PRODUCTION else []
    return [*(_changed(version, way) for version in makes_way), _changed(chosen, move)]


def _changed(version: Version, move: Move) -> Version:
    change = asdict(move)
    change = {"time": change["time"], "from": version.stage, "to": change["stage"], **change}
    del change["stage"]
    return replace(version, stage=move.stage, changes=[*version.changes, change])
