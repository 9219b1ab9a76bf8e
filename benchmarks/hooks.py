"""How long each hook of Claude Code takes, beside a memory of many sessions.

python benchmarks/hooks.py [--sessions 2000] [--python python3]

Every event is heard in a project with sessions, so that each hook does all that it can do. The
first row is a Python that does nothing: what no hook can be quicker than.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from mle_star_memory.sqlite_store import SqliteStore
from mle_star_memory.store import Record, Session

ROOT = Path(__file__).resolve().parent.parent
HOOK = ROOT / "hooks" / "mle_star_hooks" / "hook.py"
REPEATS = 25
OF_PROJECT = 20
"""Every so many sessions is one of the project."""
WORDS = ("trees", "boosting", "encoding", "target", "mean", "linear", "calibration", "stacking")

SOLUTION = """\
# %% role: features
from sklearn.base import BaseEstimator


class Scaled(BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self.scaler.fit(X).transform(X)


def features(columns):
    return Scaled()
"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        home, project = Path(scratch, "home"), Path(scratch, "project")
        records = _fill(home, project, options.sessions)
        size = (home / "memory.sqlite3").stat().st_size / 2**20
        print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, {platform.system()}")
        print(f"memory: {options.sessions} sessions, {records} records, {size:.0f} MiB")
        for python in options.python:
            _table(python, home, project)


def _table(python: str, home: Path, project: Path) -> None:
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    print(f"\n{python}: {version.stdout.strip()}, in ms, of {REPEATS}")
    print(f"{'':18}{'median':>8}{'9 of 10':>9}{'processor':>11}")
    environment = {**os.environ, "MLE_STAR_HOME": str(home), "CLAUDE_PROJECT_DIR": str(project)}
    _row("no hook", [python, "-I", "-S", "-c", "pass"], b"", environment)
    for name, event in _events(project).items():
        given = json.dumps({"hook_event_name": name, "cwd": str(project), **event}).encode()
        _row(name, [python, "-I", "-S", str(HOOK)], given, environment)
    elsewhere = {**environment, "CLAUDE_PROJECT_DIR": str(home)}
    given = json.dumps({"hook_event_name": "SessionStart", "cwd": str(home)}).encode()
    _row("nothing of ours", [python, "-I", "-S", str(HOOK)], given, elsewhere)


def _row(name: str, command: list[str], given: bytes, environment: dict[str, str]) -> None:
    times, said = [], b""
    before = _processor_seconds()
    for _ in range(REPEATS):
        began = time.perf_counter()
        done = subprocess.run(
            command, input=given, capture_output=True, check=True, env=environment
        )
        times.append(1000 * (time.perf_counter() - began))
        said = done.stdout
    tenth = statistics.quantiles(times, n=10)[-1]
    used = 1000 * (_processor_seconds() - before) / REPEATS
    median = statistics.median(times)
    print(f"{name:18}{median:8.1f}{tenth:9.1f}{used:11.1f}   says {len(said)} bytes")


def _processor_seconds() -> float:
    """Of all that was started and has ended: what other programs do does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _events(project: Path) -> dict[str, dict[str, Any]]:
    file = project / "models" / "run-0" / "solution.py"
    transcript = project / "transcript.jsonl"
    tool = '{"type":"tool_use","name":"mcp__plugin_mle-star_engine__judge_block"}'
    line = f'{{"message":{{"role":"assistant","content":[{tool}]}}}}\n'
    transcript.write_text(json.dumps({"message": "x" * 500_000}) + "\n" + line)
    ends = {"session_id": "s", "last_assistant_message": "The features matter most in run-0."}
    return {
        "SessionStart": {"source": "startup"},
        "UserPromptSubmit": {"prompt": "Why did the score of data.csv fall?"},
        "PreToolUse": {
            "tool_name": "Bash",
            "tool_input": {"command": "python train.py --train rows_test.csv && mle-star run"},
        },
        "PostToolUse": {"tool_name": "Edit", "tool_input": {"file_path": str(file)}},
        "SubagentStop": {**ends, "agent_type": "mle-star:ablation-analyst", "agent_id": "a"},
        "Stop": {**ends, "transcript_path": str(transcript), "prompt_id": "p"},
        "SessionEnd": {"reason": "other"},
    }


def _fill(home: Path, project: Path, sessions: int) -> int:
    """A memory of so many sessions, and the project that some of them are of."""
    draw, records = random.Random(0), 0
    folder = project.resolve()
    (folder / "models" / "run-0" / "model").mkdir(parents=True)
    (folder / "models" / "run-0" / "solution.py").write_text(SOLUTION)
    (folder / ".mle-star").mkdir()
    (folder / ".mle-star" / "settings.json").write_text('{"rerun_on_edit": true}')
    with SqliteStore(home / "memory.sqlite3") as store:
        for number in range(sessions):
            base = folder if number % OF_PROJECT == 0 else folder.parent / "elsewhere"
            session = Session(
                f"id{number}", f"run-{number}", str(base / "models" / f"run-{number}"),
                str(base / "data.csv"), "label", 1e9 + number, "binary", "roc_auc", "done",
                1e9 + number + 60, draw.random(),
            )  # fmt: skip
            store.add_session(session)
            made = list(_records(draw))
            store.add_records(session.id, made)
            records += len(made)
    return records


def _records(draw: random.Random) -> list[Record]:
    settings = {"settings": {"dataset": "data.csv", "test": "rows_test.csv", "cwd": "/"}}
    found = [Record("session", "s", settings, 1e9), Record("task", "task", {}, 1e9)]
    for number in range(60):
        text = " ".join(draw.choices(WORDS, k=30))
        gain = draw.gauss(0, 0.01)
        content = {"role": "model", "plan": text, "gain": gain, "effect": gain, "impact": "LOW"}
        kind = ("refinement", "ablation", "candidate")[number % 3]
        found.append(Record(kind, str(number), content, 1e9, text))
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Times of the Claude Code hooks")
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    return parser.parse_args()


if __name__ == "__main__":
    main()
