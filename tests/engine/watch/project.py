"""A project with sessions that never ran, and an engine that only says what it is asked to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mle_star.eventlog import encode
from mle_star.events import Event, SessionStarted
from mle_star.files import sha256
from mle_star.watch.known import Known
from mle_star.watch.place import Place
from mle_star.watch.queue import ask
from mle_star.watch.worker import Asked, Worker
from mle_star_memory.opening import open_store
from mle_star_memory.store import Session


@dataclass
class Project:
    """A folder with a data file and sessions."""

    root: Path
    runs: list[list[str]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    during: Callable[[], None] = lambda: None
    codes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data = self.root / "data.csv"
        self.data.write_text("a,label\n1,x\n")
        self.place = Place(self.root)
        self.known = Known(self.root, str(self.root / "memory.sqlite3"))

    def session(self, name: str, started: SessionStarted | None = None) -> Path:
        """Leave a session behind that saw the data as it is now; gives back its folder."""
        started = started or self.started(name)
        folder = self.root / "models" / name
        (folder / "model").mkdir(parents=True)
        (folder / "model" / "manifest.json").write_text("{}")
        (folder / "events.jsonl").write_bytes(encode(started, 0, 1.0, 0.0, ""))
        with open_store(self.root / "memory.sqlite3") as store:
            store.add_session(
                Session(
                    name, name, str(folder), str(self.data), "label", time.time(), status="done"
                )
            )
        return folder

    def started(self, name: str) -> SessionStarted:
        settings = {"data": sha256(self.data), "dataset": str(self.data), "cwd": str(self.root)}
        return SessionStarted(name, name, f"models/{name}", settings)

    def ask(self, **request: str | None) -> str:
        """Put a request into the queue; gives back its name."""
        return ask(self.place.queue, {"reason": "asked", **request}, time.time()).stem

    def work(self, asked: Asked = Asked()) -> int:  # noqa: B008 - frozen
        """Let a worker do what there is to do."""
        return Worker(self.place, self.known, asked, self._tell, self._hear, self.engine).work(
            once=True
        )

    def engine(self, words: Sequence[str], log: Path, hear: Callable[[Event], None]) -> int:
        """Note what was asked for, and leave a session behind."""
        self.runs.append(list(words))
        log.write_text("mle-star: data.csv has no column 'label'\n")
        code = self.codes.pop(0) if self.codes else 0
        name = f"run{len(self.runs)}"
        started = self.started(name)
        hear(started)
        self.during()
        if code in (0, 4):
            self.session(name, started)
        return code

    def _tell(self, what: str, text: str, _: dict[str, Any]) -> None:
        self.told.append((what, text))

    def _hear(self, _: Event) -> None:
        pass

    @property
    def kinds(self) -> list[str]:
        """Kinds of what was told."""
        return [what for what, _ in self.told]
