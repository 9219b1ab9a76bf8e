"""What the engine and its workers say to one another.

Orders go down as pickles: the engine is trusted. Replies come up as JSON and raw numbers, never as
pickles, because a worker runs code that is being judged.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from mle_star.solution.solution import Solution

LOAD = b"L"
"""Command to the zygote: read ``(table, columns, memory_mib)`` from the file that comes with it."""
FORK = b"F"
"""Command to the zygote: start a worker on the socket that comes with it."""
ANSWER = struct.Struct("q")
"""The zygote answers every command with one number: a process id, or 0."""
_END_OF_HEADER = b"\n"


@dataclass(frozen=True, slots=True)
class Order:
    """Fit a solution on some rows of the worker's table and predict others.

    Parameters
    ----------
    number : int
        Comes back with the reply.
    solution : Solution
        What to fit.
    train, predict : ndarray of int
        Positions of rows.
    labels : ndarray of shape (n_train, n_outputs)
        Labels of the training rows; no others are sent.
    seed : int
        Seeds numpy and random.
    save : Path or None
        Where to save the fitted pipeline.
    """

    number: int
    solution: Solution
    train: np.ndarray
    predict: np.ndarray
    labels: np.ndarray
    seed: int = 0
    save: Path | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker says came of an order; nothing in it is believed without a check.

    Parameters
    ----------
    number : int
        The order's.
    predictions : ndarray or None
        Two-dimensional.
    failure : str
        Reason, empty on success.
    fit_seconds, predict_seconds : float
        Wall time; a shared prefix counts what it took when it was fitted.
    peak_mib : float
        Highest memory above what the worker held before.
    retire : bool
        Whether the worker ends itself after this, because the candidate left something behind.
    """

    number: int
    predictions: np.ndarray | None = None
    failure: str = ""
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    peak_mib: float = 0.0
    retire: bool = False


def mean_of(replies: Sequence[Reply]) -> Reply:
    """What the plain average of several models would have come to, from what each of them did.

    Parameters
    ----------
    replies : sequence of Reply
        Of one fold; each holds predictions.
    """
    return Reply(
        replies[0].number,
        np.mean([np.asarray(reply.predictions) for reply in replies], axis=0),
        fit_seconds=sum(reply.fit_seconds for reply in replies),
        predict_seconds=sum(reply.predict_seconds for reply in replies),
        peak_mib=sum(reply.peak_mib for reply in replies),
    )


def affinity(order: Order) -> str:
    """Which fitted prefix an order needs: orders with equal values can share one."""
    parts = (order.solution.prefix_digest, rows_digest(order.train), rows_digest(order.labels))
    return "/".join((*parts, str(order.seed)))


def rows_digest(array: np.ndarray) -> str:
    """Identity of an array's content."""
    return hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=12).hexdigest()


def encode(reply: Reply) -> bytes:
    """One message of a worker."""
    array = reply.predictions
    header = {
        "number": reply.number,
        "shape": None if array is None else array.shape,
        "failure": reply.failure,
        "fit_seconds": reply.fit_seconds,
        "predict_seconds": reply.predict_seconds,
        "peak_mib": reply.peak_mib,
        "retire": reply.retire,
    }
    numbers = b"" if array is None else np.ascontiguousarray(array, dtype=np.float64).tobytes()
    return orjson.dumps(header) + _END_OF_HEADER + numbers


def decode(message: bytes) -> Reply:
    """Read one message of a worker.

    Raises
    ------
    ValueError
        If it is not what :func:`encode` writes.
    """
    head, _, numbers = message.partition(_END_OF_HEADER)
    try:
        fields: dict[str, Any] = dict(orjson.loads(head))
        shape = fields.pop("shape")
        array = None
        if shape is not None:
            rows, columns = (int(size) for size in shape)
            array = np.frombuffer(numbers, dtype=np.float64).reshape(rows, columns).copy()
        return Reply(
            number=int(fields["number"]),
            predictions=array,
            failure=str(fields["failure"]),
            fit_seconds=float(fields["fit_seconds"]),
            predict_seconds=float(fields["predict_seconds"]),
            peak_mib=float(fields["peak_mib"]),
            retire=bool(fields["retire"]),
        )
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not a worker's reply: {error}") from error
