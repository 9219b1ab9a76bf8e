"""What an agent-written block is refused for before it runs, and what it is not refused for."""

from __future__ import annotations

import pytest

from mle_star.agents import imports
from mle_star.agents.finding import Rule
from mle_star.agents.guard import LARGEST_BLOCK, findings, why_not
from mle_star.agents.merging import merge
from mle_star.recipes.catalogue import compose, load
from mle_star.solution.block import Block, checked
from mle_star.types import Role

RECIPES = load()

HONEST = '''
"""Ratios of amounts, beside everything else."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse, signal, stats
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from mle_star.toolkit.dates import DateParts
from mle_star.toolkit.native import NativeCategories

PAIRS = [("a", "b")]
_EPSILON: float = 1e-9
_NAMES = frozenset({"x"})


@lru_cache
def _letters(text):
    return len(text)


def _oof(estimator, X, y):
    return estimator.fit(X, y).predict(X)


class Ratios(TransformerMixin, BaseEstimator):
    """Adds them."""

    scale: ClassVar[float] = 1.0

    def __init__(self, names: list[str], strength: float = 1.0) -> None:
        self.names = names
        self.strength = strength

    def fit(self, X: pd.DataFrame, y: Any = None) -> Ratios:
        self.inner_ = make_pipeline(DateParts()).fit(X, y)
        self.guess_ = _oof(self.inner_, X, y)
        self.medians_ = X[self.names].median()
        X = X.copy()
        X.loc[:, self.names] = 0
        return self

    def fit_transform(self, X, y=None):
        return self.fit(X, y).transform(X)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        if not hasattr(self, "medians_"):
            raise ValueError(f"{type(self).__name__} is not fitted")
        made = self.inner_.transform(X).copy()
        for name in self.names:
            made[name + "_part"] = made[name] / (getattr(self, "medians_")[name] + _EPSILON)
        for part in ("year", "month"):
            made[part] = getattr(X["when"].dt, part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made["wave"] = signal.detrend(np.nan_to_num(stats.zscore(made["a"])))
        made["since"] = (pd.Timestamp("2020-01-01") - X["when"]).dt.days
        return made.drop(columns=["when"])

    def __sklearn_tags__(self):
        return super().__sklearn_tags__()


def features(columns: dict[str, Any]) -> Any:
    return make_pipeline(Ratios(columns["numeric"]), NativeCategories())
'''


def _features(body: str) -> Block:
    """A features block whose transformer does something while it transforms."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return checked(
        Role.FEATURES,
        "import numpy as np\nimport pandas as pd\nfrom sklearn.base import BaseEstimator\n\n"
        "class T(BaseEstimator):\n    def fit(self, X, y=None):\n        return self\n"
        f"    def transform(self, X):\n{lines}\n        return X\n\n"
        "def features(columns):\n    return T()",
    )


def test_honest_code_may_run() -> None:
    assert why_not(checked(Role.FEATURES, HONEST)) == ""


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_may_run(name: str) -> None:
    assert [why_not(block) for block in RECIPES[name].blocks if why_not(block)] == []


def test_a_merged_model_may_run() -> None:
    parts = [compose([RECIPES["ordinal"], RECIPES[name]]) for name in ("lightgbm", "linear")]

    assert [why_not(block) for block in merge(parts).blocks if why_not(block)] == []


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        (Rule.FILE, 'open("train.csv")'),
        (Rule.FILE, 'f = open\nf("train.csv")'),
        (Rule.FILE, 'pd.read_csv("train.csv")'),
        (Rule.FILE, 'from pandas import read_parquet as r\nr("train.csv")'),
        (Rule.FILE, 'np.load("labels.npy")'),
        (Rule.FILE, 'from numpy import load'),
        (Rule.FILE, 'np.memmap("labels.npy")'),
        (Rule.FILE, 'getattr(np, "load")("labels.npy")'),
        (Rule.FILE, 'import sklearn.datasets as d'),
        (Rule.FILE, 'from scipy import io'),
        (Rule.FILE, 'X.to_csv("answers.csv")'),
        (Rule.FILE, 'X.values.tofile("score.json")'),
        (Rule.IMPORT, 'import os\nos.environ["ANTHROPIC_API_KEY"]'),
        (Rule.IMPORT, 'import os\nos._exit(0)'),
        (Rule.IMPORT, "import sys\nsys._getframe(1).f_locals"),
        (Rule.IMPORT, "import inspect\ninspect.stack()"),
        (Rule.IMPORT, "import gc\ngc.get_objects()"),
        (Rule.IMPORT, "import subprocess"),
        (Rule.IMPORT, "import multiprocessing"),
        (Rule.IMPORT, "from threading import Thread"),
        (Rule.IMPORT, "import socket"),
        (Rule.IMPORT, "from urllib.request import urlopen"),
        (Rule.IMPORT, "import requests"),
        (Rule.IMPORT, "import ctypes"),
        (Rule.IMPORT, "import pickle"),
        (Rule.IMPORT, "import joblib"),
        (Rule.IMPORT, "import importlib"),
        (Rule.IMPORT, "import signal"),
        (Rule.IMPORT, "import atexit"),
        (Rule.IMPORT, "import torch"),
        (Rule.IMPORT, "import mle_star.judge.metrics"),
        (Rule.IMPORT, "from mle_star.session import session"),
        (Rule.IMPORT, "from mle_star import toolkit"),
        (Rule.IMPORT, "from mle_star.toolkit.table import read_strings"),
        (Rule.IMPORT, "from mle_star.toolkit.encoders import LeaveOneOut"),
        (Rule.IMPORT, "from . import judge"),
        (Rule.ESCAPE, 'exec("x = 1")'),
        (Rule.ESCAPE, 'eval("1")'),
        (Rule.ESCAPE, '__import__("os")'),
        (Rule.ESCAPE, "import dataclasses\ndataclasses.sys.modules"),
        (Rule.ESCAPE, "from warnings import sys"),
        (Rule.ESCAPE, "().__class__.__base__.__subclasses__()"),
        (Rule.ESCAPE, "self.fit.__func__.__globals__"),
        (Rule.ESCAPE, '"{0.__globals__}".format(self.fit)'),
        (Rule.ESCAPE, 'getattr(X, "__glob" + "als__")'),
        (Rule.ESCAPE, 'getattr(X, "__globals__")'),
        (Rule.ESCAPE, "list(map(getattr, [X], names))"),
        (Rule.ESCAPE, "__builtins__"),
        (Rule.ESCAPE, "globals()"),
        (Rule.ESCAPE, "self.rows.gi_frame.f_back"),
        (Rule.ESCAPE, "m = np"),
        (Rule.ESCAPE, "np._core.multiarray"),
        (Rule.ESCAPE, "X.values.ctypes.data"),
        (Rule.PATCH, "np.mean = lambda x: 0"),
        (Rule.PATCH, "from sklearn.pipeline import Pipeline\nPipeline.fit = None"),
        (Rule.PATCH, 'setattr(np, "mean", None)'),
        (Rule.PATCH, "del pd.DataFrame.mean"),
        (Rule.PATCH, 'np.random.mtrand["x"] = 1'),
        (Rule.PATCH, "type(X).mean = None"),
        (Rule.PATCH, "X.__class__.mean = None"),
        (Rule.CLOCK, "pd.Timestamp.now()"),
        (Rule.CLOCK, "from datetime import datetime\ndatetime.now()"),
        (Rule.SIDE_EFFECT, "global cache\ncache = X"),
    ],
)  # fmt: skip
def test_what_a_block_has_no_business_with_is_refused(rule: Rule, body: str) -> None:
    block = _features(body)
    found = findings(block)

    assert rule in {finding.rule for finding in found}, [str(finding) for finding in found]
    assert all(0 < f.line <= len(block.source.splitlines()) for f in found)


@pytest.mark.parametrize(
    "source",
    [
        "class T:\n    def __reduce__(self):\n        return print, (1,)\n",
        "class T:\n    def __del__(self):\n        pass\n",
        "class T(metaclass=type):\n    pass\n",
        "class T:\n    print(1)\n",
        "print('Final Validation Performance: 1.0')\n",
        "X = load()\n",
        "for i in range(3):\n    pass\n",
        "if True:\n    A = 1\n",
        "A = [b := 1]\n",
        "A = lambda: 1\n",
        "from numpy import *\n",
        "import mle_star.toolkit.dates\n",
    ],
)
def test_a_block_that_does_more_than_define_is_refused(source: str) -> None:
    block = checked(Role.TRAIN, f"{source}\ndef train(estimator):\n    return estimator")

    assert "line 1: " in why_not(block) or "line 2: " in why_not(block)


@pytest.mark.parametrize(
    "source",
    [
        "def features(columns):\n    return Scaler().fit(ROWS)",
        "def features(columns):\n    return helper()\n\n"
        "def helper():\n    return S().fit_transform([[1]])",
        "def features(columns):\n    def log(X):\n        return S().fit_transform(X)\n"
        "    return FunctionTransformer(log)",
        "def features(columns):\n    return FunctionTransformer(lambda X: S().fit_transform(X))",
        "class T:\n    def fit(self, X, y=None):\n        return self\n"
        "    def transform(self, X):\n        return S().fit_transform(X)\n\n"
        "def features(columns):\n    return T()",
        "class T:\n    def transform(self, X):\n        return self._scaled(X)\n"
        "    def _scaled(self, X):\n        return scaled(X)\n\n"
        "def scaled(X):\n    return S().fit(X)\n\n"
        "def features(columns):\n    return T()",
    ],
)  # fmt: skip
def test_learning_from_what_is_no_training_row_is_leakage(source: str) -> None:
    found = findings(checked(Role.FEATURES, source))

    assert [finding.rule for finding in found] == [Rule.LEAKAGE]
    assert "fit" in source.splitlines()[found[0].line - 1]


def test_learning_in_the_fit_of_a_class_is_not_even_if_the_class_stands_in_the_function() -> None:
    source = (
        "def features(columns):\n    class T:\n        def fit(self, X, y=None):\n"
        "            self.s_ = S().fit(X)\n            return self\n    return T()"
    )

    assert findings(checked(Role.FEATURES, source)) == []


def test_learning_in_the_fit_of_a_class_is_not() -> None:
    source = (
        "class T:\n    def fit(self, X, y=None):\n"
        "        self.s_ = scaled(X)\n        return self\n"
        "    def transform(self, X):\n        return self.s_.transform(X)\n\n"
        "def scaled(X):\n    return S().fit(X)\n\n"
        "def features(columns):\n    return T()"
    )

    assert findings(checked(Role.FEATURES, source)) == []


def test_the_reason_names_block_line_and_what_may_be_imported_instead() -> None:
    reason = why_not(checked(Role.MODEL, "import os\ndef model(columns, h):\n    return exec"))

    assert reason.startswith("the model block may not run: line 1: os may not be imported")
    assert "line 3: exec may not be used" in reason
    assert all(name in reason for name in ("numpy", "lightgbm", "mle_star.toolkit.*"))


def test_a_long_list_of_reasons_is_cut_and_counted() -> None:
    reason = why_not(_features("\n".join(["open", *["eval"] * 9])))

    assert reason.count("line ") == 5
    assert reason.endswith("and 5 more like these")


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_a_library_that_is_not_installed_is_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    others = tuple(one for one in imports.importable() if one != name)
    monkeypatch.setattr(imports, "importable", lambda: others)

    reason = why_not(checked(Role.MODEL, f"import {name}\ndef model(columns, h):\n    return 1"))

    assert f"{name} is not installed" in reason


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * LARGEST_BLOCK,
        "x = " + "-" * 20_000 + "1",
        "x = " + "(" * 5_000 + ")" * 5_000,
        "x = " + ".a".join(["b"] * 5_000),
        "def model(:",
        "x = '\0'",
    ],
)
def test_a_block_that_is_huge_deep_or_broken_is_refused_without_a_traceback(source: str) -> None:
    assert "line 1: " in why_not(Block(Role.MODEL, source))
