"""The options that say what a run is judged by."""

from __future__ import annotations

from mle_star.commands import PROFILE, RUN, STAR, WATCH
from mle_star.option import Option

_DATA = (RUN, STAR, PROFILE, WATCH)

TASK: tuple[Option, ...] = (
    Option(
        "metric",
        "text",
        "Metric to optimise, or FILE.py:FUNCTION. Default: roc_auc, log_loss or rmse, by task.",
        _DATA,
        metavar="METRIC",
    ),
    Option(
        "task",
        "choice",
        "Kind of task. Default: from the target.",
        _DATA,
        choices=("binary", "multiclass", "regression"),
    ),
    Option(
        "group",
        "text",
        "Column whose groups are never split between training and scoring rows.",
        _DATA,
        metavar="COLUMN",
    ),
    Option(
        "time-column",
        "text",
        "Column that orders the rows in time: models are judged on later rows only.",
        _DATA,
        metavar="COLUMN",
    ),
)

HELD: tuple[Option, ...] = (
    Option(
        "holdout",
        "number",
        "Share of the rows to hold out, up to 0.5; 0: none, the gates then rest on nested "
        "cross-validation. Default: by rows, about 0.15.",
        metavar="SHARE",
        minimum=0,
        maximum=0.5,
    ),
    Option(
        "test",
        "file",
        "File to predict at the end; scored if it holds the target. Never used in the search.",
        metavar="FILE",
    ),
)
