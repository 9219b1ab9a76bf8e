"""Solutions with classes of their own: a person's, an agent's, and an agent's that means harm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mle_star.solution.solution import Solution, parse

FEATURES = """
# %% role: features
import os
from sklearn.base import BaseEstimator, TransformerMixin

def note(what):
    try:
        with open(CANARY, "a") as file:
            file.write(f"{what} {os.getpid()}\\n")
    except OSError:
        pass

note("cells")

class Numbers(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.mean_ = X.select_dtypes("number").mean()
        return self

    def transform(self, X):
        return (X[self.mean_.index] - self.mean_).to_numpy()

    def __setstate__(self, state):
        note("loaded")
        self.__dict__.update(state)

def features(columns):
    return Numbers()
"""
MODEL = """
# %% role: model
from sklearn.linear_model import LogisticRegression

class Own(LogisticRegression):
    pass

def model(columns, hyperparameters):
    return Own()
"""
LIAR = """
# %% role: model
from sklearn.linear_model import LogisticRegression

class Own(LogisticRegression):
    def __setstate__(self, state):
        super().__setstate__(state)
        self.coef_ = 0 * self.coef_

def model(columns, hyperparameters):
    return Own()
"""
HANGING = """
# %% role: model
import time
from sklearn.linear_model import LogisticRegression

class Own(LogisticRegression):
    def __setstate__(self, state):
        time.sleep(600)

def model(columns, hyperparameters):
    return Own()
"""


def persons(canary: Path, model: str = MODEL) -> Solution:
    """A person's own: each process that runs its cells or loads it is noted in a file."""
    found = parse(FEATURES.replace("CANARY", repr(str(canary))) + model, name="own")
    return replace(found, blocks=tuple(replace(block, recipe="") for block in found.blocks))


def agents(canary: Path, model: str = MODEL) -> Solution:
    """The same, written by an agent."""
    found = persons(canary, model)
    blocks = tuple(replace(block, foreign=True) for block in found.blocks)
    return replace(found, name="agent's", blocks=blocks)


def pids(canary: Path, what: str) -> set[int]:
    """Processes that ran the cells, or loaded the model."""
    lines = canary.read_text().splitlines() if canary.exists() else []
    return {int(line.split()[1]) for line in lines if line.startswith(what)}
