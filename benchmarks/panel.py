"""Ours against scikit-learn's and LightGBM's defaults on a folder of data sets.

Each data set is a folder with ``train.csv.gz``, ``test.csv.gz`` and ``meta.json`` (task, target,
metric). Everything is fitted on the training half; the test half is looked at once, to report.
Ours runs as a user would run it, through the command line. Prints one Markdown table.

    python benchmarks/panel.py ../shared/data --seconds 60
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.preprocessing import OrdinalEncoder

MOST_CATEGORIES = 255
MOSTLY = 0.95


@dataclass(frozen=True)
class DataSet:
    """One folder of the panel."""

    folder: Path
    meta: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.meta["name"])

    def read(self, half: str) -> tuple[pd.DataFrame, pd.Series[Any]]:
        table = _plainly_typed(pd.read_csv(self.folder / f"{half}.csv.gz"))
        return table.drop(columns=self.meta["target"]), table[self.meta["target"]]


@dataclass(frozen=True)
class Run:
    """What one method did on one data set."""

    score: float
    seconds: float
    predict_ms: float
    note: str = ""


def main() -> None:
    options = _options()
    sets = [
        DataSet(meta.parent, json.loads(meta.read_text()))
        for meta in sorted(options.folder.glob("*/meta.json"))
    ]
    chosen = [s for s in sets if not options.only or s.name in options.only.split(",")]
    print(
        f"{date.today()}, {platform.machine()}, {options.jobs} cores, {options.seconds} s a set\n"
    )
    print("| set | metric | mle-star | HistGradientBoosting | LightGBM | won | seconds | notes |")
    print("|---|---|---:|---:|---:|---|---:|---|", flush=True)
    won = [_row(data, options) for data in chosen]
    print(f"\nAt least HistGradientBoosting's defaults on {sum(won)} of {len(won)}.")


def _row(data: DataSet, options: argparse.Namespace) -> bool:
    ours = _ours(data, options)
    hist, light = _default(data, _hist_gradient_boosting), _default(data, _lightgbm)
    better = ours.score <= hist.score if data.meta["metric"] != "roc_auc" else False
    better = better or (data.meta["metric"] == "roc_auc" and ours.score >= hist.score)
    print(
        f"| {data.name} | {data.meta['metric']} | {ours.score:.5g} | {hist.score:.5g} "
        f"| {light.score:.5g} | {'yes' if better else 'no'} | {ours.seconds:.0f} | {ours.note} |",
        flush=True,
    )
    return better


def _ours(data: DataSet, options: argparse.Namespace) -> Run:
    with tempfile.TemporaryDirectory() as scratch:
        output, predictions = Path(scratch) / "run", Path(scratch) / "predictions.csv"
        engine = [sys.executable, "-m", "mle_star"]
        train = ["--dataset", str(data.folder / "train.csv.gz"), "--target", data.meta["target"]]
        limits = ["--time-budget", str(options.seconds), "--jobs", str(options.jobs)]
        started = time.perf_counter()
        done = subprocess.run(
            [*engine, "run", *train, *limits, "--output", str(output), "--quiet"],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if options.keep:
            _keep(done, output, options.keep / data.name)
        if done.returncode not in (0, 4):
            return Run(np.nan, seconds, np.nan, f"exit {done.returncode}: {done.stderr[-200:]!r}")
        source = ["--model", str(output), "--dataset", str(data.folder / "test.csv.gz")]
        started = time.perf_counter()
        subprocess.run([*engine, "predict", *source, "--output", str(predictions)], check=True)
        predicting = time.perf_counter() - started
        table = pd.read_csv(predictions)
        note = f"exit {done.returncode}"
        if options.standalone:
            note += f", solution.py differs by {_standalone(data, output, table):.1e}"
        per_row = 1000 * predicting / len(table)
        return Run(_score_of_table(data, table), seconds, per_row, note)


def _keep(done: subprocess.CompletedProcess[str], output: Path, folder: Path) -> None:
    import shutil

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stdout.txt").write_text(done.stdout)
    (folder / "stderr.txt").write_text(done.stderr)
    if output.is_dir():
        shutil.copytree(output, folder / "run", dirs_exist_ok=True)


def _standalone(data: DataSet, output: Path, expected: pd.DataFrame) -> float:
    """Largest difference between ``solution.py`` on its own and the bundle's predictions."""
    written = output / "standalone.csv"
    blocked = (
        "import sys, runpy; sys.modules['mle_star'] = None; "
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    rows = ["--train", data.folder / "train.csv.gz", "--predict", data.folder / "test.csv.gz"]
    script = [output / "solution.py", *rows, "--output", written]
    subprocess.run([sys.executable, "-c", blocked, *map(str, script)], check=True)
    found = pd.read_csv(written)
    numeric = [c for c in expected.columns if pd.api.types.is_numeric_dtype(expected[c])]
    return float(np.abs(found[numeric].to_numpy() - expected[numeric].to_numpy()).max())


def _score_of_table(data: DataSet, table: pd.DataFrame) -> float:
    _, y = data.read("test")
    if data.meta["task"] == "regression":
        return float(root_mean_squared_error(y, table["prediction"]))
    classes = [str(label) for label in data.meta["classes"]]
    matrix = table[[f"probability_{label}" for label in classes]].to_numpy()
    return _score(data, y.astype(str).map(classes.index).to_numpy(), matrix)


def _score(data: DataSet, y: np.ndarray, matrix: np.ndarray) -> float:
    if data.meta["metric"] == "roc_auc":
        return float(roc_auc_score(y, matrix[:, 1]))
    clipped = np.clip(matrix, 1e-15, 1.0)
    clipped = clipped / clipped.sum(axis=1, keepdims=True)
    return float(log_loss(y, clipped, labels=range(matrix.shape[1])))


def _plainly_typed(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers and dates written as text become numbers, as any user of a library would do."""
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().mean() > MOSTLY:
            table[name] = numbers
            continue
        with warnings.catch_warnings(action="ignore"):
            dates = pd.to_datetime(table[name], errors="coerce", format="ISO8601")
        if dates.notna().mean() > MOSTLY:
            table[name] = (dates - pd.Timestamp("1970-01-01")).dt.total_seconds()
    return table


def _default(data: DataSet, fit: Callable[..., Any]) -> Run:
    """Fit a library's defaults: text columns as codes, categories where the library takes them."""
    (table, y), (test, y_test) = data.read("train"), data.read("test")
    text = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    if text:
        table[text] = encoder.fit_transform(table[text].astype(object))
        test[text] = encoder.transform(test[text].astype(object))
    categories = [c for c in text if table[c].max() < MOST_CATEGORIES]
    names = {c: f"c{i}" for i, c in enumerate(table.columns)}
    table, test = table.rename(columns=names), test.rename(columns=names)
    started = time.perf_counter()
    if data.meta["task"] == "regression":
        model = fit(table, y, [names[c] for c in categories], regression=True)
        seconds, matrix = time.perf_counter() - started, model.predict(test)
        return Run(float(root_mean_squared_error(y_test, matrix)), seconds, np.nan)
    classes = [str(label) for label in data.meta["classes"]]
    codes = y.astype(str).map(classes.index)
    model = fit(table, codes, [names[c] for c in categories], regression=False)
    seconds, matrix = time.perf_counter() - started, model.predict_proba(test)
    return Run(_score(data, y_test.astype(str).map(classes.index).to_numpy(), matrix), seconds, 0.0)


def _hist_gradient_boosting(
    table: pd.DataFrame, y: Any, categories: list[str], *, regression: bool
) -> Any:
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    return kind(categorical_features=categories, random_state=0).fit(table, y)


def _lightgbm(table: pd.DataFrame, y: Any, categories: list[str], *, regression: bool) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    model = (LGBMRegressor if regression else LGBMClassifier)(random_state=0, verbose=-1)
    return model.fit(table, y, categorical_feature=categories or "auto")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="folder of data sets")
    parser.add_argument("--seconds", type=float, default=60, help="time budget a set")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--only", default="", help="names of sets, comma-separated")
    parser.add_argument("--standalone", action="store_true", help="also run each solution.py alone")
    parser.add_argument("--keep", type=Path, help="keep each run's output in this folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
