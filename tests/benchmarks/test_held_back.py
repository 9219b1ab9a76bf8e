"""The measurement of what held-back rows cost, on data of which the answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.held_back import measured, opened, tables


@pytest.mark.slow
def test_what_holding_rows_back_cannot_change_costs_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 3))
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x @ [3.0, 2.0, 1.0])
    table.to_csv(tmp_path / "train.csv.gz", index=False)
    meta = {"target": "y", "task": "regression", "metric": "rmse"}
    (tmp_path / "meta.json").write_text(json.dumps(meta))

    data = opened(tmp_path)
    cell = measured(data, 120, 0)

    assert not set(data.judge) & set(data.rest)
    assert all(abs(lost) < 1e-3 for lost in cell["lost"].values())  # the linear one is exact
    assert cell["unfitted"]["0.25"] > 0
    widths = list(cell["half_width"].values())
    assert widths[0] > widths[-1] > 0
    assert "| 120 | 1, 1 |" in tables([cell])
