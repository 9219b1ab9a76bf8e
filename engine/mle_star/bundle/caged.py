"""Having things done in the sandbox with a model that holds agent-written code.

The engine's own process never loads or runs such a model: it hands files in, and takes files and
numbers out, none of which it believes without a look. What runs there is
:mod:`mle_star.bundle.inside`.
"""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from mle_star.bundle.blocks import to_json
from mle_star.bundle.model_file import JOBLIB, SKOPS, ModelFile
from mle_star.errors import StateError
from mle_star.judge.cage.cage import Cage
from mle_star.judge.cage.process import CageError
from mle_star.solution.solution import Ensemble

_LONGEST_REASON = 300


def free_mib() -> float:
    """Memory that a caged process may take where nothing else is asked for."""
    return 0.8 * psutil.virtual_memory().available / 2**20


@dataclass(frozen=True, slots=True)
class Caged:
    """A sandbox, and what each process in it may take.

    Parameters
    ----------
    cage : Cage
        The sandbox.
    seconds : float
        Wall time of a process.
    memory_mib : float
        Memory of a process.
    scratch : Path or None, default None
        Folder for what is handed in and out; None: the system's.
    """

    cage: Cage
    seconds: float
    memory_mib: float
    scratch: Path | None = None

    def pack(
        self,
        members: Sequence[Path],
        ensemble: Ensemble,
        widths: Sequence[int],
        sample: pd.DataFrame,
    ) -> ModelFile:
        """Make the model file of members that workers saved.

        Raises
        ------
        StateError
            If the model's code fails or breaks a limit, or what comes out is no model file.
        """
        with self._desk() as desk:
            arguments = _model(members, ensemble, widths)
            arguments |= {"sample": desk.table(sample), "folder": str(desk.out)}
            told = self._call("pack", arguments, [*members, desk.given], desk.out)
            if not isinstance(told, dict) or told.get("name") not in (SKOPS, JOBLIB):
                raise StateError("the sandbox made no model file")
            content = _content(desk.out / told["name"], self.memory_mib * 2**20)
            return ModelFile(told["name"], content, one_line(told.get("why")))

    def predict(self, bundle: Path, table: pd.DataFrame, width: int) -> np.ndarray:
        """Load a bundle as a user would and predict typed rows.

        Returns
        -------
        ndarray of shape (n_rows, width)

        Raises
        ------
        StateError
            If the model's code fails or breaks a limit, or gives something else.
        """
        with self._desk() as desk:
            output = desk.out / "matrix"
            arguments = {"bundle": str(bundle), "table": desk.table(table), "output": str(output)}
            self._call("predict", arguments, [bundle, desk.given], desk.out)
            return _matrix(output, len(table), width)

    def latencies(
        self,
        members: Sequence[Path],
        ensemble: Ensemble,
        widths: Sequence[int],
        batch: pd.DataFrame,
    ) -> tuple[float, float]:
        """See :func:`mle_star.bundle.latency.latencies`; raises as :meth:`pack` does."""
        with self._desk() as desk:
            arguments = _model(members, ensemble, widths) | {"batch": desk.table(batch)}
            told = self._call("time_predictions", arguments, [*members, desk.given], None)
        try:
            single, in_batch = (float(seconds) for seconds in told)
        except (TypeError, ValueError) as error:
            raise StateError("the sandbox gave no times") from error
        if not (0 < single < self.seconds and 0 < in_batch < self.seconds):
            raise StateError("the sandbox gave times that cannot be")
        return single, in_batch

    def combine(self, ensemble: Ensemble, matrices: Sequence[np.ndarray]) -> np.ndarray:
        """Combine the members' predictions; raises as :meth:`predict` does."""
        rows, width = matrices[0].shape
        with self._desk() as desk:
            given, output = desk.given / "matrices.npy", desk.out / "matrix"
            np.save(given, np.stack(matrices))
            arguments = {"blocks": to_json(ensemble), "matrices": str(given), "output": str(output)}
            self._call("combine", arguments, [desk.given], desk.out)
            return _matrix(output, rows, width)

    def _call(
        self, function: str, arguments: dict[str, Any], reads: Sequence[Path], writes: Path | None
    ) -> Any:
        try:
            return self.cage.call(
                f"mle_star.bundle.inside:{function}",
                arguments,
                reads=reads,
                writes=writes,
                seconds=self.seconds,
                memory_mib=self.memory_mib,
            )
        except CageError as error:
            raise StateError(
                "the model holds code that an agent wrote, and in the sandbox that failed: "
                f"{one_line(error)}"
            ) from error

    @contextmanager
    def _desk(self) -> Iterator[_Desk]:
        """What is handed in, and where to write; gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="caged-", dir=self.scratch) as root:
            desk = _Desk(Path(root).resolve() / "given", Path(root).resolve() / "out")
            desk.given.mkdir()
            desk.out.mkdir()
            yield desk


@dataclass(frozen=True, slots=True)
class _Desk:
    given: Path
    out: Path

    def table(self, table: pd.DataFrame) -> str:
        path = self.given / "table.pickle"
        table.to_pickle(path)
        return str(path)


def written_by_it(path: Path, most_bytes: float) -> Path:
    """A file that a caged process wrote, seen to be one and no link, pipe or endless thing.

    Raises
    ------
    StateError
        If it is not.
    """
    try:
        found = path.lstat()
    except OSError as error:
        raise StateError(f"the sandbox wrote no {path.name}") from error
    if not stat.S_ISREG(found.st_mode) or found.st_size > most_bytes:
        raise StateError(f"what the sandbox wrote as {path.name} is no file that can be used")
    return path


def _model(members: Sequence[Path], ensemble: Ensemble, widths: Sequence[int]) -> dict[str, Any]:
    for path in members:
        written_by_it(path, float("inf"))
    described: Mapping[str, Any] = to_json(ensemble)
    return {"members": [*map(str, members)], "blocks": described, "widths": [*map(int, widths)]}


def one_line(text: object) -> str:
    """What came out of the sandbox, fit to be shown."""
    words = " ".join(str(text or "").split())[:_LONGEST_REASON]
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def _content(path: Path, most_bytes: float) -> bytes:
    return written_by_it(path, most_bytes).read_bytes()


def _matrix(path: Path, rows: int, width: int) -> np.ndarray:
    content = _content(path, rows * width * 8)
    if len(content) != rows * width * 8:
        raise StateError("the model's code gives another number of predictions than there are rows")
    return np.frombuffer(content, dtype=np.float64).reshape(rows, width)
