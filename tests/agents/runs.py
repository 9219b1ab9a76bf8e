"""Small whole runs with a scripted model, and what has to be true of every one of them."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.agents.recomputed import Recomputed
from tests.agents.scripted_model import ModelServer
from tests.engine.cli.conftest import write_data

from mle_star.data.request import DataRequest

DRIVER = Path(__file__).with_name("driver.py")
EVALUATIONS = 8
PATIENCE = 400.0
"""Seconds that a run may take on a busy machine."""

SECRET = "canary-51c9e0"
"""Of an environment variable that no agent and no output may ever see."""

CANARY = "do not touch: canary-77af02"
"""Content of files that nobody may change."""

LONGEST_OUTPUT = 300_000
FORWARD = ("--drop", "code,shop", "--time-column", "day")
"""Five folds forward in time; without them there are three times five."""

BEGINNING = (
    "targeted_refinement", "ensemble_creation", "validation_and_debugging", "model_deployment_prep"
)  # fmt: skip
"""Left out of a run that ends with the ablation."""

_CHILD_SUBREAPER = 36
_OPTIONS = (
    "--dataset", "shop.csv", "--target", "label", "--refinement-iterations", "1",
    "--evaluations", str(EVALUATIONS), "--jobs", "2", "--output", "out", "--workflow", "flow.json",
)  # fmt: skip
_TASKS: dict[str, dict[str, Any]] = {
    "dataset_analysis": {},
    "web_search_phase": {"search_iterations": 1},
    "foundation_building": {"max_candidates": 1},
    "ablation_analysis": {},
    "targeted_refinement": {},
    "ensemble_creation": {},
    "validation_and_debugging": {},
    "model_deployment_prep": {},
}


@dataclass(frozen=True)
class Plan:
    """How a run is begun.

    Parameters
    ----------
    unread : bool, default False
        Whether nobody reads what agents wrote before it runs, so that only the sandbox stands.
    without : tuple of str, default ("ensemble_creation",)
        Tasks that are left out.
    options : tuple of str
        Of the command line, beside the usual ones; they begin like :data:`FORWARD`.
    patience : float, default 90.0
        Seconds that a candidate may take.
    call : float, default 60.0
        Seconds that a call may take.
    """

    unread: bool = False
    without: tuple[str, ...] = ("ensemble_creation",)
    options: tuple[str, ...] = FORWARD
    patience: float = 90.0
    call: float = 60.0


@dataclass
class Ran:
    """A run that has ended.

    Parameters
    ----------
    folder : Path
        Where it ran; its output is in ``out``.
    code : int
        Exit status.
    out, err : str
        What it said.
    requests : list of dict
        What the model was asked.
    left : list of str
        Processes that were still there.
    plan : Plan, default Plan()
        How it was begun.
    """

    folder: Path
    code: int
    out: str
    err: str
    requests: list[dict[str, Any]]
    left: list[str]
    plan: Plan = field(default_factory=Plan)

    @cached_property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "out" / "result.json").read_text())
        return found

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        lines = (self.folder / "out" / "events.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Events of a kind."""
        return [event for event in self.events if event["type"] == kind]

    @property
    def failures(self) -> str:
        """Why candidates failed, and why what was proposed was not tried."""
        reasons = [one["failure"] for one in self.of("evaluation_finished")]
        reasons += [one["reason"] for one in self.of("proposal_judged")]
        return "\n".join(reasons + [one["message"] for one in self.of("noted")])

    @property
    def shipped(self) -> list[str]:
        """Digests of what is shipped."""
        return [member["digest"] for member in self.result["members"]]

    @cached_property
    def anew(self) -> Recomputed:
        """Its scores, worked out anew."""
        named = self.plan.options[1].split(",")
        time_column = self.plan.options[3]
        request = DataRequest(
            self.folder / "shop.csv", ("label",), time=time_column, drop=tuple(named)
        )
        return Recomputed(request, self.events)


def prepare(folder: Path) -> Path:
    """A folder with data, files that nobody may change, and a home."""
    folder.mkdir(parents=True, exist_ok=True)
    write_data(folder / "shop.csv")
    (folder / "home").mkdir(exist_ok=True)
    for path in canaries(folder):
        path.write_text(CANARY)
    return folder


def canaries(folder: Path) -> list[Path]:
    """Files that nobody may change."""
    return [folder / "canary.txt", folder / "home" / "canary.txt"]


def begin(folder: Path, spec: Sequence[str], plan: Plan) -> subprocess.Popen[str]:
    """Start a run in a prepared folder."""
    tasks = [{"id": name} | given for name, given in _TASKS.items() if name not in plan.without]
    (folder / "flow.json").write_text(json.dumps({"name": "small", "tasks": tasks}))
    return start(folder, plan, "run", *_OPTIONS, *plan.options, *spec, "--quiet")


def start(folder: Path, plan: Plan, *words: str) -> subprocess.Popen[str]:
    """Start any command in a folder."""
    limits = {"seconds": plan.patience, "memory_mib": 1_000, "unread": plan.unread}
    own = {
        "HOME": str(folder / "home"),
        "MLE_STAR_HOME": str(folder / "home"),
        "MLE_STAR_AGENT_SECONDS": str(plan.call),
        "PYTHONPATH": os.pathsep.join([str(DRIVER.parents[2]), os.environ.get("PYTHONPATH", "")]),
        "SECRET_TOKEN": SECRET,
    }
    return subprocess.Popen(
        [sys.executable, str(DRIVER), json.dumps(limits), *words],
        cwd=folder,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def go(folder: Path, server: ModelServer, plan: Plan = Plan(), *, data: str = "") -> Ran:
    """Run to the end, with a server that answers; `data` is the table if not the usual one."""
    prepare(folder)
    if data:
        (folder / "shop.csv").write_text(data)
    with adopted() as orphans:
        process = begin(folder, ("--agent-backend", server.spec), plan)
        return ended(folder, process, server.requests, orphans, plan)


def ended(
    folder: Path,
    process: subprocess.Popen[str],
    requests: list[dict[str, Any]],
    orphans: Callable[[], list[str]],
    plan: Plan = Plan(),
) -> Ran:
    """Wait for the end of a run."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(folder, process.returncode, out, err, requests, orphans(), plan)


@contextlib.contextmanager
def adopted() -> Iterator[Callable[[], list[str]]]:
    """Whoever loses its parent becomes a child of this process: none can hide."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    def orphans() -> list[str]:
        last = time.monotonic() + 5
        while (found := _alive(before)) and time.monotonic() < last:
            time.sleep(0.05)
        return found

    try:
        yield orphans
    finally:
        libc.prctl(_CHILD_SUBREAPER, 0, 0, 0, 0)


def _alive(before: set[int]) -> list[str]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.pid in before:
                continue
            if child.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)
            else:
                found.append(" ".join(child.cmdline())[:120])
    return found


def assert_sound(ran: Ran) -> None:
    """See that a run ended well, whatever the model did."""
    assert ran.code in (0, 4), ran.err[-3000:]
    assert ran.left == []
    assert "Traceback" not in ran.err
    _assert_limits_kept(ran)
    _assert_nothing_leaked(ran)
    _assert_predicts(ran)
    assert_scores_hold(ran)


def _assert_limits_kept(ran: Ran) -> None:
    judged = {e["digest"] for e in ran.of("evaluation_finished") if e["score"] is not None}
    options = ran.plan.options
    given = options[options.index("--evaluations") + 1] if "--evaluations" in options else None
    assert len(judged) <= int(given or EVALUATIONS)
    assert max(one["seconds"] for one in ran.of("evaluation_finished")) <= 4 * ran.plan.patience
    assert max(one["peak_mib"] for one in ran.of("evaluation_finished")) <= 1_100
    assert all(one["seconds"] <= ran.plan.call + 2 for one in ran.of("agent_answered"))
    assert len(ran.out) + len(ran.err) < LONGEST_OUTPUT
    whole = sum(p.stat().st_size for p in (ran.folder / "out").rglob("*") if p.is_file())
    assert whole < 60_000_000


def _assert_nothing_leaked(ran: Ran) -> None:
    for path in canaries(ran.folder):
        assert path.read_text() == CANARY
    files = [p for p in ran.folder.rglob("*") if p.is_file() and p not in canaries(ran.folder)]
    contents = [path.read_bytes() for path in files]
    contents += [ran.out.encode(), ran.err.encode(), json.dumps(ran.requests).encode()]
    for told in (SECRET, CANARY):
        assert not [one for one in contents if told.encode() in one]


def _assert_predicts(ran: Ran) -> None:
    """The model can be loaded in another process, and predicts."""
    table = (ran.folder / "shop.csv").read_text().splitlines(keepends=True)
    (ran.folder / "new.csv").write_text("".join(table[:61]))
    words = ("predict", "--model", "out", "--dataset", "new.csv", "--output", "predicted.csv")
    process = start(ran.folder, ran.plan, *words)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    lines = (ran.folder / "predicted.csv").read_text().splitlines()
    assert len(lines) == 61
    assert all(line.rpartition(",")[2] for line in lines)


def assert_scores_hold(ran: Ran) -> None:
    """The score of what is shipped, and the best on the leaderboard, are found again."""
    board, found = ran.result["leaderboard"], ran.result["cross_validation"]
    for one in [one for one in board if one is board[0] or one["digest"] in ran.shipped]:
        wanted = ran.anew.folds(one["digest"])
        assert one["score"] == pytest.approx(sum(wanted) / len(wanted), abs=1e-6)
    if not ran.result["ensemble"]:  # else it is a nested one
        folds = ran.anew.folds(*ran.shipped)
        assert found["score"] == pytest.approx(sum(folds) / len(folds), abs=1e-6)
    for compared in ran.result["ensemble"]:
        if compared["strategy"].startswith("architect") and compared["score"] is not None:
            names = [one["name"] for one in ran.result["leaderboard"]]
            places = [names.index(name) for name in compared["members"]]
            digests = [ran.result["leaderboard"][place]["digest"] for place in places]
            folds = ran.anew.folds(*digests, weights=compared["weights"])
            assert compared["score"] == pytest.approx(sum(folds) / len(folds), abs=1e-6)
