"""From a solution's source to what its cells define, and to one scikit-learn pipeline."""

from __future__ import annotations

import linecache
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

from sklearn.pipeline import Pipeline

from mle_star.solution.block import DEFINES, Block
from mle_star.solution.solution import PREFIX_ROLES, Ensemble, Solution
from mle_star.toolkit.pipeline import assemble
from mle_star.types import Columns


def cells_of(solution: Solution) -> dict[str, Any]:
    """Run the blocks in one fresh module and give back what they define.

    Parameters
    ----------
    solution : Solution
        Its blocks are run in role order; whatever they raise goes to the caller.

    Returns
    -------
    dict
        ``clean``, ``features``, ``HYPERPARAMETERS``, ... of the blocks that are there.
    """
    return defined(module_of(solution), solution)


def module_of(solution: Solution) -> ModuleType:
    """Run the blocks in one fresh module.

    It is registered under a name made from the solution's digest, in place of an earlier one, so
    that what its cells define can be pickled; :func:`register` tells how it is unpickled.
    """
    module = ModuleType(f"mle_star_solution_{solution.digest}")
    sys.modules[module.__name__] = module
    for block in solution.blocks:
        exec(_compiled(block), module.__dict__)  # noqa: S102 - this is what a solution is for
    return module


def defined(module: ModuleType, solution: Solution) -> dict[str, Any]:
    """What the roles of a solution define in its module."""
    return {DEFINES[block.role]: module.__dict__[DEFINES[block.role]] for block in solution.blocks}


def prefix_of(solution: Solution) -> Solution:
    """The ``clean`` and ``features`` cells alone: the judge fits those in a module of their own."""
    return replace(solution, blocks=tuple(b for b in solution.blocks if b.role in PREFIX_ROLES))


def register(ensemble: Ensemble) -> None:
    """Run all cells of an ensemble, so that what was fitted with them can be unpickled here."""
    for member in ensemble.members:
        cells_of(prefix_of(member))
        cells_of(member)
    if ensemble.combine is not None:
        cells_of(Solution((ensemble.combine,)))


def combiner_of(ensemble: Ensemble) -> Any:
    """What the ``combine`` block makes, an object with ``apply``; None for one member."""
    if ensemble.combine is None:
        return None
    return cells_of(Solution((ensemble.combine,)))["combine"]()


def build(solution: Solution, columns: Columns) -> Pipeline:
    """One unfitted pipeline: clean, features, estimator.

    Parameters
    ----------
    solution : Solution
        Must hold a ``model`` block.
    columns : dict
        The description of the table that every cell is given.
    """
    return assemble(cells_of(solution), columns)


def block_filename(block: Block) -> str:
    """The file name by which a traceback names a block: ``<features 0123456789abcdef>``."""
    return f"<{block.role} {block.digest}>"


def _compiled(block: Block) -> Any:
    name = block_filename(block)
    lines = block.source.splitlines(keepends=True)
    linecache.cache[name] = (len(block.source), None, lines, name)
    return compile(block.source, name, "exec", dont_inherit=True)
