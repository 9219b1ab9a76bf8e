"""From a solution's source to what its cells define, and to one scikit-learn pipeline."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType
from typing import Any

from sklearn.pipeline import Pipeline

from mle_star.solution.block import DEFINES, Block
from mle_star.solution.solution import Solution
from mle_star.toolkit.pipeline import assemble
from mle_star.types import Columns


def cells_of(solution: Solution) -> dict[str, Any]:
    """Run the blocks in one fresh module and give back what they define.

    The module is registered under a name made from the solution's digest, so that what its cells
    define can be pickled, and unpickled by any process that has called this function before.

    Parameters
    ----------
    solution : Solution
        Its blocks are run in role order; whatever they raise goes to the caller.

    Returns
    -------
    dict
        ``clean``, ``features``, ``HYPERPARAMETERS``, ... of the blocks that are there.
    """
    module = ModuleType(f"mle_star_solution_{solution.digest}")
    sys.modules[module.__name__] = module
    for block in solution.blocks:
        exec(_compiled(block), module.__dict__)  # noqa: S102 - this is what a solution is for
    return {DEFINES[block.role]: module.__dict__[DEFINES[block.role]] for block in solution.blocks}


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
