"""The model folder: written once, checked whenever it is loaded.

What this module does not do: it fits nothing and judges nothing.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import joblib
import numpy as np
import orjson
import pandas as pd

from mle_star import __version__, files
from mle_star.bundle import trust
from mle_star.bundle.about import About
from mle_star.bundle.card import model_card
from mle_star.bundle.packages import python_version, versions
from mle_star.bundle.standalone import required_packages, standalone
from mle_star.bundle.tables import read_table
from mle_star.data.schema import Schema
from mle_star.errors import StateError
from mle_star.solution.solution import Ensemble
from mle_star.toolkit.ensemble import EnsembleModel
from mle_star.toolkit.table import predictions_frame

FORMAT = 1
FOLDER = "model"
"""Name of the bundle within a run's output folder."""

TOLERANCE = 1e-6
"""How far a served prediction may be from the fitted model's, or a reproduced one from a served."""

MANIFEST = "manifest.json"
_SKOPS, _JOBLIB = "model.skops", "model.joblib"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded model.

    Parameters
    ----------
    model : EnsembleModel
        Fitted.
    schema : Schema
        How a table must look.
    manifest : dict
        What the manifest says: versions, task, scores.
    folder : Path
        Where it was loaded from.
    """

    model: EnsembleModel
    schema: Schema
    manifest: dict[str, Any]
    folder: Path

    def predict(self, table: str | Path | pd.DataFrame) -> pd.DataFrame:
        """Predict a file, or a table as the user has it.

        Parameters
        ----------
        table : str, Path or DataFrame
            With the columns of the training file but the target; their order is free and further
            ones are ignored.

        Returns
        -------
        DataFrame
            One row an input row, in order: ``prediction`` and, for classes,
            ``probability_CLASS``.

        Raises
        ------
        DataError
            If the file cannot be read or a column is missing.
        """
        return predictions_frame(self.predict_matrix(table), self.schema.output_specs())

    def predict_matrix(self, table: str | Path | pd.DataFrame) -> np.ndarray:
        """Predict as a matrix of shape (n_rows, width); see :meth:`predict`."""
        return self.model.predict_matrix(read_table(table, self.schema))


def write(
    folder: Path,
    model: EnsembleModel,
    ensemble: Ensemble,
    schema: Schema,
    about: About,
    sample: pd.DataFrame,
    expected: np.ndarray | None = None,
) -> list[Path]:
    """Write a bundle: complete under its name and seen to predict, or not at all.

    Parameters
    ----------
    folder : Path
        Of the bundle; one that is there already is replaced once the new one is complete.
    model : EnsembleModel
        Fitted.
    ensemble : Ensemble
        Its source.
    schema : Schema
        How a table must look.
    about : About
        Facts about the run.
    sample : DataFrame
        Typed rows that the written bundle is tried on.
    expected : ndarray or None, default None
        What it must predict for them; None: what `model` does.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    StateError
        If something cannot be written, or the written bundle predicts something else.
    """
    expected = model.predict_matrix(sample) if expected is None else expected
    contents, trusted = _contents(model, ensemble, schema, about, sample)
    manifest = _manifest(contents, trusted, ensemble, about)
    contents[MANIFEST] = files.to_json(manifest | {"digest": digest_of(manifest)}, indent=True)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as work:
            partial = Path(work) / "new"
            for name, content in contents.items():
                files.write_bytes(partial / name, content)
            _check(partial, sample, expected)
            _replace(partial, folder, Path(work) / "old")
    except OSError as error:
        raise StateError(f"cannot write {folder}: {error}", "choose another --output") from error
    return [folder / name for name in contents]


def digest_of(manifest: Mapping[str, Any]) -> str:
    """Digest of everything else in a manifest, which stands in it as ``digest``."""
    rest = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(files.to_json(rest)).hexdigest()


def apart(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference, relative where numbers are larger than one; inf if shapes differ."""
    if found.shape != expected.shape:
        return float("inf")
    scale = np.maximum(1.0, np.abs(expected))
    return float(np.max(np.abs(found - expected) / scale, initial=0.0))


def load(folder: str | Path, *, trust_code: bool = False) -> Bundle:
    """Load a bundle after checking every file against its manifest.

    Parameters
    ----------
    folder : str or Path
        The bundle, or the output folder of the run that holds it.
    trust_code : bool, default False
        Whether to load a model that had to be saved in a format that can run code.

    Raises
    ------
    StateError
        If a file is missing or changed, the model may run code and `trust_code` is false, or it
        cannot be read.
    """
    folder = _find(Path(folder))
    manifest = _read_manifest(folder)
    contents = {name: _verified(folder, name, digest) for name, digest in _listed(manifest, folder)}
    schema = _schema(contents, folder)
    if _SKOPS in contents:
        model = trust.load(contents[_SKOPS], folder / _SKOPS)
    elif _JOBLIB in contents:
        model = _load_joblib(contents[_JOBLIB], folder / _JOBLIB, trust_code)
    else:
        raise StateError(f"{folder} holds no model file", "make the model again")
    if not isinstance(model, EnsembleModel):
        raise StateError(f"{folder} holds a {type(model).__name__}, not a model of mle-star")
    return Bundle(model, schema, manifest, folder)


def _contents(
    model: EnsembleModel, ensemble: Ensemble, schema: Schema, about: About, sample: pd.DataFrame
) -> tuple[dict[str, bytes], list[str] | str]:
    name, content, trusted = _model_file(model, sample)
    described = model_card(
        ensemble, schema, about, model_mib=len(content) / 2**20, safe=isinstance(trusted, list)
    )
    texts = {
        "solution.py": standalone(ensemble, schema, about.task.time, about.trained_on),
        "schema.json": files.to_json(schema.to_json(), indent=True).decode(),
        "requirements.txt": _requirements(ensemble, name),
        "model_card.md": described,
    }
    return {name: content, **{name: text.encode() for name, text in texts.items()}}, trusted


def _model_file(model: EnsembleModel, sample: pd.DataFrame) -> tuple[str, bytes, list[str] | str]:
    """Name and content of the model file; the types to trust, or why it needs trust as a whole."""
    expected = model.predict_matrix(sample)
    try:
        content = trust.dump(model)
        again = trust.load(content, Path(_SKOPS)).predict_matrix(sample)
        if np.array_equal(again, expected):
            return _SKOPS, content, trust.needed_types(content)
        why = "written in the skops format it predicts other numbers"
    except StateError as error:
        why = error.problem
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=3)
    return _JOBLIB, buffer.getvalue(), why


def _requirements(ensemble: Ensemble, model_file: str) -> str:
    loader = "skops" if model_file == _SKOPS else "joblib"
    pinned = versions(required_packages(ensemble) | {loader})
    lines = [f"{name}=={number}" for name, number in pinned.items()]
    head = f"# {model_file} is loaded with mle-star {__version__}; solution.py runs without it\n"
    return head + "\n".join(lines) + "\n"


def _manifest(
    contents: Mapping[str, bytes], trusted: list[str] | str, ensemble: Ensemble, about: About
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": about.name,
        "created": about.created,
        "mle_star": __version__,
        "python": python_version(),
        "packages": versions(required_packages(ensemble) | {"skops", "joblib"}),
        "trust": "required" if isinstance(trusted, str) else "none",
        "why": trusted if isinstance(trusted, str) else None,
        "trusted_types": trusted if isinstance(trusted, list) else None,
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
        "holdout": about.holdout,
        "holdout_interval": about.holdout_interval,
    }


def _check(folder: Path, sample: pd.DataFrame, expected: np.ndarray) -> None:
    distance = apart(load(folder, trust_code=True).model.predict_matrix(sample), expected)
    if distance > TOLERANCE:
        raise StateError(
            f"the written model predicts something else than the fitted one (by {distance:.2g})",
            "report this: it is a bug; a model written earlier is still in place",
        )


def _replace(partial: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)


def _find(folder: Path) -> Path:
    for candidate in (folder, folder / FOLDER):
        if (candidate / MANIFEST).is_file():
            return candidate
    raise StateError(
        f"{folder} holds no model ({MANIFEST} is missing)",
        "name the output folder of a finished run, or the model folder within it",
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    manifest = files.read_json(path)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise StateError(f"{path} is no manifest of a model", "make the model again")
    if manifest.get("format") != FORMAT:
        raise StateError(
            f"{path} has format {manifest.get('format')!r}, this mle-star reads {FORMAT}",
            "use the mle-star version that the manifest names",
        )
    if manifest.get("digest") != digest_of(manifest):
        raise StateError(f"{path} was changed after it was written", "copy the folder again")
    return manifest


def _listed(manifest: Mapping[str, Any], folder: Path) -> list[tuple[str, str]]:
    for name in manifest["files"]:
        if PurePosixPath(name).name != name or name in ("", "..") or "\\" in name:
            raise StateError(f"{folder / MANIFEST} names a file outside its folder: {name!r}")
    return list(manifest["files"].items())


def _verified(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    if path.is_symlink():
        raise StateError(f"{path} is a link", "copy the model folder again, with its files")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StateError(f"cannot read {path}: {error}", "copy the model folder again") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise StateError(
            f"{path} is not the file that was written with this model (its hash differs)",
            "copy the model folder again; if the change was meant, make the model again",
        )
    return content


def _schema(contents: Mapping[str, bytes], folder: Path) -> Schema:
    try:
        return Schema.from_json(orjson.loads(contents["schema.json"]))
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"{folder / 'schema.json'} cannot be read: {error!r}") from error


def _load_joblib(content: bytes, path: Path, trust_code: bool) -> Any:
    if not trust_code:
        raise StateError(
            f"{path} is in a format that can run code when it is loaded: the model holds objects "
            "that no safer format can",
            "run its solution.py instead; or, if you made this model yourself, load it in Python: "
            "mle_star.bundle.bundle.load(folder, trust_code=True).predict(file)",
        )
    return joblib.load(io.BytesIO(content))
