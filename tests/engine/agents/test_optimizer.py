"""A numeric search over a merge changes one part at a time, and every part in its turn."""

from __future__ import annotations

from mle_star.agents.optimizer import NumericSearch
from mle_star.recipes.recipe import Dimension, Real, Whole

SPACE: dict[str, Dimension] = {
    "a__depth": Whole(1, 100),
    "a__rate": Real(0.01, 1.0, log=True),
    "b__leaves": Whole(2, 900),
    "c__alpha": Real(0.0, 1.0),
}
CURRENT: dict[str, object] = {"a__depth": 50, "a__rate": 0.1, "b__leaves": 100, "c__alpha": 0.5}


def test_a_trial_changes_one_part_and_each_has_its_turn() -> None:
    search = NumericSearch(SPACE, CURRENT, greater_is_better=True, seed=0)
    search.know(CURRENT, 1.0)
    turns: list[set[str]] = []
    for _ in range(5):
        asked = search.ask(4)
        for trial, values in asked:
            search.tell(trial, 0.0)
            turns.append({k.partition("__")[0] for k in SPACE if values[k] != CURRENT[k]})
    assert turns == [{"abc"[number % 3]} for number in range(20)]


def test_without_parts_all_values_may_change() -> None:
    space = {name.replace("__", "_"): dimension for name, dimension in SPACE.items()}
    current = {name.replace("__", "_"): value for name, value in CURRENT.items()}
    search = NumericSearch(space, current, greater_is_better=True, seed=0)
    search.know(current, 1.0)
    asked = [values for _, values in search.ask(4)]
    assert {name for values in asked for name in space if values[name] != current[name]} == set(
        space
    )
