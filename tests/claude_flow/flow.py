"""Calls of claude-flow and of mle-star as a user makes them, in a project."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 300


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A project with claude-flow, in which a shell works."""

    folder: Path

    @property
    def programs(self) -> Path:
        return self.folder / "node_modules" / ".bin"

    def flow(self, *words: str, path: str = "", **other: str) -> Ended:
        """Call claude-flow by its name."""
        return self._ended(["claude-flow", *words], path, other)

    def star(self, *words: str) -> Ended:
        """Call mle-star."""
        return self._ended([sys.executable, "-P", "-m", "mle_star", *words], "", {})

    def tree(self) -> dict[str, str]:
        """What stands among the project's programs and in claude-flow's package."""
        folders = (self.programs, self.folder / "node_modules" / "claude-flow")
        found = (path for folder in folders for path in folder.rglob("*"))
        return {str(path): _told(path) for path in found if path.is_symlink() or path.is_file()}

    def _ended(self, command: list[str], path: str, other: dict[str, str]) -> Ended:
        front = [path] if path else []
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": os.pathsep.join([*front, str(self.programs), os.environ["PATH"]]),
                "RUFLO_DAEMON_AUTOSTART": "0",
                "CLAUDE_FLOW_AUTO_UPDATE": "false",
                **other,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def _told(path: Path) -> str:
    if path.is_symlink():
        return f"-> {os.readlink(path)}"  # noqa: PTH115 - a Path would tidy it up
    status = path.stat()
    return f"{status.st_mode:o} {status.st_size} {status.st_mtime_ns}"
