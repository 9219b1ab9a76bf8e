from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mle_star.toolkit.cleaning import FiniteNumbers, MissingFlags, RareMerged, Winsorised
from mle_star.toolkit.dates import DateParts
from mle_star.toolkit.design import DesignMatrix
from mle_star.toolkit.encoders import Frequencies, TargetMeans
from mle_star.toolkit.interactions import GroupDeviations, ImportantColumns, PairInteractions
from mle_star.toolkit.native import NativeCategories, OrdinalCodes
from mle_star.toolkit.numbers import Numbers
from mle_star.toolkit.text import TextScores, TextVectors


def strings(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def test_infinite_numbers_become_missing_and_others_stay() -> None:
    X = pd.DataFrame({"a": [1.0, np.inf, -np.inf, np.nan], "b": strings("x", "y", None, "z")})
    found = FiniteNumbers().fit(X).transform(X)
    assert found["a"].tolist()[0] == 1.0
    assert found["a"].isna().tolist() == [False, True, True, True]
    assert found["b"].equals(X["b"])


def test_missing_cells_are_flagged_and_counted() -> None:
    X = pd.DataFrame({"a": [1.0, np.nan], "b": strings("x", None), "c": [1.0, 2.0]})
    found = MissingFlags().fit(X).transform(X)
    assert found["a__missing"].tolist() == [0.0, 1.0]
    assert found["all__missing"].tolist() == [0.0, 2.0]
    assert "c__missing" not in found


def test_rare_and_unknown_values_join() -> None:
    X = pd.DataFrame({"a": strings(*["often"] * 5, "once", None)})
    merged = RareMerged([], least=2).fit(X)
    new = pd.DataFrame({"a": strings("often", "once", "never", None)})
    found = merged.transform(new)["a"]
    assert found.tolist()[:3] == ["often", "(rare)", "(rare)"]
    assert found.isna().tolist() == [False, False, False, True]


def test_outliers_are_clipped_to_training_quantiles() -> None:
    X = pd.DataFrame({"a": np.arange(1001.0)})
    clipped = Winsorised(share=0.01).fit(X)
    found = clipped.transform(pd.DataFrame({"a": [-5.0, 500.0, 1e9, np.nan]}))["a"]
    assert found.tolist()[:3] == [10.0, 500.0, 990.0]
    assert np.isnan(found[3])


def test_dates_become_the_parts_that_vary() -> None:
    X = pd.DataFrame({"d": pd.to_datetime(["2024-02-01 06:00", "2024-03-02 18:00", "NaT"])})
    found = DateParts(cyclic=True).fit(X).transform(X)
    assert "d" not in found
    assert "d__year" not in found
    assert found["d__month"].tolist()[:2] == [2.0, 3.0]
    assert found["d__hour_sin"].tolist()[:2] == pytest.approx([1.0, -1.0])
    assert found.iloc[2].isna().all()


def test_categories_are_learnt_in_training() -> None:
    X = pd.DataFrame({"a": strings("x", "y", "x", None)})
    new = pd.DataFrame({"a": strings("y", "new", None)})
    native = NativeCategories().fit(X).transform(new)["a"]
    assert native.cat.categories.tolist() == ["x", "y"]
    assert native.isna().tolist() == [False, True, True]
    ordinal = OrdinalCodes().fit(X).transform(new)["a"]
    assert ordinal[0] == 1.0
    assert ordinal.isna().tolist() == [False, True, True]


def test_a_training_rows_own_label_does_not_enter_its_target_mean() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2000)
    X = pd.DataFrame({"a": pd.Series(rng.integers(0, 700, 2000)).map("v{}".format).astype("str")})
    means = TargetMeans("binary", text=[], weight=1.0)
    out_of_fold = means.fit_transform(X, y)["a__mean_0"]
    assert roc_auc_score(y, out_of_fold) < 0.56  # noise stays noise
    assert roc_auc_score(y, means.transform(X)["a__mean_0"]) > 0.7  # the leak it avoids


def test_target_means_of_new_rows_are_those_of_training() -> None:
    X = pd.DataFrame({"a": strings(*["x", "y"] * 100)})
    y = np.array([1.0, 3.0] * 100)
    means = TargetMeans("regression", text=[], from_values=2, weight=1e-9).fit(X, y)
    found = means.transform(pd.DataFrame({"a": strings("x", "y", "new")}))["a__mean_0"]
    assert found.tolist() == pytest.approx([1.0, 3.0, 2.0])


def test_frequencies_are_shares_of_training_rows() -> None:
    X = pd.DataFrame({"a": strings("x", "x", "x", "y")})
    found = Frequencies([]).fit(X).transform(pd.DataFrame({"a": strings("x", "new", None)}))
    assert found["a__share"].tolist() == [0.75, 0.0, 0.0]


def test_text_scores_of_training_rows_come_from_other_rows() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    noise = pd.DataFrame({"t": [f"w{i} u{i} x{rng.integers(200)}" for i in range(300)]})
    noise["t"] = noise["t"].astype("str")
    scores = TextScores(["t"], kind="binary")
    assert abs(roc_auc_score(y, scores.fit_transform(noise, y)["text__score_0"]) - 0.5) < 0.12
    said = pd.DataFrame({"t": pd.Series([f"a {'good' if v else 'bad'} thing" for v in y])})
    said["t"] = said["t"].astype("str")
    assert roc_auc_score(y, scores.fit_transform(said, y)["text__score_0"]) == 1.0


def test_text_without_a_frequent_word_gives_no_columns() -> None:
    X = pd.DataFrame({"t": strings("!!", "??", None)})
    assert TextVectors(["t"]).fit_transform(X).shape == (3, 0)


def test_interactions_find_the_product_that_decides() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(600, 4)), columns=list("abcd"))
    y = (X["a"] * X["b"] > 0).astype(int).to_numpy()
    found = PairInteractions("binary", columns=4, keep=3).fit(X, y).transform(X)
    assert {"a__b__product", "b__a__product"} & set(found)
    assert len(found.columns) == 7


def test_deviations_are_from_the_training_mean_of_the_group() -> None:
    X = pd.DataFrame({"g": strings("x", "x", "y", "y"), "n": [1.0, 3.0, 10.0, 30.0]})
    y = np.array([0.0, 1.0, 2.0, 3.0])
    found = GroupDeviations("regression", text=[]).fit(X, y).transform(X)["n__from_g"]
    assert found.tolist() == [-1.0, 1.0, -10.0, 10.0]


def test_only_columns_that_matter_are_kept() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(500, 6)), columns=list("abcdef"))
    kept = ImportantColumns("regression", share=0.8).fit(X, X["a"].to_numpy()).transform(X)
    assert "a" in kept
    assert len(kept.columns) < 6


def test_the_design_matrix_is_finite_scaled_and_one_hot() -> None:
    X = pd.DataFrame({"n": [1.0, 2.0, np.nan, 3.0], "c": strings("x", "x", "y", None)})
    design = DesignMatrix(least=2).fit(X)
    found = design.transform(X)
    assert found.shape == (4, 3)  # the number, its flag, one frequent value
    assert found[:, 0].mean() == pytest.approx(0.0)
    assert found[:, 1].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert found[:, 2].tolist() == [1.0, 1.0, 0.0, 0.0]
    ranks = DesignMatrix(scaler="quantile").fit(X).transform(X)
    assert ranks[0, 0] < ranks[1, 0] < ranks[3, 0]


def test_category_codes_or_one_hot_as_a_model_wants_them() -> None:
    X = pd.DataFrame({"a": pd.Categorical(["x", "y", None], categories=["x", "y"])})
    codes = Numbers().fit(X)
    assert codes.categorical_ == [0]
    assert codes.transform(X)[:2, 0].tolist() == [0.0, 1.0]
    assert np.isnan(codes.transform(X)[2, 0])
    assert Numbers(one_hot=True).fit_transform(X).tolist() == [[1, 0], [0, 1], [0, 0]]
