"""Calling a hook: a process of its own, within its time, and nothing of it left behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mle_star.files import to_json
from mle_star.lifecycle import supervisor
from mle_star.lifecycle.hook import BLOCKED, DONE, FAILED, TIMED_OUT, Happened, Hook, Outcome

IN_HOOK = "MLE_STAR_HOOK"
"""Environment variable of a hook's process: a run that is started in a hook calls no hooks."""

EXIT_BLOCKED = 2

_TICK = 0.1
_CHUNK = 1 << 16
_KEPT = 1 << 14
"""Bytes of each of its outputs that are kept: the last ones."""
_LONGEST = 500
"""Characters of what it said that are told."""
_LAST_WORDS = 20.0
"""Seconds that the supervisor has to end everything."""


def call(hook: Hook, event: Happened, is_over: Callable[[], bool] = lambda: False) -> Outcome:
    """Call a hook and wait for its end.

    Parameters
    ----------
    hook : Hook
        With a command.
    event : mapping
        What it is told; ``project`` is the folder that it works in.
    is_over : callable, default lambda: False
        Says whether the run ends: the hook is then ended too, as at its limit.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mle-star-hook-") as folder:
        given = Path(folder) / "event.json"
        given.write_bytes(to_json({**event, "hook": hook.name}))
        try:
            with _started(hook, event, given) as process:
                output, errors, in_time = _watched(process, began + hook.seconds, is_over)
        except OSError as error:
            return Outcome(FAILED, f"it cannot be started: {error}", time.monotonic() - began)
    seconds = time.monotonic() - began
    both = "\n".join(text for text in (errors, output) if text)
    if not in_time:
        what = f"no end within {hook.seconds:g} s" if not is_over() else "the run ended before it"
        return Outcome(TIMED_OUT, what, seconds, both)
    return _outcome(hook, process.returncode, errors or output, seconds, both)


def _outcome(hook: Hook, status: int, text: str, seconds: float, both: str) -> Outcome:
    if status == 0:
        return Outcome(DONE, _short(_last_line(text)), seconds, both)
    if status == EXIT_BLOCKED and hook.may_block:
        return Outcome(BLOCKED, _short(text) or "it gave no reason", seconds, both)
    what = "it could not be started" if status == supervisor.CANNOT_START else ""
    said = ": ".join(part for part in (what, _last_line(text)) if part)
    return Outcome(FAILED, _short(said) or f"exit status {status}", seconds, both)


@contextlib.contextmanager
def _started(hook: Hook, event: Happened, given: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The supervisor of a hook; everything has ended when this is left, in whatever way."""
    assert hook.command is not None
    command = [sys.executable, "-I", "-S", supervisor.__file__, str(given), *hook.command(event)]
    process = subprocess.Popen(  # noqa: S603 - our supervisor, and the user's own hook
        command,
        cwd=event.get("project") or None,
        env={**os.environ, **hook.environment, IN_HOOK: hook.event},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,  # a Ctrl-C in the terminal is for the engine, which ends it
    )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_LAST_WORDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _watched(
    process: subprocess.Popen[bytes], until: float, is_over: Callable[[], bool]
) -> tuple[str, str, bool]:
    """Its output, what it said on standard error, and whether it ended in time."""
    kept: dict[Any, bytes] = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as selector:
        for pipe in kept:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = until - time.monotonic()
            if left <= 0 or is_over():
                return *_texts(kept), False
            ready = selector.select(min(_TICK, left))
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                kept[key.fileobj] = (kept[key.fileobj] + chunk)[-_KEPT:]
                if not chunk:
                    selector.unregister(key.fileobj)
            if not ready and process.poll() is not None:
                break  # something that it started still holds the pipes
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(_TICK, until - time.monotonic()))
    return *_texts(kept), process.poll() is not None


def _texts(kept: Mapping[Any, bytes]) -> tuple[str, str]:
    output, errors = (content.decode(errors="replace").strip() for content in kept.values())
    return output, errors


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2].strip()


def _short(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
