"""Our two slash commands in a ``.claude/commands`` folder, for those who do not use the plugin.

``ml/mle-star.md`` and ``automation/mle-star.md`` become ``/ml:mle-star`` and ``/automation:mle-
star``. A comment in the front matter, which Claude never sees, says that a file is ours, what the
rest of it is by its digest, and which folders were made for it: so it is known later what may be
taken away, and whether somebody changed it since.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from mle_star import __version__
from mle_star.agents.assets import asset_folder
from mle_star.errors import StateError, UsageError
from mle_star.files import write_text

FILES = (Path("ml", "mle-star.md"), Path("automation", "mle-star.md"))
"""What is written, within the folder of commands."""

PLUGIN_PROGRAM = 'node "${CLAUDE_PLUGIN_ROOT}/commands/lib/look.js"'
"""How the plugin's own copy starts the engine."""

PROGRAM = "mle-star"
_OPENING = "---\n"
_MARK = re.compile(r"^# mle-star \S+ sha256 (?P<digest>[0-9a-f]{64}) made (?P<made>\d+)\n", re.M)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands where a file of ours belongs.

    Parameters
    ----------
    path : Path
        Where.
    state : {"absent", "ours", "edited", "foreign"}
        ``ours`` as we wrote it, ``edited`` by somebody since; ``foreign`` was never ours.
    made : int
        Of the folders above it, so many were made for it.
    """

    path: Path
    state: str
    made: int = 0


def commands_folder(*, user: bool) -> Path:
    """The folder of commands: the user's own, or that of the project in the current folder."""
    if not user:
        return Path.cwd() / ".claude" / "commands"
    own = os.environ.get("CLAUDE_CONFIG_DIR")
    return (Path(own).expanduser() if own else Path.home() / ".claude") / "commands"


def look(folder: Path) -> list[Standing]:
    """What stands in a folder of commands where our files belong."""
    return [_standing(folder / name) for name in FILES]


def install(folder: Path) -> list[Path]:
    """Write both files, or none.

    Parameters
    ----------
    folder : Path
        Of commands; made where it is missing.

    Returns
    -------
    list of Path
        What was written; files that are already as they should be are not written again.

    Raises
    ------
    UsageError
        If a file that is not ours, or not any more, stands in the way.
    StateError
        If a file cannot be read or written.
    """
    found = look(folder)
    for one in found:
        if one.state in ("edited", "foreign"):
            why = "was changed since we wrote it" if one.state == "edited" else "is not ours"
            raise UsageError(f"{one.path} {why}; nothing was written", "move it away, then again")
    written = []
    for one, name in zip(found, FILES, strict=True):
        made = one.made or _missing_folders(one.path)
        text = _marked(_source(name), made)
        if one.state == "absent" or one.path.read_text(encoding="utf-8") != text:
            written.append(write_text(one.path, text))
    return written


def uninstall(folder: Path) -> list[Standing]:
    """Take away what was written, and the folders that were made for it, if they are empty now.

    Parameters
    ----------
    folder : Path
        Of commands.

    Returns
    -------
    list of Standing
        What stood there; ``ours`` is gone, the rest was left alone.
    """
    found = look(folder)
    for one in found:
        if one.state == "ours":
            _remove(one.path)
    for one in sorted(found, key=lambda one: one.made):
        if one.state == "ours":
            _remove_folders(one.path, one.made)
    return found


def _standing(path: Path) -> Standing:
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return Standing(path, "absent")
    except OSError as error:
        raise StateError(f"cannot read {path}: {error.strerror}", "move it away") from error
    mark = _MARK.search(text)
    if mark is None:
        return Standing(path, "foreign")
    rest = text[: mark.start()] + text[mark.end() :]
    state = "ours" if _digest(rest) == mark["digest"] else "edited"
    return Standing(path, state, int(mark["made"]))


def _source(name: Path) -> str:
    text = (asset_folder("commands") / name).read_text(encoding="utf-8")
    return text.replace(PLUGIN_PROGRAM, PROGRAM)


def _marked(text: str, made: int) -> str:
    mark = f"# mle-star {__version__} sha256 {_digest(text)} made {made}\n"
    return _OPENING + mark + text.removeprefix(_OPENING)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _missing_folders(path: Path) -> int:
    return sum(not folder.exists() for folder in path.parents)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise StateError(f"cannot remove {path}: {error.strerror}", "remove it by hand") from error


def _remove_folders(path: Path, made: int) -> None:
    for folder in list(path.parents)[:made]:
        if any(folder.iterdir()):
            return
        folder.rmdir()
