"""A session that is gone through by stages: what was said and decided before it runs."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mle_star.errors import StateError, UsageError
from mle_star.files import read_json, write_json

FILE = "stages.json"


@dataclass(slots=True)
class Stages:
    """What carries over from stage to stage, in the session's folder.

    Parameters
    ----------
    folder : str
        The output folder.
    session : str
        The session's id.
    name : str
        The session's name.
    given : dict of str to Any
        Options by key, as they stand after the last stage.
    said : list of str
        Descriptions, one a stage.
    stage : str
        The last stage.
    """

    folder: str
    session: str
    name: str
    given: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    stage: str = "situation"

    @property
    def description(self) -> str:
        """All that was said."""
        return ". ".join(self.said)

    def save(self) -> None:
        """Write it into the folder."""
        write_json(Path(self.folder) / FILE, asdict(self))


def begin(name: str, output: str | None) -> Stages:
    """Make the folder of a new session.

    Parameters
    ----------
    name : str
        Of the session; the default folder is ``models/NAME``, numbered if it is taken.
    output : str or None
        The folder asked for, new or empty.

    Raises
    ------
    UsageError
        If the folder asked for holds something.
    StateError
        If it cannot be made.
    """
    base = Path(output).expanduser() if output else Path("models") / name
    numbered = (base.with_name(f"{base.name}-{number}") for number in itertools.count(2))
    try:
        if output:
            base.mkdir(parents=True, exist_ok=True)
            if any(base.iterdir()):
                raise UsageError(f"--output {base} is not empty", "choose a new or empty folder")
        else:
            base = next(path for path in itertools.chain([base], numbered) if not path.exists())
            base.mkdir(parents=True)
    except OSError as error:
        raise StateError(f"cannot make {base}: {error}", "choose another --output") from error
    stages = Stages(str(base), uuid.uuid4().hex[:12], name)
    stages.save()
    return stages


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


def carried(values: Mapping[str, Any]) -> tuple[dict[str, Any], Stages | None]:
    """The options of a run with those of the stages that its folder or name stands for.

    Parameters
    ----------
    values : mapping of str to Any
        By option key; what is given goes before what the stages say.
    """
    folder = values.get("output") or (values.get("name") and Path("models") / str(values["name"]))
    stages = stages_in(Path(str(folder)).expanduser()) if folder else None
    given = {k: v for k, v in values.items() if v is not None and v is not False}
    if stages is None:
        return given, None
    return stages.given | given | {"output": stages.folder, "name": stages.name}, stages
