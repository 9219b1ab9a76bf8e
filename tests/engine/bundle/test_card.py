from __future__ import annotations

from dataclasses import replace

from tests.engine.bundle.conftest import Case

from mle_star.bundle.about import About
from mle_star.bundle.card import model_card
from mle_star.solution.solution import Ensemble


def test_it_says_what_was_measured(case: Case, pair: Ensemble, about: About) -> None:
    text = model_card(pair, case.schema, about, model_mib=1.5, safe=True)

    assert "**0.81** ± 0.014" in text
    assert "Baseline, on the same folds: 0.5" in text
    assert "**0.79**, 95 % interval 0.7 to 0.88" in text
    assert "| latency | warn | 120 ms |" in text
    assert "features: +0.03" in text
    assert "WeightedAverage([0.25, 0.75])" in text
    assert "trust" not in text


def test_what_was_not_measured_is_said_and_not_made_up(
    case: Case, single: Ensemble, about: About
) -> None:
    bare = replace(about, folds=None, baseline=None, holdout=None, gates=(), effects=())

    text = model_card(single, case.schema, bare, model_mib=1.5, safe=True)

    assert "Holdout: not measured" in text
    assert "Cross-validation" not in text
    assert "Not measured." in text
    assert "None" not in text
    assert "nan" not in text


def test_that_no_rows_were_held_out_is_said(case: Case, single: Ensemble, about: About) -> None:
    none = replace(about, holdout_rows=0, holdout=None, holdout_interval=None)

    nested, plain = (
        model_card(single, case.schema, replace(none, nested=nested), model_mib=1.5, safe=True)
        for nested in (True, False)
    )

    assert "Nested cross-validation: **0.81**" in nested
    assert "No rows were held out" in nested
    assert "not measured" not in nested
    assert "- Cross-validation: **0.81**" in plain
    assert "cross-validation is not nested" in plain


def test_names_from_outside_cannot_become_markup(
    case: Case, single: Ensemble, about: About
) -> None:
    text = model_card(single, case.schema, about, model_mib=1.5, safe=True)

    assert "<b>" not in text
