"""Whether ``solution.py``, run on the training file, predicts what the shipped model does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mle_star.bundle.bundle import TOLERANCE, apart, load, opened
from mle_star.bundle.caged import one_line, written_by_it
from mle_star.bundle.tables import read_table
from mle_star.errors import StateError
from mle_star.events import Noted
from mle_star.judge.cage.process import CageError
from mle_star.phases.context import Context
from mle_star.phases.members import caged
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.table import predictions_frame

SCRIPT_SECONDS = 4.0
"""What solution.py needs besides fitting: starting, reading."""

LONGEST_SCRIPT = 120.0
"""Seconds that running solution.py may take at most."""

_SCRIPT_SHARE = 0.7  # the rest is for what the bundle predicts for the same rows
_CAGED_SECONDS = 4.0
_MOST_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A written bundle, and the file that it was fitted on.

    Parameters
    ----------
    context : Context
        The session's.
    ensemble : Ensemble
        What was shipped; agent-written code runs in the sandbox.
    folder : Path
        The bundle.
    dataset : Path
        The training file.
    """

    context: Context
    ensemble: Ensemble
    folder: Path
    dataset: Path

    def tell(self, fit_seconds: float, deadline: float) -> None:
        """Run it, if there is time, and note what came of it.

        Parameters
        ----------
        fit_seconds : float
            What fitting the members took.
        deadline : float
            Reading of the budget's clock.
        """

        def measure() -> dict[str, str]:
            left = min(deadline - self.context.budget.clock(), LONGEST_SCRIPT)
            needed = SCRIPT_SECONDS + self.ensemble.is_foreign * _CAGED_SECONDS
            if left < needed + 2 * fit_seconds:
                return _note("info", "solution.py was not run: there was no time left for it")
            return self._measured(left)

        told = self.context.once("solution.py", measure)
        self.context.emit(Noted(told["level"], told["message"]))

    def _measured(self, seconds: float) -> dict[str, str]:
        with tempfile.TemporaryDirectory(dir=self.context.folder.resolve()) as work:
            output = Path(work) / "out.csv"
            data = str(self.dataset.resolve())
            command = [sys.executable, str(self.folder.resolve() / "solution.py"), "--train", data]
            command += ["--predict", data, "--output", str(output)]
            run = self._run_caged if self.ensemble.is_foreign else _run
            if problem := run(command, Path(work), _SCRIPT_SHARE * seconds):
                return problem
            try:
                distance = self._distance(output, seconds)
            except StateError as error:
                return _note("warning", f"solution.py could not be checked: {error.problem}")
        message = f"solution.py fitted again is within {distance:.2g} of the model's predictions"
        return _note("info" if distance <= TOLERANCE else "warning", message)

    def _run_caged(self, command: list[str], work: Path, seconds: float) -> dict[str, str]:
        sandbox = caged(self.context, seconds)
        try:
            status, last = sandbox.cage.run_script(
                command,
                reads=[self.folder.resolve(), self.dataset.resolve()],
                writes=work,
                seconds=seconds,
                memory_mib=sandbox.memory_mib,
            )
        except CageError as error:
            return _note("warning", f"solution.py was ended in the sandbox: {one_line(error)}")
        return _failed(last) if status else {}

    def _distance(self, output: Path, seconds: float) -> float:
        served = self._served(seconds).select_dtypes("number")
        try:
            if self.ensemble.is_foreign:
                written_by_it(output, _MOST_BYTES)
            again = pd.read_csv(output)[served.columns].to_numpy(dtype=float)
        except (KeyError, ValueError):  # other columns, no table, no numbers
            return float("inf")
        return apart(again, np.asarray(served, dtype=float))

    def _served(self, seconds: float) -> pd.DataFrame:
        if not self.ensemble.is_foreign:
            return load(self.folder, trust_code=True).predict(self.dataset)
        schema = opened(self.folder).schema
        table, width = read_table(self.dataset, schema), sum(schema.columns["widths"])
        matrix = caged(self.context, seconds).predict(self.folder.resolve(), table, width)
        return predictions_frame(matrix, schema.output_specs())


def _run(command: list[str], work: Path, seconds: float) -> dict[str, str]:
    try:
        subprocess.run(  # noqa: S603 - our own interpreter and file
            command, cwd=work, check=True, capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return _note("info", "solution.py was not checked: it took too long")
    except subprocess.CalledProcessError as error:
        return _failed(error.stderr.decode(errors="replace"))
    return {}


def _failed(stderr: str) -> dict[str, str]:
    last = " ".join(stderr.strip().splitlines()[-1:])
    return _note("warning", f"solution.py failed: {one_line(last)}")


def _note(level: str, message: str) -> dict[str, str]:
    return {"level": level, "message": message}
