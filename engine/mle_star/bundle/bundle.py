"""The model folder: every file checked against the manifest whenever it is loaded.

:mod:`mle_star.bundle.writing` writes it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import joblib
import numpy as np
import orjson
import pandas as pd
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from mle_star import files
from mle_star.bundle import trust
from mle_star.bundle.blocks import BLOCKS, from_json
from mle_star.bundle.few_rows import FEW
from mle_star.bundle.model_file import JOBLIB, SKOPS
from mle_star.bundle.tables import read_table
from mle_star.data.schema import Schema
from mle_star.errors import StateError
from mle_star.solution.build import register
from mle_star.toolkit.ensemble import EnsembleModel
from mle_star.toolkit.table import predictions_frame

FORMAT = 1
FOLDER = "model"
"""Name of the bundle within a run's output folder."""

TOLERANCE = 1e-6
"""How far a served prediction may be from the fitted model's, or a reproduced one from a served."""

MANIFEST = "manifest.json"


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
        rows = read_table(table, self.schema)
        if len(rows) > FEW:
            return self.model.predict_matrix(rows)
        with _thread_pools().limit(limits=1):  # starting threads takes longer than a few rows
            return self.model.predict_matrix(rows)


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose files are those that were written, its model not yet loaded.

    Parameters
    ----------
    folder : Path
        The bundle.
    manifest : dict
        What the manifest says.
    contents : dict of str to bytes
        Every other file.
    schema : Schema
        How a table must look.
    """

    folder: Path
    manifest: dict[str, Any]
    contents: dict[str, bytes]
    schema: Schema

    @property
    def is_foreign(self) -> bool:
        """Whether loading the model runs code that an agent wrote."""
        return SKOPS not in self.contents and bool(self.manifest.get("agent_written"))

    def bundle(self, *, trust_code: bool = False) -> Bundle:
        """Load the model; see :func:`load`."""
        if SKOPS in self.contents:
            model = trust.load(self.contents[SKOPS], self.folder / SKOPS)
        else:
            model = self._unpickled(trust_code)
        if not isinstance(model, EnsembleModel):
            raise StateError(
                f"{self.folder} holds a {type(model).__name__}, not a model of mle-star"
            )
        return Bundle(model, self.schema, self.manifest, self.folder)

    def _unpickled(self, trust_code: bool) -> Any:
        path = self.folder / JOBLIB
        if not trust_code:
            raise StateError(
                f"{path} is in a format that can run code when it is loaded: the model holds "
                "objects that no safer format can",
                "run its solution.py instead; or, if you made this model yourself, load it in "
                "Python: mle_star.bundle.bundle.load(folder, trust_code=True).predict(file)",
            )
        try:
            if BLOCKS in self.contents:
                register(from_json(orjson.loads(self.contents[BLOCKS])))
            return joblib.load(io.BytesIO(self.contents[JOBLIB]))
        except StateError:
            raise
        except Exception as error:  # anything: it runs the model's own code
            raise StateError(
                f"{path} cannot be loaded: {error!r}",
                "install the versions that its requirements.txt names",
            ) from error


def digest_of(manifest: Mapping[str, Any]) -> str:
    """Digest of everything else in a manifest, which stands in it as ``digest``."""
    rest = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(files.to_json(rest)).hexdigest()


def apart(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference, relative where numbers are larger than one.

    Infinite if shapes differ, or something that was found is no number.
    """
    if found.shape != expected.shape or not np.isfinite(found).all():
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
        Whether to load a model that had to be saved in a format that can run code, and to run the
        code of its cells.

    Raises
    ------
    StateError
        If a file is missing or changed, the model may run code and `trust_code` is false, or it
        cannot be read.
    """
    return opened(folder).bundle(trust_code=trust_code)


def opened(folder: str | Path) -> Opened:
    """Read a bundle's files and check every one against the manifest, without loading the model.

    Raises
    ------
    StateError
        If a file is missing or changed.
    """
    folder = _find(Path(folder))
    manifest = _read_manifest(folder)
    contents = {name: _verified(folder, name, digest) for name, digest in _listed(manifest, folder)}
    if not {SKOPS, JOBLIB} & contents.keys():
        raise StateError(f"{folder} holds no model file", "make the model again")
    return Opened(folder, manifest, contents, _schema(contents, folder))


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
