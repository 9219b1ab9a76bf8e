"""Writing ``solution.py``: one readable file that trains and predicts without mle-star."""

from __future__ import annotations

import base64
import sys
import zlib
from collections.abc import Mapping
from pprint import pformat
from typing import Any

import numpy as np

from mle_star import __version__
from mle_star.bundle.packages import versions
from mle_star.bundle.source import (
    indented,
    packages,
    toolkit_modules,
    toolkit_source,
    top_level_names,
    without_toolkit_imports,
)
from mle_star.data.schema import Column, Schema
from mle_star.solution.block import DEFINES, Block
from mle_star.solution.solution import Ensemble, Solution
from mle_star.toolkit.main import labels_digest
from mle_star.types import Role

_HARNESS = "from mle_star.toolkit.main import run_script\n"
_HARNESS += "from mle_star.toolkit.pipeline import assemble\n"

_HEADER = '''"""{title}

How to run it (it trains on every row of the first file that has a target):

    python solution.py --train TRAIN.csv --predict NEW_ROWS.csv --output PREDICTIONS.csv

It needs these packages and nothing else; it was made with python {python} and these versions:

    {requirements}

Written by mle-star {version}. The cells "role" or "member" hold the solution, the cells "toolkit"
the small tools that it uses.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # sums in a fixed order: the same model every time
'''


def standalone(
    ensemble: Ensemble,
    schema: Schema,
    time: str | None = None,
    trained_on: Mapping[str, str] | None = None,
) -> str:
    """Write a solution, or several and how they are combined, as one file.

    Parameters
    ----------
    ensemble : Ensemble
        One member stays as its role cells, so that
        :func:`mle_star.solution.solution.parse` reads it back; of several, each becomes a
        function.
    schema : Schema
        How the files are read.
    time : str or None, default None
        Safe names, joined by ``+``, of the columns that order the rows in time.
    trained_on : mapping or None, default None
        Which rows the model was fitted on if not on all; see :func:`part_of`.

    Returns
    -------
    str
        Percent-format Python.
    """
    toolkit = toolkit_modules([_HARNESS, *sources(ensemble)])
    cells = [_header(ensemble, schema)]
    cells += [_cell(f"toolkit: {name}", _inlined(name)) for name in toolkit]
    settings = pformat(_settings(schema, time, trained_on), width=98, sort_dicts=False)
    cells.append(_cell("schema", f"SCHEMA = {settings}"))
    cells += _solution_cells(ensemble, toolkit)
    return "\n\n".join(cells) + "\n"


def part_of(labels: np.ndarray, rows: np.ndarray) -> dict[str, str] | None:
    """Note down a part of a file's rows, so that ``solution.py`` can train on the same ones.

    Parameters
    ----------
    labels : ndarray of shape (n_rows, n_outputs)
        Of all rows, in the order in which the engine holds them.
    rows : ndarray of int
        Positions trained on.

    Returns
    -------
    dict or None
        None for all rows.
    """
    if len(rows) == len(labels):
        return None
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[rows] = True
    packed = base64.b85encode(zlib.compress(np.packbits(chosen).tobytes(), 9)).decode()
    return {"labels": labels_digest(labels), "rows": packed}


def sources(ensemble: Ensemble) -> list[str]:
    """Source of every block of an ensemble."""
    blocks = [block for member in ensemble.members for block in member.blocks]
    return [block.source for block in [*blocks, *([ensemble.combine] if ensemble.combine else [])]]


def required_packages(ensemble: Ensemble) -> set[str]:
    """Import names of the third-party packages that an ensemble needs to be fitted."""
    written = sources(ensemble)
    toolkit = [toolkit_source(name) for name in toolkit_modules([_HARNESS, *written])]
    found = {name for source in [*written, *toolkit] for name in packages(source)}
    return found - set(sys.stdlib_module_names) - {"mle_star", "__future__"}


def _header(ensemble: Ensemble, schema: Schema) -> str:
    targets = ", ".join(output.original for output in schema.outputs)
    names = " + ".join(member.name or "solution" for member in ensemble.members)
    title = f"Predict {targets}: {names}."
    pinned = [f"{n}=={v}" for n, v in versions(required_packages(ensemble)).items()]
    return _HEADER.format(
        title=title.replace("\\", "\\\\").replace('"', "'"),
        python=".".join(map(str, sys.version_info[:3])),
        requirements=" ".join(pinned),
        version=__version__,
    )


def _settings(
    schema: Schema, time: str | None, trained_on: Mapping[str, str] | None
) -> dict[str, Any]:
    """What the file knows of the data, as literals."""
    order = time.split("+") if time else []
    by_name = {column.name: _spec(column) for column in schema.specs}
    return {
        "dialect": schema.dialect,
        "specs": [_spec(column) for column in schema.features],
        "outputs": schema.output_specs(),
        "time": [by_name[name] for name in order],
        "trained_on": dict(trained_on) if trained_on else None,
        "columns": schema.columns,
    }


def _spec(column: Column) -> dict[str, Any]:
    """What reading a column takes; what is as usual is left out."""
    wanted = ("format", "decimal", "thousands", "affix")
    special = {
        key: getattr(column, key) for key in wanted if getattr(column, key) not in (None, "")
    }
    if special.get("decimal") == ".":
        del special["decimal"]
    names = {"name": column.name, "original": column.original, "kind": str(column.kind)}
    return names | special


def _solution_cells(ensemble: Ensemble, toolkit: list[str]) -> list[str]:
    taken = {name for module in toolkit for name in top_level_names(toolkit_source(module))}
    single = ensemble.members[0] if len(ensemble.members) == 1 else None
    if single is not None and not _own_names(single) & (taken | {"SCHEMA", "os"}):
        cells = [
            _cell(_role_title(block), without_toolkit_imports(block.source))
            for block in single.blocks
        ]
        return [
            *cells,
            _main_cell([f"lambda columns: assemble({_given(single)}, columns)"], "None"),
        ]
    cells = [_member_cell(number, member) for number, member in enumerate(ensemble.members, 1)]
    names = [f"member_{number}" for number in range(1, len(ensemble.members) + 1)]
    if ensemble.combine is None:
        return [*cells, _main_cell(names, "None")]
    combine = _cell(_role_title(ensemble.combine), without_toolkit_imports(ensemble.combine.source))
    return [*cells, combine, _main_cell(names, "combine()")]


def _own_names(solution: Solution) -> set[str]:
    """Names that the cells define at their top level, toolkit imports left out."""
    return {
        name
        for block in solution.blocks
        for name in top_level_names(without_toolkit_imports(block.source))
    } - {"Any", "np", "pd"}


def _member_cell(number: int, member: Solution) -> str:
    body = "\n\n".join(
        f"# {block.role}\n{without_toolkit_imports(block.source, within_function=True)}"
        for block in member.blocks
    )
    source = f"def member_{number}(columns):\n{indented(body)}\n\n"
    source += f"    return assemble({_given(member)}, columns)"
    return _cell(f"member: {number} ({_one_line(member.name or 'solution')})", source)


def _given(member: Solution) -> str:
    pairs = [f'"{DEFINES[block.role]}": {DEFINES[block.role]}' for block in member.blocks]
    return "{" + ", ".join(pairs) + "}"


def _main_cell(members: list[str], combiner: str) -> str:
    call = f"    run_script([{', '.join(members)}], {combiner}, SCHEMA)"
    return _cell("main", f'if __name__ == "__main__":\n{call}')


def _inlined(module: str) -> str:
    return without_toolkit_imports(toolkit_source(module).rstrip())


def _role_title(block: Block) -> str:
    recipe = f" (recipe: {block.recipe})" if block.recipe and block.role is not Role.COMBINE else ""
    return f"role: {block.role}{recipe}"


def _cell(title: str, source: str) -> str:
    return f"# %% {title}\n{source}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
