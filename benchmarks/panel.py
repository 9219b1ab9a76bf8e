"""Ours against AutoML libraries and plain boosters, side by side on a folder of data sets.

Each data set is a folder with ``train.csv.gz``, ``test.csv.gz`` and ``meta.json`` (name, task,
target, metric, classes). Every method is fitted on the training half, one after the other on the
same cores, in a process and an environment of its own (:mod:`benchmarks.methods`), which is made on
the first call. It predicts the test half without its labels; this script alone scores.

    python benchmarks/panel.py ../shared/data --seconds 120
    python benchmarks/panel.py ../shared/data --only titanic,digits --methods ours,flaml

Each pair is kept as one JSON line in ``--results``, and not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path.home() / ".cache" / "mle-star-panel"
GRACE = 3.0
"""How many times its budget, and a minute, a method may take before it is ended."""


@dataclass(frozen=True)
class Method:
    """Something that makes a model."""

    name: str
    script: str
    preset: str = ""
    packages: tuple[str, ...] = ()
    """Of an environment of its own; none: that of this script."""


ALL = (
    Method("ours", "ours"),
    Method("ours small", "ours", "--small"),
    Method(
        "AutoGluon medium",
        "autogluon_presets",
        "medium_quality",
        ("torch", "autogluon.tabular[catboost,lightgbm,xgboost]"),
    ),
    Method(
        "AutoGluon best",
        "autogluon_presets",
        "best_quality",
        ("torch", "autogluon.tabular[catboost,lightgbm,xgboost]"),
    ),
    Method("FLAML", "flaml_automl", packages=("flaml[automl]",)),
    Method("LightGBM", "defaults", "lightgbm"),
    Method("HistGradientBoosting", "defaults", "hist"),
)


@dataclass(frozen=True)
class Row:
    """What one method did on one data set; no score if it failed."""

    set: str
    metric: str
    method: str
    budget: float
    score: float | None
    seconds: float
    peak_mib: float
    row_ms: float | None = None
    single_ms: float | None = None
    mib: float | None = None
    note: str = ""


def main() -> None:
    options = _options()
    found = _known(options.results)
    for folder in sorted(path.parent for path in options.folder.glob("*/meta.json")):
        meta = json.loads((folder / "meta.json").read_text())
        if options.only and meta["name"] not in options.only.split(","):
            continue
        for method in _chosen(options.methods):
            key = (meta["name"], method.name, options.seconds)
            if key in found:
                continue
            row = _measured(method, folder, meta, options)
            found[key] = row
            with options.results.open("a") as file:
                file.write(json.dumps(asdict(row)) + "\n")
            print(
                f"{row.set}: {row.method} {row.score} in {row.seconds:.0f} s {row.note}",
                file=sys.stderr,
            )
    print(
        f"{date.today()}, {platform.machine()}, {options.jobs} cores, {options.seconds:g} s a set\n"
    )
    print(table([row for row in found.values() if row.budget == options.seconds]))


def table(rows: list[Row]) -> str:
    """Scores, ranks, win rates and costs as Markdown; what was not run yet stays blank."""
    frame = pd.DataFrame([asdict(row) for row in rows])
    names = [m.name for m in ALL if m.name in set(frame["method"])]
    scores = frame.pivot(index="set", columns="method", values="score")[names].astype(float)
    metric = frame.drop_duplicates("set").set_index("set")["metric"]
    sign = np.where(metric.loc[scores.index] == "roc_auc", 1.0, -1.0)
    signed = scores.mul(sign, axis=0)
    ran = frame.pivot(index="set", columns="method", values="seconds")[names].notna()
    shown = scores.map("{:.5g}".format).where(scores.notna(), "failed").where(ran, "")
    shown.insert(0, "metric", metric.loc[scores.index])
    parts = [_markdown(shown), _markdown(_summary(signed, ran, frame, names))]
    return "\n\n".join(parts)


def _summary(
    signed: pd.DataFrame, ran: pd.DataFrame, frame: pd.DataFrame, names: list[str]
) -> pd.DataFrame:
    """A failure is the worst; ranks are over the sets that every method was run on."""
    worst_last = signed.fillna(-np.inf).where(ran)
    whole = worst_last[ran.all(axis=1)]
    lines = {f"mean rank on {len(whole)} sets": _written(whole.rank(axis=1, ascending=False))}
    if "ours" in names:
        won = worst_last.rsub(worst_last["ours"], axis=0)
        points = ((won > 0) + 0.5 * (won == 0)).where(won.notna())
        lines["ours wins against"] = points.mean().map("{:.0%}".format)
        lines["ours wins against"]["ours"] = ""
    if "LightGBM" in names:
        lines["normalised score"] = _written(_normalised(signed))
    for key, label in (
        ("seconds", "median seconds"),
        ("peak_mib", "largest peak memory, MiB"),
        ("row_ms", "median ms a row, in a batch"),
        ("single_ms", "median ms of a single row"),
        ("mib", "median model size, MiB"),
    ):
        grouped = frame.groupby("method")[key]
        value = grouped.max() if key == "peak_mib" else grouped.median()
        lines[label] = value[names].map("{:.3g}".format)
    return pd.DataFrame(lines).T[names]


def _written(values: pd.DataFrame) -> pd.Series[Any]:
    return values.mean().map("{:.2f}".format)


def _normalised(signed: pd.DataFrame) -> pd.DataFrame:
    """0: LightGBM's defaults; 1: the best peer, where one is better than those."""
    peers = signed.drop(columns=[name for name in signed if str(name).startswith("ours")])
    span = (peers.max(axis=1) - signed["LightGBM"]).replace(0.0, np.nan)
    return signed.sub(signed["LightGBM"], axis=0).div(span, axis=0).clip(-2, 2)


def _markdown(frame: pd.DataFrame) -> str:
    head = ["", *map(str, frame.columns)]
    lines = [head, ["---"] * len(head)]
    lines += [
        [str(name), *map(str, values)]
        for name, values in zip(frame.index, frame.to_numpy(), strict=True)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _measured(
    method: Method, folder: Path, meta: dict[str, Any], options: argparse.Namespace
) -> Row:
    begun = {
        "set": meta["name"],
        "metric": meta["metric"],
        "method": method.name,
        "budget": options.seconds,
    }
    try:
        python = _python(method, options.environments)
    except subprocess.CalledProcessError as error:
        return Row(
            **begun, score=None, seconds=0, peak_mib=0, note=f"absent: {error.stderr[-200:]}"
        )
    with tempfile.TemporaryDirectory() as scratch:
        given, output = Path(scratch) / "given", Path(scratch) / "output"
        _prepare(folder, meta, given)
        output.mkdir()
        limits = ["--seconds", str(options.seconds), "--jobs", str(options.jobs)]
        module = f"benchmarks.methods.{method.script}"
        words = [
            python,
            "-m",
            module,
            str(given),
            str(output),
            *limits,
            f"--preset={method.preset}",
        ]
        seconds, peak, failure = _run(words, Path(scratch), options)
        if options.keep:
            shutil.copytree(output, options.keep / meta["name"] / method.name, dirs_exist_ok=True)
        if failure:
            return Row(**begun, score=None, seconds=seconds, peak_mib=peak, note=failure)
        facts = json.loads((output / "facts.json").read_text())
        score = _score(folder, meta, pd.read_csv(output / "predictions.csv"))
        mib = facts["size_bytes"] / 2**20
        times = {key: facts[key] for key in ("row_ms", "single_ms")}
        return Row(
            **begun, score=score, seconds=seconds, peak_mib=peak, mib=mib,
            note=facts.get("note", ""), **times,
        )  # fmt: skip


def _prepare(folder: Path, meta: dict[str, Any], given: Path) -> None:
    """Both halves as plain CSV, the test half without what is asked for."""
    given.mkdir()
    pd.read_csv(folder / "train.csv.gz", dtype=str, keep_default_na=False).to_csv(
        given / "train.csv", index=False
    )
    test = pd.read_csv(folder / "test.csv.gz", dtype=str, keep_default_na=False)
    test.drop(columns=meta["target"]).to_csv(given / "test.csv", index=False)
    (given / "meta.json").write_text(json.dumps(meta))


def _run(
    command: list[str], scratch: Path, options: argparse.Namespace
) -> tuple[float, float, str]:
    """Seconds, peak memory in MiB, and the reason of a failure."""
    log = scratch / "log.txt"
    threads = {name: str(options.jobs) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    threads["OMP_WAIT_POLICY"] = "PASSIVE"  # where others use the machine too, waiting must not
    started = time.perf_counter()
    with log.open("wb") as file:
        process = psutil.Popen(
            command, stdout=file, stderr=file, cwd=scratch, env={**_environ(), **threads}
        )
        memory = _Memory(process)
        try:
            code = process.wait(GRACE * options.seconds + 60)
        except psutil.TimeoutExpired:
            for each in [*process.children(recursive=True), process]:
                each.kill()
            code = process.wait()
    seconds = time.perf_counter() - started
    peak = memory.stop()
    words = log.read_text(errors="replace").strip()
    return seconds, peak, "" if code == 0 else f"exit {code}: {words[-300:]!r}"


class _Memory:
    """Follows the memory of a process and all it starts; what they share counts once."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            total = 0.0
            try:
                for each in [self._process, *self._process.children(recursive=True)]:
                    total += each.memory_full_info().pss / 2**20
            except psutil.Error:
                continue
            self._peak = max(self._peak, total)


def _environ() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _python(method: Method, environments: Path) -> str:
    """The interpreter of a method, its packages installed on the first call."""
    if not method.packages:
        return sys.executable
    folder = environments / method.script
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        run = {"check": True, "capture_output": True, "text": True}
        subprocess.run([sys.executable, "-m", "venv", str(folder)], **run)  # type: ignore[call-overload]
        for package in method.packages:
            subprocess.run([str(python), "-m", "pip", "install", "-q", package], **run)  # type: ignore[call-overload]
        (folder / "complete").touch()
    return str(python)


def _score(folder: Path, meta: dict[str, Any], predictions: pd.DataFrame) -> float:
    y = pd.read_csv(folder / "test.csv.gz", usecols=[meta["target"]])[meta["target"]]
    if meta["task"] == "regression":
        return float(root_mean_squared_error(y, predictions["prediction"]))
    classes = [str(label) for label in meta["classes"]]
    matrix = predictions.to_numpy(float)
    codes = y.astype(str).map(classes.index).to_numpy()
    if meta["metric"] == "roc_auc":
        return float(roc_auc_score(codes, matrix[:, 1]))
    clipped = np.clip(matrix, 1e-15, 1.0)
    clipped = clipped / clipped.sum(axis=1, keepdims=True)
    return float(log_loss(codes, clipped, labels=range(len(classes))))


def _known(results: Path) -> dict[tuple[str, str, float], Row]:
    lines = results.read_text().splitlines() if results.exists() else []
    rows = [Row(**json.loads(line)) for line in lines]
    return {(row.set, row.method, row.budget): row for row in rows}


def _chosen(names: str) -> list[Method]:
    by_name = {method.name: method for method in ALL}
    return [by_name[name.strip()] for name in names.split(",")] if names else list(ALL)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="folder of data sets")
    parser.add_argument("--seconds", type=float, default=120, help="time budget a set")
    parser.add_argument("--jobs", type=int, default=2, help="cores")
    parser.add_argument("--only", default="", help="names of sets, comma-separated")
    parser.add_argument("--methods", default="", help="names of methods, comma-separated")
    parser.add_argument(
        "--results", type=Path, default=Path("panel.jsonl"), help="what was measured"
    )
    parser.add_argument(
        "--environments", type=Path, default=CACHE, help="where peers are installed"
    )
    parser.add_argument("--keep", type=Path, help="keep each run's output in this folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
