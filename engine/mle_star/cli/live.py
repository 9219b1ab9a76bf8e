"""The live page of a run on a terminal, and what is printed above it meanwhile."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TextIO

from mle_star.cli.lines import is_alarm, is_detail, told
from mle_star.cli.page import Moment, page
from mle_star.cli.progress import Progress
from mle_star.cli.row import clean, drawn
from mle_star.cli.screen import Above, Screen
from mle_star.cli.usage import MemoryUse
from mle_star.eventlog import TASK
from mle_star.events import Event

_SECONDS = 1 / 8
_LAST = 3
"""Lines left free below the last page, so that what comes next does not push it out of sight."""
_WAITING = 10_000
"""Lines that may wait to be printed while the terminal takes none."""


class LiveView:
    """Shows events on a page that is drawn again eight times a second, by a thread of its own.

    Taking an event in does not draw, so it neither waits for the terminal nor costs much.

    Parameters
    ----------
    progress : Progress
        Where the run stands.
    now : callable
        Seconds of the session.
    stream : TextIO
        The terminal.
    verbose : bool, default False
        Whether to print every judged candidate above the page.
    pid : int or None, default None
        Process whose memory is shown; None: this one.
    """

    def __init__(
        self,
        progress: Progress,
        now: Callable[[], float],
        stream: TextIO,
        *,
        verbose: bool = False,
        pid: int | None = None,
    ) -> None:
        self.progress = progress
        self.state = "running"
        self.ends = ""
        self._now = now
        self._verbose = verbose
        self._screen = Screen(stream)
        self._memory = MemoryUse(pid)
        self._above: deque[str] = deque(maxlen=_WAITING)
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._over = threading.Event()
        self._frame = 0
        self._thread = threading.Thread(target=self._draw_on, name="view", daemon=True)
        self._redirected = contextlib.ExitStack()

    def __enter__(self) -> LiveView:
        self._redirect()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._redirected.close()
        if self.state == "running":
            self.state = self.progress.state
        with contextlib.suppress(OSError):
            self._draw(spare=_LAST)

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        with self._lock:
            self.progress.add(event, self._now(), TASK.get())
        if is_alarm(event) or (self._verbose and is_detail(event)):
            self.tell(told(event), "yellow" if is_alarm(event) else "dim")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Draw nothing while the progress is changed from outside."""
        with self._lock:
            yield

    def tell(self, line: str, style: str = "") -> None:
        """Print a line above the page, soon."""
        self._above.append(self._screen.styled(clean(line), style))

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the page away while a person is asked something."""
        with self._drawing:
            self._redirected.close()
            self._screen.write([*self._waiting()], [])
            try:
                yield
            finally:
                self._redirect()

    def _redirect(self) -> None:
        """What other code prints goes above the page instead of into it."""
        stack = self._redirected
        above = stack.enter_context(contextlib.closing(Above(self.tell)))
        if sys.stdout.isatty():
            stack.enter_context(contextlib.redirect_stdout(above))
        stack.enter_context(contextlib.redirect_stderr(above))

    def _draw_on(self) -> None:
        try:
            while not self._over.wait(_SECONDS):
                with self._drawing:
                    self._draw()
        except OSError:
            return  # the terminal is gone: the run goes on without it

    def _draw(self, spare: int = 1) -> None:
        width, height = self._screen.size()
        memory = self._memory() if self.state == "running" else ""
        moment = Moment(self._now(), self.state, self._frame, memory, self.ends)
        with self._lock:
            rows = page(self.progress, moment, width, height - spare)
        self._frame += 1
        lines = [drawn(row, width, colours=self._screen.colours) for row in rows]
        self._screen.write([*self._waiting()], lines)

    def _waiting(self) -> Iterator[str]:
        while self._above:
            yield self._above.popleft()
