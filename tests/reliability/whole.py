"""The undisturbed run, which all others must end like."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reliability.runs import begin, finish, halves, judged, kinds, left, prepare, result


@dataclass(frozen=True)
class Whole:
    """What came of the undisturbed run.

    Parameters
    ----------
    code : int
        Its exit status.
    seconds : float
        What it took.
    kinds : Counter
        Events in its log.
    calls : dict
        Calls of each kind that may fail.
    judged : list of str
        What it judged, in order.
    result : object
        Its result, as far as it can be compared.
    """

    code: int
    seconds: float
    kinds: Counter[str]
    calls: dict[str, int]
    judged: list[str]
    result: Any

    def assert_same(self, folder: Path, code: int) -> None:
        """See that a run that went on ended like the undisturbed one and judged nothing twice."""
        again = judged(folder)

        assert code == self.code
        assert again == self.judged
        assert len(set(again)) == len(again)
        assert result(folder) == self.result
        assert halves(folder) == []
        assert left(folder) == []


def tell(folder: Path) -> Whole:
    """Run without a mishap."""
    ended = finish(begin(prepare(folder), {"count": True}))
    assert ended.code in (0, 4), ended.err
    _, _, calls = ended.err.rpartition("calls: ")
    return Whole(
        ended.code,
        ended.seconds,
        kinds(folder),
        json.loads(calls),
        judged(folder),
        result(folder),
    )
