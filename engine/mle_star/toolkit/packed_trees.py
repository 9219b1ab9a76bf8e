"""The trees of a histogram booster as a few arrays: thousands of small ones are slow to save."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

_PARTS = ("nodes", "binned_left_cat_bitsets", "raw_left_cat_bitsets")


def packed(booster: Any) -> Any:
    """A copy of a histogram booster with its trees' arrays joined; any other model as it is."""
    if not hasattr(booster, "_predictors"):
        return booster
    trees = [tree for grown in booster._predictors for tree in grown]
    state: dict[str, Any] = {"a_round": len(booster._predictors[0])}
    for name in _PARTS:
        arrays = [getattr(tree, name) for tree in trees]
        state[name] = np.concatenate(arrays)
        state[f"{name}_ends"] = np.cumsum([len(array) for array in arrays])
    smaller = copy.copy(booster)
    smaller._predictors = state
    return smaller


def unpacked(booster: Any) -> Any:
    """What :func:`packed` was given."""
    state = getattr(booster, "_predictors", None)
    if not isinstance(state, dict):
        return booster
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

    parts = [np.split(state[name], state[f"{name}_ends"][:-1]) for name in _PARTS]
    trees = [TreePredictor(*arrays) for arrays in zip(*parts, strict=True)]
    larger, count = copy.copy(booster), state["a_round"]
    larger._predictors = [trees[i : i + count] for i in range(0, len(trees), count)]
    return larger
