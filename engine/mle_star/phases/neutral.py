"""A solution with one of its blocks in the plainest form."""

from __future__ import annotations

from mle_star.recipes.catalogue import is_encoding, neutral
from mle_star.recipes.recipe import Facts
from mle_star.solution.solution import Solution, ordered
from mle_star.types import Role

REMOVED = "removed"


def neutralised(solution: Solution, role: Role, facts: Facts) -> tuple[Solution, str]:
    """Put the neutral form in place of a block.

    Parameters
    ----------
    solution : Solution
        Left as it is.
    role : Role
        Of the block to replace.
    facts : Facts
        About the task and table.

    Returns
    -------
    Solution
        Has the digest of `solution` where its block is the neutral form already, or does the same
        on this table.
    str
        Name of the neutral recipe, or ``removed``. A neutral model brings its own
        hyperparameters and takes the old ones away, which are another model's.
    """
    model, block = solution.block(Role.MODEL), solution.block(role)
    recipe = neutral(role, facts, model.recipe if model else "")
    if recipe and block and facts.only_numbers and is_encoding(block):
        return solution, recipe.name
    if recipe is None:
        return solution.without(role, name=_name(solution, role), origin="ablation"), REMOVED
    replaced = {role} | ({Role.HYPERPARAMETERS} if role is Role.MODEL else set())
    kept = [block for block in solution.blocks if block.role not in replaced]
    brought = [block for block in recipe.blocks if block.role in replaced]
    child = Solution(
        ordered([*kept, *brought]), _name(solution, role), solution.digest, role, "ablation"
    )
    return child, recipe.name


def _name(solution: Solution, role: Role) -> str:
    return f"{solution.name} with plain {role}"
