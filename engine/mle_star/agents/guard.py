"""Static rules for a block that an agent wrote, kept before anything of it runs.

They are the first net and give a reason that the agent can act on. **They are not the boundary**:
whoever means harm gets past any filter of Python source. The boundary is the sandbox, and the
score is the engine's because labels of scoring rows never enter it.

What is covered:

- imports other than numpy, pandas, scipy, scikit-learn, the boosters, harmless modules of the
  standard library and ``mle_star.toolkit``;
- reading and writing files through these libraries;
- ``exec``, ``eval``, attributes by a computed name, frames, dunder attributes, modules reached
  through other modules;
- changing what belongs to others (``np.mean = ...``, ``setattr(Pipeline, ...)``);
- ``fit`` in a function that only describes, or in a method that predicts;
- statements at the top level that do something, and the time of day.

What is not, and who does it:

- rows of training and scoring concatenated, statistics of the scoring rows in ``transform``, an
  encoding of a row by its own label: the judge's folds, its gates and the overlap tests;
- labels, answers or column names written out as literals: the shuffled-target run and the holdout;
- files read through a library's lesser known corners, native code, memory, time, processes that a
  library starts: the sandbox;
- endless loops and large results: the limits of a fit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mle_star.agents.columns_used import unused_kinds
from mle_star.agents.finding import Finding, Rule
from mle_star.agents.imports import import_findings
from mle_star.agents.learning import leaks
from mle_star.agents.reach import reach_findings
from mle_star.solution.block import DEFINES, Block
from mle_star.types import Role

__all__ = ["LARGEST_BLOCK", "findings", "unused_kinds", "why_not"]

LARGEST_BLOCK = 30_000
"""Characters of one block."""

_MOST_TOLD = 5
_PURE_CALLS = {"frozenset", "set", "tuple", "list", "dict", "range", "float", "int", "re.compile"}


def why_not(block: Block) -> str:
    """Why a block may not run.

    Parameters
    ----------
    block : Block
        Written by an agent.

    Returns
    -------
    str
        Empty: it may run. Else what breaks which rule on which line, as a reason for its repair.
    """
    found = findings(block)
    told = "; ".join(str(finding) for finding in found[:_MOST_TOLD])
    more = f"; and {len(found) - _MOST_TOLD} more like these" if len(found) > _MOST_TOLD else ""
    return f"the {block.role} block may not run: {told}{more}" if found else ""


def findings(block: Block) -> list[Finding]:
    """Every place at which a block breaks a rule, in the order of its lines."""
    if len(block.source) > LARGEST_BLOCK:
        size = f"{len(block.source)} characters; a block has at most {LARGEST_BLOCK}"
        return [Finding(1, Rule.SIZE, size)]
    try:
        tree = ast.parse(block.source)
        return sorted(set(_all_findings(tree, block.role)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [Finding(1, Rule.SIZE, f"it cannot be parsed: {error}")]


def _all_findings(tree: ast.Module, role: Role) -> Iterator[Finding]:
    yield from import_findings(tree)
    yield from reach_findings(tree)
    for line, problem in leaks(tree, DEFINES[role]):
        yield Finding(line, Rule.LEAKAGE, problem)
    yield from _statement_findings(tree.body, "at the top level")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _statement_findings(node.body, "in the body of a class")
        elif isinstance(node, ast.Global):
            problem = f"global {', '.join(node.names)}: keep what is learnt in the object"
            yield Finding(node.lineno, Rule.SIDE_EFFECT, problem)


def _statement_findings(body: list[ast.stmt], where: str) -> Iterator[Finding]:
    """Statements that do something when the block is only being read."""
    for node in body:
        if not _only_defines(node):
            problem = (
                f"{where} stand only imports, functions, classes and constants, not "
                f"'{_first_line(node)}'"
            )
            yield Finding(node.lineno, Rule.SIDE_EFFECT, problem)


def _only_defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(t, ast.Name | ast.Tuple) for t in node.targets) and _pure(node.value)
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and (node.value is None or _pure(node.value))
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.ClassDef):
        return True
    definitions = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, definitions | ast.Pass)


def _pure(value: ast.expr) -> bool:
    """Whether an expression is made of constants and names without running anything else."""
    return all(
        ast.unparse(node.func) in _PURE_CALLS
        for node in ast.walk(value)
        if isinstance(node, ast.Call)
    ) and not any(
        isinstance(node, ast.Lambda | ast.Await | ast.NamedExpr) for node in ast.walk(value)
    )


def _first_line(node: ast.stmt) -> str:
    return ast.unparse(node).split("\n", 1)[0][:80]
