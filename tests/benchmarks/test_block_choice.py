"""The comparison of guided and random choice of a block is fair, paired and resumable."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.block_choice import GUIDED, PAID, UNPAID, WAYS, Row, by_lot, difference, page

from benchmarks import block_choice
from mle_star.solution.solution import Solution
from mle_star.types import Role

ROW = Row("a", 0, GUIDED, "rmse", False, 40, 4000, 12.0, 10.0, 20.0, 40, 1.0)


def first_of_each(seed: int, draws: int) -> list[Role]:
    choose = by_lot(seed, "some set")
    return [choose(Solution(()), (), ())[0] for _ in range(draws)]


def test_every_block_is_as_likely_to_be_drawn_and_a_seed_draws_the_same_again() -> None:
    drawn = first_of_each(0, 600)
    counts = {role: drawn.count(role) for role in Role if role is not Role.COMBINE}

    assert min(counts.values()) > 70, counts
    assert Role.COMBINE not in drawn
    assert first_of_each(0, 20) == drawn[:20]
    assert first_of_each(1, 20) != drawn[:20]


def test_a_difference_is_positive_where_the_guided_way_is_better() -> None:
    other = replace(ROW, way=PAID, score=12.5, held_out=16.0)
    lower, higher = (
        difference(replace(ROW, greater=g), replace(other, greater=g)) for g in (False, True)
    )

    assert lower == (0.2, -0.25)
    assert higher == (-0.2, 0.25)


def test_the_page_pairs_by_set_and_seed_and_counts_ties_apart() -> None:
    rows = []
    for seed, (guided, lot) in enumerate([(10, 12), (10, 11), (10, 10), (10, 9), (8, 9.5), (7, 9)]):
        rows += [replace(ROW, seed=seed, score=guided)]
        rows += [replace(ROW, seed=seed, way=way, score=lot) for way in (PAID, UNPAID)]
    unfinished = replace(ROW, seed=9, score=0.0)
    told = page([*rows, unfinished])

    assert "| a | 9 |" not in told
    assert f"guided against {PAID}, over folds: +8.776 %" in told
    assert "of 6 pairs, 4 better, 1 the same, 1 worse; Wilcoxon signed-rank p = 0.188 of 5" in told
    assert f"guided against {UNPAID}, on held-out rows: +0.000 % in the mean of 6 pairs" in told


def test_all_ways_spend_the_same_from_the_same_start_and_are_not_run_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(240, 3))
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x @ [1.0, 2.0, 0.0] + x[:, 0] ** 2)
    folder, results = tmp_path / "sets" / "toy", tmp_path / "found.jsonl"
    folder.mkdir(parents=True)
    table.to_csv(folder / "train.csv.gz", index=False)
    meta = {"name": "toy", "target": "y", "metric": "rmse", "split": "random"}
    (folder / "meta.json").write_text(json.dumps(meta))
    words = ["--evaluations", "9", "--folds", "2", "--steps", "1", "--models", "linear"]
    words += ["--rows", "200", "--results", str(results)]
    monkeypatch.setattr(sys, "argv", ["block_choice.py", str(folder.parent), *words])

    block_choice.main()
    once = results.read_text()
    block_choice.main()

    rows = [json.loads(line) for line in once.splitlines()]
    assert results.read_text() == once
    assert [row["way"] for row in rows] == list(WAYS)
    assert {row["used"] for row in rows} == {9}
    assert len({row["start"] for row in rows}) == 1
    assert all(row["score"] <= row["start"] for row in rows)
    ablated = {row["way"]: any(step["ablation"] for step in row["steps"]) for row in rows}
    assert ablated == {GUIDED: True, PAID: True, UNPAID: False}
    assert "of 1 pairs" in capsys.readouterr().out
