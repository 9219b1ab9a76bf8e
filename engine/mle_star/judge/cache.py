"""Fold results on disk, so that what was once computed is never computed again.

An evaluation put together from this cache is the same as one that was run, seconds included: a
resumed session counts it against its budget and takes the same decisions.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mle_star import __version__
from mle_star.errors import StateError
from mle_star.files import sha256, write_bytes, write_text
from mle_star.judge.wire import Order, Reply, decode, encode


class FoldCache:
    """One file a fold result.

    Parameters
    ----------
    folder : Path
        Made when first written to.
    data : str
        Digest of table and labels, see :func:`data_digest`.
    """

    def __init__(self, folder: Path, data: str) -> None:
        self.folder = folder
        self.data = data

    def key(self, order: Order) -> str:
        """Identity of one fit: the blocks, the data, the rows, their labels and the seed."""
        digest = hashlib.sha256()
        for part in (__version__, self.data, order.solution.digest, str(order.seed)):
            digest.update(part.encode() + b"\0")
        for array in (order.train, order.predict, order.labels):
            digest.update(np.ascontiguousarray(array).tobytes() + b"\0")
        return digest.hexdigest()[:32]

    def get(self, key: str) -> Reply | None:
        """What was put under a key, or None; a damaged file counts as absent."""
        path = self._path(key)
        try:
            return decode(path.read_bytes())
        except OSError:
            return None
        except ValueError:
            path.unlink(missing_ok=True)
            return None

    def put(self, key: str, reply: Reply) -> None:
        """Keep a successful result; a full disk costs only the cache."""
        with contextlib.suppress(StateError):
            write_bytes(self._path(key), encode(reply))

    def kept(self, order: Order) -> Reply | None:
        """What came of the same fit before; one saved to a file counts while that is intact."""
        key = self.key(order)
        if order.save is not None:
            try:
                if sha256(order.save) != self._seal(key).read_text():
                    return None
            except OSError:
                return None
        found = self.get(key)
        return found and replace(found, number=order.number)

    def keep(self, order: Order, reply: Reply) -> None:
        """Keep what came of a fit, and what the file holds that it was saved to."""
        key = self.key(order)
        if order.save is not None:
            with contextlib.suppress(StateError, OSError):
                write_text(self._seal(key), sha256(order.save))
        self.put(key, reply)

    def _seal(self, key: str) -> Path:
        return self._path(key).with_suffix(".saved")

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.fold"


def data_digest(table: pd.DataFrame, labels: np.ndarray) -> str:
    """Identity of a table and its labels: names, types and every cell."""
    digest = hashlib.sha256(labels.tobytes())
    for name in table.columns:
        column = table[name]
        digest.update(f"{name}\0{column.dtype}\0".encode())
        digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
