"""Writing a model folder: complete under its name and seen to predict, or not at all."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mle_star import __version__, files
from mle_star.bundle import trust
from mle_star.bundle.about import About
from mle_star.bundle.blocks import BLOCKS, agent_written, to_json
from mle_star.bundle.bundle import FORMAT, MANIFEST, TOLERANCE, apart, digest_of, load
from mle_star.bundle.caged import Caged
from mle_star.bundle.card import model_card
from mle_star.bundle.model_file import Make, ModelFile, serialized
from mle_star.bundle.packages import python_version, versions
from mle_star.bundle.standalone import required_packages, standalone
from mle_star.data.schema import Schema
from mle_star.errors import StateError
from mle_star.solution.solution import Ensemble

Predicts = Callable[[Path], np.ndarray]
"""What the bundle in a folder predicts for the sample."""


def write(
    folder: Path,
    make: Make,
    ensemble: Ensemble,
    schema: Schema,
    about: About,
    sample: pd.DataFrame,
    expected: np.ndarray | None = None,
) -> list[Path]:
    """Write the bundle of a fitted model.

    Parameters
    ----------
    folder : Path
        Of the bundle; one that is there already is replaced once the new one is complete.
    make : callable
        Gives the fitted model, which is run and loaded in this process.
    ensemble : Ensemble
        Its source.
    schema : Schema
        How a table must look.
    about : About
        Facts about the run.
    sample : DataFrame
        Typed rows that the written bundle is tried on.
    expected : ndarray or None, default None
        What it must predict for them; None: what the model does.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    StateError
        If something cannot be written, or the written bundle predicts something else.
    """

    def predicts(partial: Path) -> np.ndarray:
        return load(partial, trust_code=True).model.predict_matrix(sample)

    expected = make().predict_matrix(sample) if expected is None else expected
    contents = _contents(serialized(make, sample), ensemble, schema, about)
    return _put(folder, contents, expected, predicts)


def write_caged(
    folder: Path,
    members: Sequence[Path],
    ensemble: Ensemble,
    schema: Schema,
    about: About,
    sample: pd.DataFrame,
    expected: np.ndarray,
    caged: Caged,
) -> list[Path]:
    """Write the bundle of a model that holds agent-written code, which runs in the sandbox only.

    Parameters
    ----------
    folder, ensemble, schema, about, sample, expected
        See :func:`write`.
    members : sequence of Path
        Where workers saved the fitted members.
    caged : Caged
        Makes the model file, and in another process loads it again as a user would.
    """

    def predicts(partial: Path) -> np.ndarray:
        return caged.predict(partial, sample, expected.shape[1])

    file = caged.pack(members, ensemble, schema.columns["widths"], sample)
    return _put(folder, _contents(file, ensemble, schema, about), expected, predicts)


def _put(
    folder: Path, contents: Mapping[str, bytes], expected: np.ndarray, predicts: Predicts
) -> list[Path]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as work:
            partial = Path(work) / "new"
            for name, content in contents.items():
                files.write_bytes(partial / name, content)
            _check(predicts(partial), expected)
            _replace(partial, folder, Path(work) / "old")
    except OSError as error:
        raise StateError(f"cannot write {folder}: {error}", "choose another --output") from error
    return [folder / name for name in contents]


def _contents(
    file: ModelFile, ensemble: Ensemble, schema: Schema, about: About
) -> dict[str, bytes]:
    """Every file by its name, the manifest last."""
    described = model_card(
        ensemble, schema, about, model_mib=len(file.content) / 2**20, safe=file.is_safe
    )
    texts = {
        "solution.py": standalone(ensemble, schema, about.task.time, about.trained_on),
        "schema.json": files.to_json(schema.to_json(), indent=True).decode(),
        "requirements.txt": _requirements(ensemble, file),
        "model_card.md": described,
    }
    contents = {file.name: file.content, **{name: text.encode() for name, text in texts.items()}}
    if not file.is_safe:
        contents[BLOCKS] = files.to_json(to_json(ensemble), indent=True)
    manifest = _manifest(contents, file, ensemble, about)
    contents[MANIFEST] = files.to_json(manifest | {"digest": digest_of(manifest)}, indent=True)
    return contents


def _requirements(ensemble: Ensemble, file: ModelFile) -> str:
    loader = "skops" if file.is_safe else "joblib"
    pinned = versions(required_packages(ensemble) | {loader})
    lines = [f"{name}=={number}" for name, number in pinned.items()]
    head = f"# {file.name} is loaded with mle-star {__version__}; solution.py runs without it\n"
    return head + "\n".join(lines) + "\n"


def _manifest(
    contents: Mapping[str, bytes], file: ModelFile, ensemble: Ensemble, about: About
) -> dict[str, Any]:
    types = trust.checked_types(file.content, Path(file.name)) if file.is_safe else None
    return {
        "format": FORMAT,
        "name": about.name,
        "created": about.created,
        "mle_star": __version__,
        "python": python_version(),
        "packages": versions(required_packages(ensemble) | {"skops", "joblib"}),
        "trust": "none" if file.is_safe else "required",
        "why": file.why or None,
        "trusted_types": types,
        "agent_written": agent_written(ensemble),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "kind": about.task.kind,
        "targets": [output.original for output in about.task.outputs],
        "metric": about.task.metric,
        "scores": _scores(about),
        "members": [member.name for member in ensemble.members],
        "training_rows": about.rows,
        "data_digest": about.data_digest,
        "seed": about.seed,
    }


def _scores(about: About) -> dict[str, Any]:
    return {
        "folds": list(about.folds.folds) if about.folds else None,
        "mean": about.folds.mean if about.folds else None,
        "spread": about.folds.spread if about.folds else None,
        "baseline": about.baseline.mean if about.baseline else None,
        "nested": about.nested,
        "holdout_rows": about.holdout_rows,
        "holdout": about.holdout,
        "holdout_interval": about.holdout_interval,
    }


def _check(found: np.ndarray, expected: np.ndarray) -> None:
    distance = apart(found, expected)
    if distance > TOLERANCE:
        raise StateError(
            f"the written model predicts something else than the fitted one (by {distance:.2g})",
            "report this: it is a bug; a model written earlier is still in place",
        )


def _replace(partial: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
