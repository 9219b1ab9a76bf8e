"""Metrics and kinds of task are found however they are written, unless spoken against."""

from __future__ import annotations

import pytest
from tests.engine.session.wording.tables import TELCO, read, words_for

from mle_star.judge.metrics import METRICS
from mle_star.session.brief import understand
from mle_star.session.wording.goal import SPELLINGS


def test_spellings_cover_every_metric_and_none_means_two() -> None:
    assert set(SPELLINGS) == set(METRICS)
    written = [one.strip() for each in SPELLINGS.values() for one in each.split(",")]
    assert len(written) == len(set(written))


@pytest.mark.parametrize("metric", METRICS)
def test_every_spelling_of_a_metric_is_understood(metric: str) -> None:
    for spelling in (metric, *SPELLINGS[metric].split(",")):
        for text in (spelling.strip(), spelling.strip().replace(" ", "-").upper()):
            brief = understand(f"predict churn, judged by {text}, in 5 minutes", TELCO)
            assert brief.options["metric"] == metric
            assert words_for(brief, "metric") == [f"judged by {text}"]


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("F1, not accuracy", "f1"),
        ("do not judge by accuracy but by AUC", "roc_auc"),
        ("F1; accuracy is misleading here", "f1"),
        ("average precision instead of ROC AUC", "average_precision"),
        ("neither RMSE nor MAE but R²", "r2"),
        ("judged by log loss, and keep the accuracy up", "log_loss"),
        ("it must not leak judged by F1", "f1"),
        ("balanced accuracy", "balanced_accuracy"),
        ("not accuracy", None),
        ("don't optimise the RMSE", None),
        ("accuracy does not matter", None),
        ("an accurate and precise model", None),
    ],
)
def test_a_metric_spoken_against_is_not_taken(text: str, metric: str | None) -> None:
    assert read(f"predict churn. {text}", TELCO).get("metric") == metric


def test_a_metric_that_ranks_alike_is_shown_as_what_it_is_taken_for() -> None:
    [shown] = understand("predict tenure by MSE", TELCO).understood[1:]

    assert (shown.words, shown.value) == ("MSE", "rmse, its root")


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("a binary classification", "binary"),
        ("multi-class", "multiclass"),
        ("7 classes", "multiclass"),
        ("two classes", "binary"),
        ("regression", "regression"),
        ("not a regression", None),
        ("logistic regression", None),
        ("classify it", None),
    ],
)
def test_kinds_of_task_are_understood(text: str, task: str | None) -> None:
    assert read(text, TELCO).get("task") == task
