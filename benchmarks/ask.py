"""The engine's own share of a call to an agent: all of it but the client's life.

python benchmarks/ask.py

The client is a shell script that answers at once. Bare starts of it and calls through the back end
take turns, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path

from mle_star.agents.ask.claude import PROGRAM, ClaudeBackend
from mle_star.agents.ask.request import Request, Turn

_RESULT = '{"type":"result","subtype":"success","is_error":false,"structured_output":{"x":1}}'
_EVENT = '{"type":"stream_event","event":{"type":"content_block_delta","index":0,"text":"abcde"}}'


def main() -> None:
    options = _options()
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, {options.calls} calls")
    with tempfile.TemporaryDirectory() as folder:
        for events in (0, 2000):
            _compare(Path(folder), events, options.calls)


def _compare(folder: Path, events: int, calls: int) -> None:
    program = folder / f"claude-{events}"
    output = folder / f"output-{events}"
    output.write_text(f"{_EVENT}\n" * events + f"{_RESULT}\n")
    program.write_text(f"#!/bin/sh\nexec cat {output}\n")
    program.chmod(0o755)
    os.environ[PROGRAM] = str(program)
    backend = ClaudeBackend()
    turns = tuple(Turn("asked " * 50, "answered " * 50) for _ in range(5))
    request = Request("planner", "1", "system " * 300, "prompt " * 1000, {}, turns=turns)
    backend.ask(request)  # the first call also starts the helper that outlives the engine
    bare, through, busy = [], [], []
    for _ in range(calls):
        begun = time.perf_counter()
        subprocess.run([program], capture_output=True, check=True)
        bare.append(time.perf_counter() - begun)
        begun, spent = time.perf_counter(), time.process_time()
        answer = backend.ask(request)
        through.append(time.perf_counter() - begun)
        busy.append(time.process_time() - spent)
        assert answer.value == {"x": 1}, answer.failure
    backend.close()
    alone, whole = statistics.median(bare) * 1e3, statistics.median(through) * 1e3
    print(
        f"{events} pieces of output: the client alone {alone:.1f} ms, a call {whole:.1f} ms:"
        f" own share {whole - alone:.1f} ms ({whole / alone:.1f} times),"
        f" of it computing {statistics.median(busy) * 1e3:.1f} ms;"
        f" slowest in twenty {statistics.quantiles(through, n=20)[-1] * 1e3 - alone:.1f} ms"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100, help="of each kind")
    return parser.parse_args()


if __name__ == "__main__":
    main()
