"""Which distributions and versions a solution needs."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions.

    Parameters
    ----------
    packages : iterable of str
        Import names, such as ``sklearn``.

    Returns
    -------
    dict of str to str
        By distribution name, such as ``scikit-learn``, sorted; what is not installed is left out.
    """
    found = {}
    for name in sorted({_DISTRIBUTIONS.get(package, package) for package in packages}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def python_version() -> str:
    """Version of the running Python."""
    return platform.python_version()
