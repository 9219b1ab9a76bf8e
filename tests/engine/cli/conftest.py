"""A small data set, and runs of the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mle_star.cli.main import main

Run = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def write_data(path: Path, rows: int = 240) -> Path:
    """A binary target that two columns explain in part, with an id, groups and dates."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=rows), rng.choice(["x", "y", "z"], rows)
    label = np.where(a + (b == "x") + 0.5 * rng.normal(size=rows) > 0.3, "yes", "no")
    lines = ["code,a,b,c,shop,day,label,price"]
    lines += [
        f"K{i:05},{a[i]:.4f},{b[i]},{rng.normal():.4f},s{i % 12},2024-{1 + i * 12 // rows:02}-"
        f"{1 + i % 28:02},{label[i]},{3 * a[i] + rng.normal():.3f}"
        for i in range(rows)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "shop.csv")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any) -> Run:
    """Run a command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def ran(*words: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran
