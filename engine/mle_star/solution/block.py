"""One named piece of a solution's code."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass

from mle_star.errors import EditError
from mle_star.types import Role

DEFINES = {
    Role.CLEAN: "clean",
    Role.FEATURES: "features",
    Role.HYPERPARAMETERS: "HYPERPARAMETERS",
    Role.MODEL: "model",
    Role.TRAIN: "train",
    Role.POST: "post",
    Role.COMBINE: "combine",
}
"""The name that a block of each role must define at its top level."""

PART = "-"
"""What stands between the recipes of a merged model."""


@dataclass(frozen=True, slots=True)
class Block:
    """The source of one cell.

    Parameters
    ----------
    role : Role
        The part it plays.
    source : str
        Python source without the cell marker, no blank lines around it.
    recipe : str, default ""
        Name of the recipe it came from, empty if it was written by an agent or a person.
        Provenance only: not part of the block's identity.
    foreign : bool, default False
        Whether an agent wrote it: it runs, and what it made is loaded, in the sandbox only. Not
        part of the block's identity either.
    """

    role: Role
    source: str
    recipe: str = ""
    foreign: bool = False

    @property
    def digest(self) -> str:
        """Identity of the source: 16 hexadecimal digits."""
        return hashlib.sha256(f"{self.role}\0{self.source}".encode()).hexdigest()[:16]

    @property
    def parts(self) -> tuple[str, ...]:
        """Its recipe; of a merged model those it averages, numbered where one comes twice."""
        return tuple(self.recipe.split(PART)) if self.recipe else ()


def checked(role: Role, source: str, recipe: str = "", *, foreign: bool = False) -> Block:
    """Make a block after checking that it parses and defines its name.

    Parameters
    ----------
    role : Role
        The part it is to play.
    source : str
        Python source.
    recipe : str, default ""
        Name of the recipe it came from.
    foreign : bool, default False
        Whether an agent wrote it.

    Returns
    -------
    Block
        With surrounding blank lines removed.

    Raises
    ------
    EditError
        If the source does not parse, holds a cell marker, does not define the name that the role
        asks for, or (hyperparameters) is anything but one assignment of literals.
    """
    source = source.strip("\n").rstrip()
    if any(line.lstrip().startswith("# %%") for line in source.splitlines()):
        raise EditError("a block is one cell: it may not hold a '# %%' marker")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = str(error) or type(error).__name__
        raise EditError(f"the {role} block does not parse: {why}") from error
    if DEFINES[role] not in _top_level_names(tree):
        raise EditError(f"the {role} block must define {DEFINES[role]!r} at its top level")
    if role is Role.HYPERPARAMETERS:
        read_hyperparameters(source)
    return Block(role, source, recipe, foreign)


def read_hyperparameters(source: str) -> dict[str, object]:
    """Read the literals of a hyperparameters block.

    Raises
    ------
    EditError
        If the block is anything but ``HYPERPARAMETERS = {literals}``.
    """
    body = ast.parse(source).body
    if len(body) != 1 or not isinstance(body[0], ast.Assign):
        raise EditError("a hyperparameters block is one assignment, HYPERPARAMETERS = {...}")
    try:
        values = ast.literal_eval(body[0].value)
    except ValueError as error:
        raise EditError("a hyperparameters block holds literals only") from error
    if not isinstance(values, dict):
        raise EditError("HYPERPARAMETERS must be a dictionary")
    return {str(key): value for key, value in values.items()}


def hyperparameters_block(values: dict[str, object], recipe: str = "") -> Block:
    """Write a hyperparameters block from values, one a line."""
    lines = "".join(f"    {key!r}: {value!r},\n" for key, value in values.items())
    return checked(Role.HYPERPARAMETERS, f"HYPERPARAMETERS = {{\n{lines}}}", recipe)


def _top_level_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names
