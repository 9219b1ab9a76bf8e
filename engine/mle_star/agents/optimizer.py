"""A numeric search over the literals of a hyperparameters block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import Trial, TrialState, create_trial

from mle_star.agents.trials import Record
from mle_star.errors import EditError
from mle_star.recipes.recipe import Dimension, Real, Recipe, Whole, recipes_of
from mle_star.seeds import derive
from mle_star.solution.solution import Solution
from mle_star.types import Role

DIGITS = 4
"""Significant digits of a real hyperparameter: the block is read by people."""

FIRST = 12
"""Trials that must be known before the sampler is asked."""

STRIDE = 0.15
"""Standard deviation of a step, as a share of a dimension's range."""

Values = dict[str, object]


class NumericSearch:
    """Asks for hyperparameters to try and is told what came of them.

    Values that stand are rarely bad, so the first trials, and every second one after them, are
    steps away from the best known; the others are the sampler's.

    Of the parts of a merge one is changed at a time: what the others predict is known already.

    Batches of a fixed size are asked for before any of it is told, so that what is proposed does
    not depend on how many are judged at once.

    Parameters
    ----------
    space : mapping of str to Dimension
        What may change.
    current : mapping of str to object
        The values that stand; those outside the space stay as they are.
    greater_is_better : bool
        Direction of the metric.
    seed : int
        From which every batch derives its own, so that it depends on nothing but what was told.
    record : Record or None, default None
        Where trials are written.

    References
    ----------
    Bergstra et al., Algorithms for hyper-parameter optimization, NIPS 2011 (the sampler).
    Akiba et al., Optuna, KDD 2019.
    """

    def __init__(
        self,
        space: Mapping[str, Dimension],
        current: Mapping[str, object],
        *,
        greater_is_better: bool,
        seed: int,
        record: Record | None = None,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = dict(space)
        self._current = dict(current)
        self._seed = seed
        self._batch = self._turn = 0
        self._parts = list(dict.fromkeys(_part_of(name) for name in space))
        self._record = record
        self._random = np.random.default_rng(seed)
        self._study = optuna.create_study(direction="maximize" if greater_is_better else "minimize")

    def know(self, values: Mapping[str, object], score: float) -> None:
        """Tell of values measured before; passed over where they lie outside the space."""
        distributions = {name: _distribution(d) for name, d in self._space.items()}
        params = {name: values.get(name) for name in self._space}
        if all(_contains(distributions[name], value) for name, value in params.items()):
            self._study.add_trial(
                create_trial(params=params, distributions=distributions, value=score)
            )

    def ask(self, count: int) -> list[tuple[Trial, Values]]:
        """Propose values to try.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        list of (Trial, dict)
            The trial, to be handed to :meth:`tell`, and all values of the block.
        """
        seed = derive(self._seed, "batch", self._batch)
        self._batch += 1
        self._random = np.random.default_rng(seed)
        self._study.sampler = optuna.samplers.TPESampler(seed=seed)
        known = len(self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
        for number in range(count):
            part = self._parts[self._turn % len(self._parts)]
            self._turn += 1
            if known and (known < FIRST or number % 2 == 0):
                self._study.enqueue_trial(self._step(self._study.best_params, part))
            elif known and len(self._parts) > 1:
                best = self._study.best_params.items()
                self._study.enqueue_trial({n: v for n, v in best if _part_of(n) != part})
        trials = [self._study.ask() for _ in range(count)]
        asked = [(trial, self._current | self._suggest(trial)) for trial in trials]
        if self._record is not None:
            for trial in trials:
                self._record.asked(trial.number, trial.params, trial.distributions)
        return asked

    def tell(self, trial: Trial, score: float | None) -> None:
        """Tell what came of a trial; None: it has no score."""
        if self._record is not None:
            self._record.told(trial.number, score)
        if score is None:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, score)

    def _step(self, params: Mapping[str, Any], part: str) -> dict[str, Any]:
        """Change some of the values of a part, numbers by a normal step on their own scale."""
        names = [name for name in params if _part_of(name) == part]
        chosen = [name for name in names if self._random.random() < 0.5]
        chosen = chosen or [names[int(self._random.integers(len(names)))]]
        moved = {name: _moved(params[name], self._space[name], self._random) for name in chosen}
        return dict(params) | moved

    def _suggest(self, trial: Trial) -> Values:
        return {name: _suggested(trial, name, d) for name, d in self._space.items()}


def space_of(solution: Solution, recipes: Mapping[str, Recipe]) -> dict[str, Dimension]:
    """The search space of a solution's hyperparameters, from the recipe of its model.

    The parts of a merged model (recipe ``a-b``) keep their spaces, each name under its part's
    prefix, as :mod:`mle_star.agents.merging` writes them.

    Parameters
    ----------
    solution : Solution
        Its model and hyperparameters blocks are looked at.
    recipes : mapping of str to Recipe
        The catalogue.
    """
    model = solution.block(Role.MODEL)
    if model is None:
        return {}
    if model.recipe in recipes:
        return dict(recipes[model.recipe].space)
    space: dict[str, Dimension] = {}
    for part, recipe in recipes_of(solution, recipes).items():
        space |= {f"{part}__{name}": dimension for name, dimension in recipe.space.items()}
    return space


def values_of(solution: Solution) -> Values:
    """The hyperparameters that stand in a solution; none where they cannot be read."""
    try:
        return solution.hyperparameters
    except EditError:
        return {}


def _part_of(name: str) -> str:
    """The part of a merge that a hyperparameter belongs to; empty where there are no parts."""
    return name.rpartition("__")[0]


def _suggested(trial: Trial, name: str, dimension: Dimension) -> object:
    if isinstance(dimension, Real):
        value = trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
        return float(f"{value:.{DIGITS}g}")
    if isinstance(dimension, Whole):
        return trial.suggest_int(name, dimension.low, dimension.high, log=dimension.log)
    return trial.suggest_categorical(name, dimension.options)


def _moved(value: Any, dimension: Dimension, random: np.random.Generator) -> Any:
    if not isinstance(dimension, Real | Whole):
        return dimension.options[int(random.integers(len(dimension.options)))]
    scale, back = (np.log, np.exp) if dimension.log else (float, float)
    low, high = scale(dimension.low), scale(dimension.high)
    moved = back(scale(value) + STRIDE * (high - low) * random.standard_normal())
    inside = min(max(float(moved), dimension.low), dimension.high)
    return round(inside) if isinstance(dimension, Whole) else inside


def _distribution(dimension: Dimension) -> BaseDistribution:
    if isinstance(dimension, Real):
        return optuna.distributions.FloatDistribution(
            dimension.low, dimension.high, log=dimension.log
        )
    if isinstance(dimension, Whole):
        return optuna.distributions.IntDistribution(
            dimension.low, dimension.high, log=dimension.log
        )
    return optuna.distributions.CategoricalDistribution(dimension.options)


def _contains(distribution: BaseDistribution, value: object) -> bool:
    """Whether a value may be added as a trial's: of the right type and inside."""
    if isinstance(distribution, optuna.distributions.CategoricalDistribution):
        return value in distribution.choices
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bool(distribution.low <= value <= distribution.high)  # type: ignore[attr-defined]
