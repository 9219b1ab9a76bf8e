"""A session that is gone through by stages: what was said and decided before it runs."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mle_star.errors import StateError
from mle_star.files import read_json, write_json
from mle_star.session.lookup import EVENTS
from mle_star.session.past import past_sessions

FILE = "stages.json"

_ALTERNATIVES = (("preset", "time_budget", "evaluations"), ("chaining", "no_chaining"))
"""Options of which the one that is named last takes the place of the others."""
_PATHS = ("dataset", "test", "workflow", "memory")


@dataclass(slots=True)
class Stages:
    """What carries over from stage to stage, in the session's folder.

    Parameters
    ----------
    session : str
        The session's id.
    name : str
        The session's name.
    folder : str, default ""
        The output folder; empty until there is one.
    given : dict of str to Any
        Options by key, as they stand after the last stage.
    typed : list of str
        Keys of those that were typed: words give way to them, those of later stages too.
    said : list of str
        Descriptions, one a stage.
    stage : str, default "situation"
        The last stage.
    """

    session: str
    name: str
    folder: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    stage: str = "situation"

    @property
    def has_begun(self) -> bool:
        """Whether the session ran or runs: what was decided stands from then on."""
        log = Path(self.folder) / EVENTS
        return bool(self.folder) and log.is_file() and log.stat().st_size > 0

    @property
    def options(self) -> dict[str, Any]:
        """What a run of it is given, by key."""
        return self.given | {"name": self.name} | ({"output": self.folder} if self.folder else {})

    @property
    def certain(self) -> dict[str, Any]:
        """The options that were typed, which words give way to."""
        return {key: self.given[key] for key in self.typed if key in self.given}

    def take_typed(self, values: Mapping[str, Any]) -> None:
        """Take in options that were typed, by key."""
        self.take(values)
        self.typed = [*self.typed, *(key for key in values if key not in self.typed)]

    def take(self, values: Mapping[str, Any]) -> None:
        """Take in options by key; of those that exclude each other the last one stands."""
        for key, value in values.items():
            for others in _ALTERNATIVES:
                if key in others:
                    self._forget(set(others) - set(values))
            self.given[key] = value

    def _forget(self, keys: Collection[str]) -> None:
        self.given = {key: value for key, value in self.given.items() if key not in keys}

    def place(self, output: str | None) -> list[Path]:
        """Make the folder of a new session: the one asked for, or ``models/NAME``, numbered.

        Returns
        -------
        list of Path
            The folders that were made, outermost first.

        Raises
        ------
        StateError
            If it cannot be made.
        """
        base = Path("models") / self.name if output is None else Path(output).expanduser()
        is_new = output is None or not base.exists()
        missing = [path for path in (*reversed(base.parents), base) if not path.exists()]
        try:
            base.parent.mkdir(parents=True, exist_ok=True)
            if output is None:
                base = _numbered(base)
            else:
                base.mkdir(exist_ok=True)
        except OSError as error:
            raise StateError(f"cannot make {base}: {error}", "choose another --output") from error
        self.folder = str(base)
        return [path for path in missing if path in base.parents] + [base] * is_new

    def save(self) -> None:
        """Write it into the folder."""
        write_json(Path(self.folder) / FILE, asdict(self))

    def discard(self, made: Sequence[Path]) -> None:
        """Leave nothing of a session that could not begin, nor of the folders made for it."""
        with contextlib.suppress(OSError):  # another run may use a folder above
            (Path(self.folder) / FILE).unlink(missing_ok=True)
            for folder in reversed(made):
                folder.rmdir()


def stages_in(folder: Path) -> Stages | None:
    """The stages of a session; None where a folder has none.

    Raises
    ------
    StateError
        If they cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    found = read_json(path)
    try:
        return Stages(**{**found, "folder": str(folder)})
    except TypeError as error:
        raise StateError(f"{path} is of another version", "start with a new situation") from error


def named(values: Mapping[str, Any]) -> Stages | None:
    """The stages that an output folder or the name of a run stands for.

    Parameters
    ----------
    values : mapping of str to Any
        By option key. Where a data file is among them, the name is one of this folder; else it may
        be that of any session, the newest first.
    """
    name = values.get("name")
    if values.get("output"):
        return stages_in(Path(str(values["output"])).expanduser())
    here = stages_in(Path("models") / str(name)) if name else None
    if not name or values.get("dataset") or (here is not None and not here.has_begun):
        return here
    past = [one for one in past_sessions(values.get("memory")) if one.name == name]
    found = (stages_in(near(session.folder)) for session in past)
    return next((stages for stages in found if stages is not None), here)


def carried(values: Mapping[str, Any]) -> tuple[dict[str, Any], Stages | None]:
    """The options of a run with those of the prepared session that its folder or name stands for.

    Parameters
    ----------
    values : mapping of str to Any
        By option key; what is given goes before what the stages say.
    """
    stages, options = named(values), given(values)
    if stages is None or stages.has_begun:
        return options, None
    stages.take_typed({k: v for k, v in options.items() if k not in ("output", "name")})
    return stages.options, stages


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given at all; a flag that is not set is not."""
    return {key: value for key, value in values.items() if value is not None and value is not False}


def anchored(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Options whose paths mean the same wherever the next stage is typed.

    Parameters
    ----------
    typed : mapping of str to Any
        By option key.
    """
    found = dict(typed)
    for key in _PATHS:
        text = str(found.get(key, ""))
        if text.strip() and (key, text) != ("memory", "none"):
            found[key] = str(Path(text).expanduser().absolute())
    if ".py:" in found.get("metric", ""):
        found["metric"] = str(Path(found["metric"]).expanduser().absolute())
    return found


def near(folder: str) -> Path:
    """A folder as it is best named from here: within this one without the way to it."""
    path = Path(folder)
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _numbered(base: Path) -> Path:
    """Make a folder that nobody had before."""
    for number in itertools.count(1):
        path = base if number == 1 else base.with_name(f"{base.name}-{number}")
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
    raise AssertionError("numbers do not end")
