"""The start of one caged process: gives everything up, then does the one thing it is asked for."""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, NoReturn

from mle_star.judge import processes
from mle_star.judge.cage.confinement import Confinement

_LONGEST_TEXT = 2000


def main(descriptor: int) -> NoReturn:
    """Read the request from standard input, answer it to a descriptor.

    Parameters
    ----------
    descriptor : int
        Where the answer is written to, as JSON: ``{"result": ...}`` or ``{"error": text}``.
    """
    processes.die_with_parent()
    request = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    warnings.simplefilter("ignore")
    confinement = Confinement(**request["confinement"])
    paths = {key: tuple(map(Path, request[key])) for key in ("reads", "writes")}
    try:
        confinement.isolate()
        confinement.apply(request["memory_mib"], request["seconds"], **paths)
        os.chdir((*request["writes"], "/")[0])
        os.write(descriptor, b"\n")  # so far no foreign code: from here on all is the candidate's
        if request["script"]:
            _run(request["script"])
        else:
            _answer(descriptor, {"result": _call(request["function"], request["arguments"])})
    except MemoryError:
        _answer(descriptor, {"error": f"memory limit of {request['memory_mib']:.0f} MiB"})
    except Exception as error:
        traceback.print_exc()
        _answer(descriptor, {"error": f"{type(error).__name__}: {error}"[:_LONGEST_TEXT]})
    finally:
        sys.stderr.flush()
        os._exit(0)


def _call(function: str, arguments: dict[str, Any]) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(**arguments)


def _run(command: list[str]) -> None:
    sys.argv[:] = command
    sys.path.insert(0, str(Path(command[0]).parent))
    status: Any = 0
    try:
        runpy.run_path(command[0], run_name="__main__")
    except SystemExit as error:
        status = error.code
        if not isinstance(status, int | None):
            print(status, file=sys.stderr)  # noqa: T201 - as the interpreter does
            status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit((status or 0) & 0xFF)


def _answer(descriptor: int, answer: dict[str, Any]) -> None:
    content = json.dumps(answer).encode()
    while content:
        content = content[os.write(descriptor, content) :]
