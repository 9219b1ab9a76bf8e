"""Cages of both layers, and candidates that an agent might have written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from tests.engine.judge.conftest import Problem, logistic, make_problem, planted

from mle_star.errors import SandboxError
from mle_star.judge import processes
from mle_star.judge.cage.cage import Cage, find_cage
from mle_star.judge.evaluation import FitRequest, FitResult
from mle_star.judge.judge import Judge
from mle_star.judge.pool import Pool
from mle_star.solution.solution import Solution

LAYERS = {"bubblewrap": (), "landlock": ("bubblewrap",)}
"""What is taken for absent, so that each layer is the one that is found."""


@pytest.fixture(scope="module", params=LAYERS)
def cage(request: pytest.FixtureRequest) -> Cage:
    try:
        found = find_cage(without=LAYERS[request.param])
    except SandboxError as error:
        if "not covered" in error.problem:
            raise  # there is one, and it is broken
        pytest.skip(f"no sandbox here: {error.problem}")
    assert "not covered" not in " ".join(found.passed_over)
    if not found.name.startswith(request.param):
        pytest.skip(f"no {request.param} here: {'; '.join(found.passed_over)}")
    return found


def foreign(solution: Solution) -> Solution:
    return replace(solution, blocks=tuple(replace(b, foreign=True) for b in solution.blocks))


def attack(code: str, name: str = "attack") -> Solution:
    """A candidate whose fit runs some code of an agent."""
    return foreign(planted(f"exec({code!r}, {{**globals(), 'self': self}})", name=name))


@dataclass
class Bench:
    """A judge over a caged pool."""

    problem: Problem
    pool: Pool
    judge: Judge

    def fit(
        self, solution: Solution, *, seconds: float = 20.0, save: Path | None = None
    ) -> FitResult:
        fold = self.problem.splits.folds[0]
        self.judge.candidate_seconds = seconds
        return self.judge.fit([FitRequest(solution, fold.train, fold.score, save=save)])[0]

    def is_well(self) -> bool:
        """Whether an honest candidate of an agent is fitted as if nothing had happened."""
        number = next(self._numbers)
        return self.fit(foreign(logistic(number))).failure == ""

    def __post_init__(self) -> None:
        self._numbers = iter(range(1, 10**6))


@pytest.fixture(scope="module")
def bench(cage: Cage, pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    problem = make_problem(tmp_path_factory.mktemp("bench"))
    pool.jobs = 2
    pool.guard(cage)
    made = Bench(problem, pool, problem.judge(pool=pool))
    assert made.is_well()  # and the server is up
    return made


def below_server(bench: Bench) -> list[psutil.Process]:
    assert bench.pool._caged is not None
    found = processes.descendants(bench.pool._caged._process.pid)
    return [process for process in found if processes.is_alive(process)]
