"""Which types a model file may hold so that loading it runs no foreign code.

skops rebuilds objects from a description and asks before it touches a type it does not know. The
answer given here does not depend on what the file or its manifest claims. No function is allowed
but by its full name: one could be called with chosen arguments while loading.

skops is imported where it is used: it takes a second, and many a process needs no such file.
"""

from __future__ import annotations

import importlib
import io
import zipfile
from pathlib import Path
from typing import Any

from mle_star.errors import StateError

EXACT = frozenset(
    {
        "catboost.core.CatBoostClassifier",
        "catboost.core.CatBoostRegressor",
        "collections.OrderedDict",
        "functools.partial",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
        "numpy.dtype",
        "scipy.interpolate._bsplines.BSpline",
        "sklearn.utils.validation.check_array",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRegressor",
    }
)
"""Types, and one harmless function, allowed by their full name."""

CLASSES_OF = ("mle_star.toolkit.", "sklearn.")
"""Modules of which every class is allowed."""

_NOT_IN = frozenset({"tests", "conftest", "externals", "datasets", "_testing", "_joblib"})
_MOST_MIB = 4096
_MOST_RATIO = 60
_DAMAGE = (
    *(ValueError, TypeError, KeyError, AttributeError, ImportError, OSError),
    *(zipfile.BadZipFile, RecursionError, NotImplementedError, MemoryError),
)
"""What skops raises of a file that is none."""


def untrusted(types: list[str]) -> list[str]:
    """Those of some types' full names that are not allowed.

    Parameters
    ----------
    types : list of str
        As :func:`skops.io.get_untrusted_types` gives them.
    """
    return [name for name in types if name not in EXACT and not _is_class_of_ours(name)]


def dump(model: Any) -> bytes:
    """Write a model in the skops format, compressed.

    Raises
    ------
    StateError
        If the format cannot hold it, or it needs a type that is not allowed.
    """
    import skops.io

    try:
        content: bytes = skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        needed = skops.io.get_untrusted_types(data=content)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise StateError(f"the skops format cannot hold this model: {error}") from error
    foreign = untrusted(needed)
    if foreign:
        raise StateError(f"the model holds types that are not known: {', '.join(foreign)}")
    return content


def load(content: bytes, path: Path) -> Any:
    """Read a model that :func:`dump` wrote.

    Parameters
    ----------
    content : bytes
        The file's content.
    path : Path
        Named in errors.

    Raises
    ------
    StateError
        If it is damaged, unreasonably large once unpacked, or holds a type that is not allowed;
        no code of such a type has run then.
    """
    import skops.io

    needed = checked_types(content, path)
    try:
        return skops.io.loads(content, trusted=needed)
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def checked_types(content: bytes, path: Path) -> list[str]:
    """Types in a skops file beyond those that skops knows itself, all of them allowed.

    Nothing of the file is built; parameters and errors are those of :func:`load`.
    """
    import skops.io

    _refuse_bomb(content, path)
    try:
        needed = sorted(skops.io.get_untrusted_types(data=content))
    except _DAMAGE as error:
        raise _unreadable(path, error) from error
    foreign = untrusted(needed)
    if foreign:
        raise StateError(
            f"{path} holds types that may run code: {', '.join(foreign)}",
            "do not use this model file unless you made it yourself",
        )
    return needed


def _is_class_of_ours(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    if not f"{module}.".startswith(CLASSES_OF) or _NOT_IN & set(name.split(".")):
        return False
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__.startswith(CLASSES_OF)


def _refuse_bomb(content: bytes, path: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _unreadable(path, error) from error
    if size > _MOST_MIB << 20 or size > max(64 << 20, _MOST_RATIO * len(content)):
        raise StateError(
            f"{path} would unpack to {size >> 20} MiB from {len(content) >> 10} KiB",
            "this is no model of mle-star; do not use it",
        )


def _unreadable(path: Path, error: BaseException) -> StateError:
    return StateError(f"{path} is not a readable model file: {error}", "make the model again")
