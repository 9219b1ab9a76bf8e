"""The sandbox found on this machine, and what may be run in it.

Layers are tried in this order: bubblewrap; Landlock with an empty network namespace; nothing,
where that is allowed explicitly. Whether one holds is found by attacking it from within
(:mod:`mle_star.judge.cage.attacks`), not told by its version.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mle_star.errors import SandboxError
from mle_star.judge.cage import attacks, bubblewrap, landlock, seccomp
from mle_star.judge.cage.confinement import Confinement
from mle_star.judge.cage.process import CagedProcess, CageError
from mle_star.judge.cage.view import environment, import_path

WITHOUT = "MLE_STAR_CAGE_WITHOUT"
"""Environment variable: means that are to be taken for absent, with commas between them."""
MEANS = ("bubblewrap", "landlock", "namespaces", "seccomp")

_NPROC_BY_NAMESPACE = 2
"""Version of Landlock in kernels that surely count threads for each user namespace."""
_MOST_THREADS = 1024
_NAMES_VISIBLE = "names and sizes of files outside can be asked for"


@dataclass(frozen=True, slots=True)
class Cage:
    """One way of running code that an agent wrote.

    Parameters
    ----------
    name : str
        Such as ``"bubblewrap + landlock + seccomp"``, or ``"none"``.
    covers, lacks : tuple of str
        What was measured to hold on this machine, and what does not.
    passed_over : tuple of str
        Stronger layers and why they do not hold here.
    confinement : Confinement
        What a process in it gives up by itself.
    bubblewrap, strict : bool
        Whether it is started by bubblewrap, and in what way.
    """

    name: str
    covers: tuple[str, ...]
    lacks: tuple[str, ...]
    passed_over: tuple[str, ...]
    confinement: Confinement
    bubblewrap: bool = False
    strict: bool = False

    def call(
        self,
        function: str,
        arguments: dict[str, Any],
        *,
        reads: Sequence[Path] = (),
        writes: Path | None = None,
        seconds: float,
        memory_mib: float,
    ) -> Any:
        """Call a function of mle_star in a fresh caged process.

        Parameters
        ----------
        function : str
            As ``"module:function"``.
        arguments : dict
            Plain JSON values by name; paths as text.
        reads : sequence of Path, default ()
            Files and folders that it may read beside libraries.
        writes : Path or None, default None
            The one folder that it may write; it must exist.
        seconds : float
            Wall time it may take.
        memory_mib : float
            Memory it may take, libraries' data included; no file may be larger.

        Returns
        -------
        Any
            What the function gave back, as JSON. Nothing in it is to be believed.

        Raises
        ------
        CageError
            If it raised, crashed or reached a limit.
        """
        process, status = self._run(
            {"function": function, "arguments": arguments}, reads, writes, seconds, memory_mib
        )
        try:
            answer = json.loads(process.answer)
            if "error" in answer:
                raise CageError(str(answer["error"]))
            return answer["result"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CageError(f"{_ending(status)} without an answer{process.last_line}") from None

    def run_script(
        self,
        command: Sequence[str],
        *,
        reads: Sequence[Path] = (),
        writes: Path | None = None,
        seconds: float,
        memory_mib: float,
    ) -> tuple[int, str]:
        """Run a Python script as a program; limits are those of :meth:`call`.

        Parameters
        ----------
        command : sequence of str
            The script and its arguments; an interpreter before it is left out. Its working folder
            is `writes`.
        reads : sequence of Path, default ()
            Files and folders that it may read: the script itself too.
        writes : Path or None, default None
            The one folder that it may write.
        seconds : float
            Wall time it may take.
        memory_mib : float
            Memory it may take.

        Returns
        -------
        tuple of int and str
            Exit status (negative for a signal), and the end of what it wrote to standard error.

        Raises
        ------
        CageError
            If it reached a limit, or could not be started.
        """
        script = list(command) if command[0].endswith(".py") else list(command[1:])
        process, status = self._run({"script": script}, reads, writes, seconds, memory_mib)
        words = process.words.decode(errors="replace")
        if not process.answer:  # the launcher says when it is about to run it
            raise CageError(f"{_ending(status)} before the script was run{process.last_line}")
        return status, words

    def command(
        self,
        code: str,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
        *,
        with_parent: bool,
    ) -> list[str]:
        """The command that runs Python code inside, up to what the code itself gives up.

        Parameters
        ----------
        code : str
            What follows on setting the import path.
        reads, writes : sequence of Path, default ()
            What is there beside libraries.
        with_parent : bool
            Whether it ends with the thread that starts it, where the layer does that.
        """
        code = f"import sys; sys.path[:] = {import_path()!r}; {code}"
        python = [sys.executable, "-c", code]
        if not self.bubblewrap:
            return python
        strict = self.strict
        inside = bubblewrap.command(reads, writes, strict=strict, with_parent=with_parent)
        return [*inside, *python]

    def _run(
        self,
        what: dict[str, Any],
        reads: Sequence[Path],
        writes: Path | None,
        seconds: float,
        memory_mib: float,
    ) -> tuple[CagedProcess, int]:
        readable = [path.absolute() for path in reads]
        writable = [writes.absolute()] if writes else []
        request = {
            "function": "", "arguments": {}, "script": [], **what,
            "confinement": asdict(self.confinement),
            "reads": list(map(str, readable)), "writes": list(map(str, writable)),
            "seconds": seconds, "memory_mib": memory_mib,
        }  # fmt: skip
        process = CagedProcess(seconds, memory_mib, writes)

        def command(descriptor: int) -> list[str]:
            code = f"from mle_star.judge.cage.launcher import main; main({descriptor})"
            return self.command(code, readable, writable, with_parent=True)

        status = process.run(
            command, json.dumps(request).encode(), environment(writable[0] if writable else None)
        )
        if writes:
            _check_plain(writes)
        return process, status


def find_cage(allow_unsandboxed: bool = False, without: Collection[str] = ()) -> Cage:
    """The first layer that holds on this machine.

    Parameters
    ----------
    allow_unsandboxed : bool, default False
        Whether none is acceptable where no layer holds.
    without : collection of str, default ()
        Means (:data:`MEANS`) that are to be taken for absent, beside those of :data:`WITHOUT`.

    Raises
    ------
    SandboxError
        If no layer holds and none is not acceptable.
    """
    absent = {*without, *filter(None, os.environ.get(WITHOUT, "").split(","))}
    passed_over: list[str] = []
    for layer in _layers(absent, passed_over):
        found = attacks.measure(layer.call)
        if not found.fatal:
            return replace(
                layer, covers=found.held, lacks=(*found.lost, *layer.lacks),
                passed_over=tuple(passed_over),
            )  # fmt: skip
        reason = f"{layer.name}: {'; '.join(found.fatal)}"
        passed_over += [reason] if reason not in passed_over else []
    if not allow_unsandboxed:
        raise SandboxError(
            f"code that an agent wrote needs a sandbox, and none holds here "
            f"({'; '.join(passed_over)})",
            "install bubblewrap (the command bwrap), or accept the risk with --allow-unsandboxed",
        )
    nothing = Confinement(namespaces=False, landlock=False, seccomp=False)
    lacks = tuple(dict.fromkeys(attack.covers for attack in attacks.ATTACKS))
    return Cage("none", (), lacks, tuple(passed_over), nothing)


def _layers(absent: set[str], passed_over: list[str]) -> Iterator[Cage]:
    """The layers that may hold, strongest first; why others cannot is added to `passed_over`."""
    filtered = "seccomp" not in absent and seccomp.supported()
    locked = "landlock" not in absent and landlock.version() >= landlock.OLDEST
    threads = _MOST_THREADS if landlock.version() >= _NPROC_BY_NAMESPACE and os.getuid() else 0
    own = Confinement(namespaces=False, landlock=locked, seccomp=filtered, threads=threads)
    means = [name for name, there in (("landlock", locked), ("seccomp", filtered)) if there]
    if "bubblewrap" in absent or bubblewrap.program() is None:
        passed_over.append("bubblewrap: not found")
    else:
        for strict in (True, False):
            name = " + ".join(["bubblewrap", *means])
            yield Cage(name, (), (), (), own, bubblewrap=True, strict=strict)
    if not locked:
        passed_over.append("landlock: not in this kernel (Linux 6.2 has what is needed)")
    elif not filtered:
        passed_over.append("landlock: no filter of system calls beside it on this machine")
    elif "namespaces" in absent:
        passed_over.append("landlock: no network namespace beside it")
    else:
        name = " + ".join(["landlock", "network namespace", "seccomp"])
        own = replace(own, namespaces=True)
        yield Cage(name, (), (_NAMES_VISIBLE,), (), own)


def _check_plain(folder: Path) -> None:
    """Raise if there is anything but files and folders: what the host would follow elsewhere."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            mode = Path(parent, name).lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise CageError(f"it left something that is no plain file: {name}")


def _ending(status: int) -> str:
    return f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
