"""The launcher that gives ``claude-flow`` our commands: written into a folder, and taken away."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mle_star.agents.assets import asset_folder
from mle_star.errors import StateError, UsageError
from mle_star.files import write_text
from mle_star.install.engine_command import EngineCommand

PROGRAM = "claude-flow"

_MARKER = "// mle-star launcher for claude-flow"
_HOLE = "const INSTALLED = null;"
_FILLED = "const INSTALLED = "
_OWN_FOLDER = "give a folder of your own with --into, one that comes earlier on your PATH"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands where the launcher goes.

    Parameters
    ----------
    file : Path
        Its name.
    link : str or None
        Where npm's link points to that stands there, or stood there before a launcher did.
    ours : bool
        Whether a launcher stands there already.
    """

    file: Path
    link: str | None
    ours: bool

    @property
    def package(self) -> Path | None:
        """The claude-flow package that the link leads into, or that lies beside; None: neither."""
        here = self.file.parent
        linked = _package(here / self.link) if self.link else None
        beside = here.parent / PROGRAM
        return linked or (beside if here.name == ".bin" and _manifest(beside) else None)


def project_folder(cwd: Path, home: Path) -> Path | None:
    """Folder of a project's programs, ``node_modules/.bin``; None where there is none.

    Parameters
    ----------
    cwd : Path
        Where to look first; then in the folders above it, up to that of the repository.
    home : Path
        The user's home folder: it and those above it are no project.
    """
    for folder in (cwd, *cwd.parents):
        if folder == home:
            return None
        found = folder / "node_modules" / ".bin"
        if found.is_dir():
            return found
        if (folder / ".git").exists():
            return None
    return None


def look(folder: Path) -> Place:
    """See what stands at the launcher's name in a folder.

    Parameters
    ----------
    folder : Path
        Where programs are.

    Raises
    ------
    UsageError
        If there is no such folder, or something stands there that is not ours to replace.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", f"make it first: mkdir -p {folder}")
    file = folder / PROGRAM
    if not os.path.lexists(file):
        return Place(file, None, ours=False)
    if file.is_symlink():
        link = os.readlink(file)  # noqa: PTH115 - a Path would not keep it byte for byte
        if _package(file) is None:
            raise UsageError(f"{file} leads to {link}, no claude-flow", _OWN_FOLDER)
        return Place(file, link, ours=False)
    written = _written(file)
    if written is None:
        raise UsageError(
            f"{file} is neither npm's link nor a launcher of ours, and is left as it is",
            _OWN_FOLDER,
        )
    return Place(file, written.get("link"), ours=True)


def install(place: Place, engine: EngineCommand) -> None:
    """Write the launcher.

    Parameters
    ----------
    place : Place
        As :func:`look` found it.
    engine : EngineCommand
        What our commands start.

    Raises
    ------
    StateError
        If it cannot be written.
    """
    facts = {
        "link": place.link,
        "root": str(engine.root) if engine.root else None,
        "python": str(engine.python),
    }
    template = (asset_folder("claude-flow") / "launcher.js").read_text(encoding="utf-8")
    text = template.replace(_HOLE, f"{_FILLED}{json.dumps(facts)};", 1)
    write_text(place.file, text)
    place.file.chmod(0o755)


def uninstall(place: Place) -> str | None:
    """Take the launcher away and put npm's link back.

    Parameters
    ----------
    place : Place
        One that is ours.

    Returns
    -------
    str or None
        Where the link points to; None if there is none to put back: there was none, or
        claude-flow has been removed since.

    Raises
    ------
    StateError
        If it cannot be done.
    """
    link = _restorable(place)
    try:
        if link is None:
            place.file.unlink()
            return None
        partial = place.file.with_name(f".{PROGRAM}.{os.getpid()}.partial")
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
        partial.symlink_to(link)
        partial.replace(place.file)
    except OSError as error:
        raise StateError(
            f"cannot put back {place.file}: {error.strerror or error}", "allow writing there"
        ) from error
    return link


def is_launcher(file: Path) -> bool:
    """Whether a file is a launcher of ours."""
    return file.is_file() and not file.is_symlink() and _written(file) is not None


def version_of(package: Path) -> str:
    """Version of an installed package; empty if it does not say."""
    return str(_manifest(package).get("version", ""))


def _restorable(place: Place) -> str | None:
    """The link as it was; after an upgrade that moved the program, the link to where it is."""
    here = place.file.parent
    if place.link and (here / place.link).is_file():
        return place.link
    package = place.package
    if package is None:
        return None
    programs = _manifest(package).get("bin")
    name = programs.get(PROGRAM) if isinstance(programs, dict) else programs
    if not isinstance(name, str) or not (package / name).is_file():
        return None
    return os.path.relpath(package / name, here)


def _written(file: Path) -> dict[str, Any] | None:
    """What a launcher was written with; None for any other file."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if len(lines) < 2 or not lines[1].startswith(_MARKER):
        return None
    for line in lines:
        if line.startswith(_FILLED):
            found = json.loads(line.removeprefix(_FILLED).removesuffix(";"))
            return found if isinstance(found, dict) else None
    return None


def _package(file: Path) -> Path | None:
    """The package named claude-flow that a file, or where it once was, lies in."""
    real = Path(os.path.realpath(file))
    named = (folder for folder in real.parents if _manifest(folder).get("name") == PROGRAM)
    return next(named, None)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "package.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
