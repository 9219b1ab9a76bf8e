"""Asking Claude, through the user's own ``claude`` client: one process a request."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from mle_star.agents.ask import claude_command
from mle_star.agents.ask.claude_process import Bounds, Client, StoppedError
from mle_star.agents.ask.claude_stream import NOT_LOGGED_IN, Outcome, Stream
from mle_star.agents.ask.lifeline import Lifeline
from mle_star.agents.ask.request import Answer, Request
from mle_star.errors import UnavailableError

__all__ = ["ATTEMPTS", "NOT_LOGGED_IN", "PROGRAM", "ClaudeBackend"]

PROGRAM = "MLE_STAR_CLAUDE"
"""Environment variable that names the client, where it is not the ``claude`` of the PATH."""

ATTEMPTS = 3
"""Calls made at most while the service is overloaded or out of reach."""

_PAUSE = 4.0  # seconds before the second call, on average; doubled before the third
_CHECK_SECONDS = 30.0


class ClaudeBackend:
    """Asks through ``claude -p``; see :class:`~mle_star.agents.ask.request.Backend`.

    Parameters
    ----------
    model : str or None, default None
        Of the client's models; None: the user's own choice.
    random : random.Random or None, default None
        Spreads the pauses between attempts; None: a fresh generator.
    sleep : callable or None, default None
        Waits so many seconds; None: does so until the back end is closed.

    Attributes
    ----------
    turns_as_text : bool
        Whether earlier turns are handed on in the prompt, since this client does not take them
        as a conversation.
    """

    name = "claude"

    def __init__(
        self,
        model: str | None = None,
        *,
        random: Random | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.turns_as_text = False
        self._model = model
        self._random = random or Random()  # noqa: S311 - pauses are no secret
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._lock = threading.Lock()
        self._running: set[Client] = set()
        self._lifeline = Lifeline()

    def check(self) -> str:
        """What answers, such as ``"claude 2.1.330"``; sends no request.

        Raises
        ------
        UnavailableError
            If there is no client, it cannot be started, or an agent started this process.
        """
        if os.environ.get(claude_command.ASKING):
            raise UnavailableError(
                "an agent of another run started this one: agents that start agents have no end",
                "start it from a shell of your own, or with --no-claude",
            )
        program = find_client()
        try:
            asked = subprocess.run(  # noqa: S603 - the user's own client
                [program, "--version"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_CHECK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _unusable(program, str(error)) from error
        said = asked.stdout.decode(errors="replace").strip()
        if asked.returncode or not said:
            complaint = asked.stderr.decode(errors="replace").strip()[-300:]
            raise _unusable(program, f"exit status {asked.returncode} {complaint}".strip())
        return f"{self.name} {said.split()[0][:40]}"

    def ask(self, request: Request) -> Answer:
        """Answer a request."""
        started = time.monotonic()
        until = started + request.limits.seconds
        made: list[Outcome] = []
        tries = 0
        while True:
            made.append(self._attempt(request, until, made))
            if made[-1].turns_refused and request.turns and not self.turns_as_text:
                self.turns_as_text = True
                continue
            tries += 1
            pause = _PAUSE * 2 ** (tries - 1) * self._random.uniform(0.5, 1.5)
            over = time.monotonic() + pause >= until
            if not made[-1].passing or tries >= ATTEMPTS or over or self._closed.is_set():
                return self._told(made, time.monotonic() - started)
            self._sleep(pause)

    def close(self) -> None:
        """End whatever still runs, from any thread."""
        self._closed.set()
        with self._lock:
            running = list(self._running)
        for client in running:
            client.end()
        self._lifeline.close()

    def _attempt(self, request: Request, until: float, before: list[Outcome]) -> Outcome:
        limits = request.limits
        if self._closed.is_set():
            return Outcome(Answer(failure="interrupted"))
        if limits.cost is not None:
            limits = replace(limits, cost=limits.cost - (_cost(before) or 0.0))
            if limits.cost is not None and limits.cost <= 0:
                return Outcome(Answer(failure="nothing is left to spend", cost=0.0))
        try:
            folder = Path(tempfile.mkdtemp(prefix="mle-star-ask-"))
            try:
                return self._run(replace(request, limits=limits), folder, until)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError as error:
            return Outcome(Answer(failure=f"the client cannot be started: {error}", cost=0.0))
        except UnavailableError as error:
            return Outcome(Answer(failure=error.problem, cost=0.0))

    def _run(self, request: Request, folder: Path, until: float) -> Outcome:
        claude_command.write_inputs(folder, request, turns_as_text=self.turns_as_text)
        arguments = claude_command.arguments(find_client(), folder, request, model=self._model)
        environment = claude_command.environment(folder)
        stream, stopped = Stream(request.limits), ""
        with Client(arguments, environment, folder, self._lifeline) as client, self._listed(client):
            try:
                for line in client.lines(_bounds(request, until)):
                    stream.take(line)
            except StoppedError as error:
                stopped = str(error)
        if self._closed.is_set():
            stopped = "interrupted"
        return stream.outcome(stopped, client.status, client.complaint)

    @contextlib.contextmanager
    def _listed(self, client: Client) -> Iterator[None]:
        """Have a client ended by :meth:`close`."""
        with self._lock:
            self._running.add(client)
        try:
            if self._closed.is_set():
                client.end()
            yield
        finally:
            with self._lock:
                self._running.discard(client)

    def _told(self, made: list[Outcome], seconds: float) -> Answer:
        last = made[-1].answer
        several = f" ({len(made)} attempts)" if len(made) > 1 and last.failure else ""
        return replace(
            last,
            failure=last.failure + several,
            cost=_cost(made),
            input_tokens=sum(outcome.answer.input_tokens for outcome in made),
            output_tokens=sum(outcome.answer.output_tokens for outcome in made),
            seconds=seconds,
            attempts=len(made),
        )


def find_client() -> str:
    """The client's program: absolute, since it runs in a folder of its own."""
    named = os.environ.get(PROGRAM, "")
    if found := shutil.which(named or "claude"):
        return str(Path(found).absolute())
    raise UnavailableError(
        f"{PROGRAM} names {named!r}, which is no program that can be run"
        if named
        else "there is no claude on the PATH",
        f"install Claude Code and log in, or let {PROGRAM} name its program,"
        " or run with --no-claude",
    )


def _unusable(program: str, why: str) -> UnavailableError:
    return UnavailableError(
        f"{program} --version does not work: {why}",
        f"install Claude Code anew, or let {PROGRAM} name another, or run with --no-claude",
    )


def _bounds(request: Request, until: float) -> Bounds:
    limits = request.limits
    return Bounds(
        seconds=limits.seconds,
        idle_seconds=limits.idle_seconds,
        until=until,
        # An answer stands in the result twice, once as quoted text; found pages come on top.
        line_bytes=4 * limits.answer_bytes + 2**20,
        # Written piece by piece, each piece in a message of its own.
        all_bytes=100 * limits.answer_bytes + 2**24,
    )


def _cost(made: list[Outcome]) -> float | None:
    known = [outcome.answer.cost for outcome in made if outcome.answer.cost is not None]
    return sum(known) if known else None
