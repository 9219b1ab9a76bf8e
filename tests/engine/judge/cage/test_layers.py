"""Which sandbox is found, and what happens where there is none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from tests.engine.judge.cage.conftest import attack, foreign
from tests.engine.judge.conftest import Opened, Problem, logistic

from mle_star.cli import doctor
from mle_star.errors import SandboxError
from mle_star.judge import processes
from mle_star.judge.cage import bubblewrap, exhaustion, landlock, seccomp, view
from mle_star.judge.cage.cage import WITHOUT, Cage, find_cage
from mle_star.judge.handles import Job
from mle_star.judge.pool import Pool
from mle_star.judge.wire import Order

NO_LAYER = [
    ("bubblewrap", "landlock"),
    ("bubblewrap", "namespaces"),
    ("bubblewrap", "seccomp"),
]


@pytest.mark.parametrize("absent", NO_LAYER)
def test_with_no_layer_the_run_ends_with_six_and_a_remedy(absent: tuple[str, ...]) -> None:
    with pytest.raises(SandboxError) as caught:
        find_cage(without=absent)

    assert caught.value.exit_code == 6
    assert "bubblewrap: not found" in caught.value.problem
    assert "landlock: " in caught.value.problem
    assert "install bubblewrap" in caught.value.remedy
    assert "--allow-unsandboxed" in caught.value.remedy


def test_no_sandbox_is_used_only_where_it_is_allowed_explicitly() -> None:
    found = find_cage(allow_unsandboxed=True, without=NO_LAYER[0])

    assert (found.name, found.covers) == ("none", ())
    assert {"network", "files of the user", "environment"} <= set(found.lacks)


def test_a_sandbox_that_holds_is_used_even_where_none_would_be_allowed(cage: Cage) -> None:
    assert find_cage(allow_unsandboxed=True).name != "none"
    assert {"network", "files of the user", "environment", "starting processes"} <= set(cage.covers)


def test_what_was_passed_over_is_told(cage: Cage) -> None:
    named = [reason for reason in cage.passed_over if reason.startswith("bubblewrap")]

    assert bool(named) == ("bubblewrap" not in cage.name)


def test_a_variable_takes_means_for_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT, ",".join(NO_LAYER[1]))

    with pytest.raises(SandboxError, match="no network namespace"):
        find_cage()


def test_a_bubblewrap_that_does_not_work_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'no permission' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    found = find_cage(allow_unsandboxed=True)

    assert bubblewrap.program() == str(fake)
    assert "bubblewrap" not in found.name
    assert "no permission" in found.passed_over[0]


def test_a_layer_that_lets_an_attack_through_is_no_sandbox(
    cage: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not cage.bubblewrap:
        pytest.skip("only bubblewrap's view can be widened from outside")
    open_ones = (*view.libraries(), Path(tempfile.gettempdir()))
    monkeypatch.setattr(bubblewrap, "libraries", lambda: open_ones)

    with pytest.raises(SandboxError, match="files of the user not covered"):
        find_cage(without=("landlock",))


def test_an_agents_code_is_refused_where_no_cage_was_given(tmp_path: Path) -> None:
    none = np.arange(0)
    order = Order(0, attack(f"open({str(tmp_path / 'mark')!r}, 'w')"), none, none, none)

    with pytest.raises(SandboxError, match="runs in a sandbox only"):
        Pool(1, tmp_path, memory_mib=600).run([Job(order)], lambda job, reply: [])

    assert list(tmp_path.iterdir()) == []


def test_one_block_of_an_agent_makes_a_solution_foreign(problem: Problem, opened: Opened) -> None:
    whole = logistic(3.5)
    mixed = whole.with_block(foreign(whole).blocks[-1])

    assert mixed.is_foreign
    assert not whole.is_foreign


def test_unsandboxed_by_permission_it_runs_and_is_ended_at_its_limits(
    problem: Problem, pool: Pool, opened: Opened
) -> None:
    pool.guard(find_cage(allow_unsandboxed=True, without=NO_LAYER[0]))
    judge = opened(candidate_seconds=4.0)
    detached = "import subprocess; subprocess.Popen(['sleep', '63'], start_new_session=True)"

    [found] = judge.evaluate([attack(detached)], slice=problem.slice())
    [endless] = judge.evaluate([attack("while True: pass")], slice=problem.slice())

    assert found.failure == ""
    assert endless.failure == "time limit of 4 s"
    below = [p for p in processes.descendants(os.getpid()) if processes.is_alive(p)]
    assert [p for p in below if p.name() == "sleep"] == []


def test_doctor_tells_what_holds_and_what_does_not() -> None:
    found = doctor.sandbox()
    if found["layer"] == "none":
        pytest.skip(f"no sandbox here: {found['passed_over']}")

    assert {"network", "limit on memory", "limit on time", "limit on output"} <= set(found["holds"])
    assert not any("limit" in lack for lack in found["lacks"])


def test_doctor_says_what_to_do_where_nothing_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT, ",".join(NO_LAYER[0]))
    monkeypatch.setattr(exhaustion, "ALL", exhaustion.ALL[:1])

    found = doctor.sandbox()

    assert found["layer"] == "none"
    assert "network" in found["lacks"]
    assert "install bubblewrap" in found["remedy"]


def test_the_view_holds_no_home_and_no_data() -> None:
    tops = [*map(Path, view.SYSTEM), *view.libraries()]

    assert not any(Path.home().is_relative_to(top) for top in tops)
    assert not any(Path.cwd() == top for top in tops)
    assert seccomp.supported() or landlock.version() == 0
