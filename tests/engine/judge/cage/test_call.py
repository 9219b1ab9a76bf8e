"""Functions and scripts in a caged process of their own."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mle_star.judge import processes
from mle_star.judge.cage.cage import Cage
from mle_star.judge.cage.process import CageError

LIMITS: dict[str, Any] = {"seconds": 20.0, "memory_mib": 300.0}
Script = Callable[..., tuple[int, str]]

SYSTEM_CALLS = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.create_string_buffer(4096)
allowed = {}
for name, numbers in json.loads(sys.argv[1]).items():
    number = numbers[COLUMN]
    if number < 0:
        continue
    ctypes.set_errno(0)
    result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
    if result != -1 or ctypes.get_errno() not in (1, 38):
        allowed[name] = (result, ctypes.get_errno())
print(allowed, file=sys.stderr)
"""


@pytest.fixture
def script(cage: Cage, tmp_path: Path) -> Script:
    """Runs a script that may write to the folder `out`."""

    def run(text: str, *words: str, **limits: float) -> tuple[int, str]:
        path, out = tmp_path / "solution.py", tmp_path / "out"
        path.write_text(text)
        out.mkdir(exist_ok=True)
        command = [sys.executable, str(path), *words]
        return cage.run_script(command, reads=[path], writes=out, **{**LIMITS, **limits})

    return run


def left(before: list[psutil.Process]) -> list[psutil.Process]:
    return [
        process
        for process in processes.descendants(os.getpid())
        if process not in before and processes.is_alive(process)
    ]


def test_a_function_gives_back_its_result(cage: Cage) -> None:
    arguments = {"obj": {"a": [1, 2.5, "ö", None]}, "indent": 1}
    assert json.loads(cage.call("json:dumps", arguments, **LIMITS)) == arguments["obj"]


def test_an_exception_comes_back_as_its_text(cage: Cage) -> None:
    with pytest.raises(CageError, match=r"JSONDecodeError: Expecting value"):
        cage.call("json:loads", {"s": "nonsense"}, **LIMITS)


def test_what_is_no_function_is_told(cage: Cage) -> None:
    with pytest.raises(CageError, match="ModuleNotFoundError"):
        cage.call("mle_star.no_such_module:function", {}, **LIMITS)


def test_only_what_is_handed_in_can_be_read(cage: Cage, tmp_path: Path) -> None:
    given, kept = tmp_path / "given.py", tmp_path / "kept.py"
    given.write_text("x = 1")
    kept.write_text("x = 2")

    read = "linecache:getlines"
    assert cage.call(read, {"filename": str(given)}, reads=[given], **LIMITS) == ["x = 1\n"]
    assert cage.call(read, {"filename": str(kept)}, reads=[given], **LIMITS) == []
    with pytest.raises(CageError, match=r"PermissionError|FileNotFoundError|No such file"):
        cage.call("os:listdir", {"path": str(tmp_path)}, reads=[given], **LIMITS)


def test_secrets_of_the_environment_are_not_there(
    cage: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-51")

    for name in ("ANTHROPIC_API_KEY", "USER", "SSH_AUTH_SOCK"):
        assert cage.call("os:getenv", {"key": name}, **LIMITS) is None
    assert cage.call("os:getenv", {"key": "OMP_NUM_THREADS"}, **LIMITS) == "1"


@pytest.mark.parametrize(
    ("function", "arguments", "limits", "reason"),
    [
        ("subprocess:getoutput", {"cmd": "id"}, {}, "PermissionError"),
        ("os:fork", {}, {}, "PermissionError"),
        ("os:abort", {}, {}, "without an answer"),
        ("mle_star.judge.cage.exhaustion:never_end", {}, {"seconds": 0.4}, "time limit of 0.4 s"),
        ("mle_star.judge.cage.exhaustion:take_memory", {}, {}, "memory limit of 300 MiB"),
        ("mle_star.judge.cage.exhaustion:start_threads", {}, {}, "thread"),
    ],
)
def test_what_cannot_end_well_ends_soon_and_leaves_nothing(
    cage: Cage, function: str, arguments: dict[str, object], limits: dict[str, float], reason: str
) -> None:
    before = processes.descendants(os.getpid())
    started = time.monotonic()

    with pytest.raises(CageError, match=reason):
        cage.call(function, arguments, **{**LIMITS, **limits})

    assert time.monotonic() - started < {**LIMITS, **limits}["seconds"] + 20
    assert left(before) == []


def test_a_result_without_end_is_refused(cage: Cage) -> None:
    with pytest.raises(CageError, match="more than 64 MiB"):
        cage.call("secrets:token_hex", {"nbytes": 40 * 2**20}, seconds=20.0, memory_mib=900.0)


def test_a_script_writes_its_files_and_gives_back_its_status(
    script: Script, tmp_path: Path
) -> None:
    status, words = script(
        "import sys, pathlib, tempfile\n"
        "pathlib.Path('here').mkdir()\n"
        "pathlib.Path('here/a.csv').write_text(' '.join(sys.argv[1:]))\n"
        "with tempfile.TemporaryFile() as file: file.write(b'x')\n"
        "print('said', file=sys.stderr)\n"
        "sys.exit(3)\n",
        "--train",
        "T.csv",
    )

    assert (status, words) == (3, "said\n")
    assert (tmp_path / "out" / "here" / "a.csv").read_text() == "--train T.csv"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "solution.py"]


def test_a_script_that_fails_ends_with_one_and_its_traceback(script: Script) -> None:
    status, words = script("raise ValueError('not so')")

    assert status == 1
    assert words.endswith("ValueError: not so\n")


def test_a_script_writes_nowhere_else(script: Script, tmp_path: Path) -> None:
    status, words = script(
        "import sys, os\n"
        "for path in sys.argv[1:]:\n"
        "    try: open(path, 'a').write('x')\n"
        "    except OSError: continue\n"
        "    print(path, file=sys.stderr)\n",
        *(str(tmp_path / name) for name in ("solution.py", "beside", "out/../above")),
        *("/tmp/mle-star-x", "/dev/shm/mle-star-x", "/mle-star-x", os.__file__),
    )

    assert (status, words) == (0, "")


@pytest.mark.parametrize(
    "how", ["symlink('/etc/passwd', 'p')", "link(__file__, 'p')", "mkfifo('p')"]
)
def test_a_script_leaves_no_name_that_leads_elsewhere(
    script: Script, tmp_path: Path, how: str
) -> None:
    status, _ = script(f"import os\nos.{how}")

    assert status == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "seconds", "reason"),
    [
        ("for k in range(10**6): open(f'{k}', 'wb').write(bytes(2**23))", 20, "more than 300 MiB"),
        ("while True: print('x' * 10**6)", 1, "time limit of 1 s"),
    ],
)
def test_a_script_without_measure_is_ended(
    script: Script, text: str, seconds: float, reason: str
) -> None:
    before = processes.descendants(os.getpid())
    with pytest.raises(CageError, match=reason):
        script(text, seconds=seconds)
    assert left(before) == []


def test_endless_words_are_kept_short_and_end_the_script(script: Script) -> None:
    held = psutil.Process().memory_info().rss

    status, words = script("import sys\nwhile True: print('x' * 10**5, file=sys.stderr)")

    assert status != 0
    assert len(words) <= 2**14
    assert psutil.Process().memory_info().rss - held < 50 * 2**20


def test_refused_system_calls_are_refused_by_number(script: Script) -> None:
    from mle_star.judge.cage import seccomp

    if not seccomp.supported():
        pytest.skip("no filter on this machine")
    [column] = [c for name, (c, _) in seccomp._ARCHITECTURES.items() if name == os.uname().machine]
    calls = dict(seccomp._REFUSED)
    calls |= {"clone": (56, 220), "clone3": (435, 435), "too new": (463, 463), "x32": (2**30, -1)}

    status, words = script(SYSTEM_CALLS.replace("COLUMN", str(column)), json.dumps(calls))

    assert (status, words) == (0, "{}\n")


def test_the_32_bit_door_to_the_kernel_is_closed(script: Script) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("only x86_64 has one")
    status, words = script(
        "import ctypes, mmap, sys\n"
        "page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)\n"
        "page.write(bytes.fromhex('b814000000cd80c3'))  # getpid\n"
        "start = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "print(ctypes.CFUNCTYPE(ctypes.c_int)(start)(), file=sys.stderr)\n"
    )

    assert status != 0
    assert words == ""


def test_a_folder_with_a_link_in_its_name_can_be_written(cage: Cage, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    path = tmp_path / "link" / "solution.py"
    path.write_text("open('made', 'w').close()")

    status, words = cage.run_script([str(path)], reads=[path], writes=tmp_path / "link", **LIMITS)

    assert (status, words) == (0, "")
    assert (tmp_path / "real" / "made").exists()
