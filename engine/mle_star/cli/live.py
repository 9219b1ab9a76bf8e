"""The live page of a run on a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from mle_star.cli.lines import detail_line
from mle_star.cli.progress import Progress
from mle_star.events import Event, Noted
from mle_star.report.words import clock, took

_PHASE_WIDTH = 11


class LiveView:
    """Finished phases, what is being tried, the best score, what is left; redrawn as time goes.

    Parameters
    ----------
    progress : Progress
        Where the run stands.
    console : Console
        On standard error.
    verbose : bool
        Whether to show every judged candidate above the page.
    """

    def __init__(self, progress: Progress, console: Console, *, verbose: bool) -> None:
        self._progress = progress
        self._console = console
        self._verbose = verbose
        self._spinner = Spinner("line", style="cyan")
        self._live = Live(self, console=console, refresh_per_second=8)

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.over = True
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        self._progress.add(event)
        if isinstance(event, Noted) and event.level == "warning":
            self._live.console.print(Text(f"warning: {event.message}", style="yellow"))
        elif self._verbose and (line := detail_line(event)):
            self._live.console.print(Text(f"  {line}", style="dim"))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the page."""
        rows = max(3, options.size.height - 6)
        lines = [self._head(), *(self._phase(*done) for done in self._progress.finished[-rows:])]
        if not self._progress.over:
            lines.append(self._current())
        lines.append(Text(f"{self._progress.best_line()}", style="bold", overflow="ellipsis"))
        lines.append(Text(self._progress.effort_line(), style="dim", overflow="ellipsis"))
        for line in lines:
            line.no_wrap = True
        yield Group(*lines)

    def _head(self) -> Text:
        progress = self._progress
        return Text.assemble(
            ("mle-star ", "bold"), progress.name, (f"  {clock(progress.now())}", "dim")
        )

    def _phase(self, phase: str, summary: str, seconds: float) -> Text:
        return Text.assemble(
            ("  done  ", "green"),
            f"{phase:{_PHASE_WIDTH}} ",
            (f"{took(seconds):>6}  ", "dim"),
            summary,
            overflow="ellipsis",
        )

    def _current(self) -> Text:
        progress = self._progress
        frame = self._spinner.render(self._console.get_time())
        mark = frame if isinstance(frame, Text) else Text("-")
        phase = progress.phase or "preparing"
        spent = took(progress.now() - progress.phase_began)
        trying = ", ".join(progress.trying.values())
        return Text.assemble(
            "  ", mark, "     ", (f"{phase:{_PHASE_WIDTH}} ", "bold"), (f"{spent:>6}  ", "dim"),
            f"trying {trying}" if trying else "", overflow="ellipsis",
        )  # fmt: skip
