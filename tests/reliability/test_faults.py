"""The proof: the n-th call and all after it fail, as on a full or broken disk."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.reliability.runs import begin, events, finish, go_on, halves, left, prepare, resume
from tests.reliability.whole import Whole

from mle_star.bundle.bundle import load
from mle_star_memory.sqlite_store import SqliteStore

pytestmark = pytest.mark.proof

NUMBERS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
@pytest.mark.parametrize("call", ["write", "fsync", "rename", "commit", "trial"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_call_fails(call: str, number: int, code: int, whole: Whole, tmp_path: Path) -> None:
    if number > whole.calls[call]:
        pytest.skip(f"the run has {whole.calls[call]} such calls")
    plan = {"fail": {"call": call, "number": number, "code": code}}
    ended = finish(begin(prepare(tmp_path), plan))

    assert f"[{call} {number} fails]" in ended.err
    assert ended.code in (0, 4, 8), ended.err
    assert halves(tmp_path) == []
    assert left(tmp_path) == []
    if ended.code == 8:
        _assert_told(ended.err, code)
        ended = finish(go_on(tmp_path))
    whole.assert_same(tmp_path, ended.code)


def _assert_told(said: str, code: int) -> None:
    (told,) = [line for line in said.splitlines() if line.startswith("mle-star: ")]
    assert "out/" in told
    assert os.strerror(code) in told or "database or disk is full" in told or "disk I/O" in told
    assert "resume out" in said or "choose another --output folder" in said


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)]
    if os.getuid() or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_real_disk_is_full(small: Path, whole: Whole) -> None:
    ballast = prepare(small) / "ballast"
    ballast.write_bytes(bytes(1_400_000))
    ended = finish(begin(small))

    assert ended.code == 8
    assert "No space left on device" in ended.err
    assert "resume out" in ended.err
    assert halves(small) == []
    assert left(small) == []
    if (small / "out" / "model").exists():
        load(small / "out").predict(small / "shop.csv")
    assert events(small)

    subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
    whole.assert_same(small, finish(resume(small)).code)
    with SqliteStore(small / "home" / "memory.sqlite3") as store:
        assert [session.status for session in store.sessions()] == ["done"]
