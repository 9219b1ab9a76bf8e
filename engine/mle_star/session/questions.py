"""What a person is asked in an interactive run, with what the data proposes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from mle_star.data.cells import Cells, words_of
from mle_star.data.hints import Hint
from mle_star.data.prepare import NONE, Prepared
from mle_star.data.schema import Column
from mle_star.errors import UsageError
from mle_star.judge.metrics import METRICS, get_metric
from mle_star.phases.effect import BlockEffect
from mle_star.session.question import Choice, Question
from mle_star.session.settings import names
from mle_star.session.wording.goal import metric_named
from mle_star.session.wording.names import Names, joined
from mle_star.session.wording.words import stem
from mle_star.types import ColumnKind, Role, Task

MEANINGS = {
    "roc_auc": "how well the classes are ranked, whatever the threshold",
    "log_loss": "how good the probabilities are; sure and wrong costs most",
    "accuracy": "share of rows put into the right class",
    "balanced_accuracy": "share of rows put right in each class, averaged over the classes",
    "f1": "balance of finding the positive class and being right about it",
    "mcc": "correlation of true and predicted classes; fair to rare ones",
    "average_precision": "area under precision and recall; for a rare positive class",
    "brier": "squared error of the probabilities",
    "rmse": "typical error in the target's units; large errors weigh most",
    "mae": "mean error in the target's units; outliers weigh little",
    "rmsle": "error of the logarithm: relative, for amounts of all sizes",
    "r2": "share of the variance explained; 1 is perfect",
    "mape": "mean error in per cent of the truth; no good near zero",
    "pearson": "linear correlation with the truth",
    "spearman": "whether the order is right, whatever the size",
    "quadratic_kappa": "agreement on ordered classes; far off costs most",
}
"""One line on every metric."""

MOST_GAIN = "most to gain"
_TARGETS = frozenset(["target", "label", "class", "outcome", "response", "y"])
_OFTEN = frozenset(
    [
        *["price", "value", "quality", "score", "rating", "grade", "churn", "default", "fraud"],
        *["survived", "canceled", "cancelled", "sales", "count", "cnt", "demand", "salary"],
        *["income", "diagnosis", "status", "clicked", "target", "label", "outcome"],
    ]
)
_FLAGS = frozenset(["is", "has", "ind", "flag"])
_MOST_TARGETS = 8
_NO_TARGET = (ColumnKind.DATE, ColumnKind.TEXT)


def target_question(
    columns: Sequence[Column], cells: Mapping[str, Cells], *, file: str = ""
) -> Question[str]:
    """Which column is predicted.

    Parameters
    ----------
    columns : sequence of Column
        Of the file, inferred without a target; see :func:`mle_star.data.kinds.infer_columns`.
    cells : mapping of str to Cells
        By original name.
    file : str, default ""
        Name of the file: what it speaks of is likely the target.

    Returns
    -------
    Question
        Its answer is the value of ``--target``.
    """
    ranked = _ranked_targets(columns, cells, file)
    everything = [column.original for column in columns]
    choices = [Choice(joined([name]), name, why) for _, name, why in ranked[:_MOST_TARGETS]]
    choices = choices or [Choice(joined([everything[-1]]), everything[-1], "last column")]
    return Question(
        "target",
        "Which column is to be predicted?",
        tuple(choices),
        choices[0].value,
        lambda answer: read_target(answer, everything),
        free=True,
        hint="Any column's name will do; several, separated by commas, are predicted together.",
    )


def read_target(answer: str, columns: Sequence[str]) -> str:
    """The value of ``--target`` that an answer means; case and separators do not count."""
    found = joined(_column(name, columns) for name in names(answer))
    if not found:
        raise UsageError("no column was named", "name the column that is to be predicted")
    return found


def metric_question(task: Task) -> Question[str]:
    """By which metric models are judged.

    Parameters
    ----------
    task : Task
        Its metric is the default.

    Returns
    -------
    Question
        Its answer is the value of ``--metric``.
    """
    fitting = [m.name for m in METRICS.values() if task.kind in m.kinds and m.name != task.metric]
    return Question(
        "metric",
        f"By which metric are models of this {task.kind} task judged?",
        tuple(Choice(name, name, MEANINGS.get(name, "")) for name in (task.metric, *fitting)),
        task.metric,
        lambda answer: read_metric(answer, task),
        free=True,
        hint="A function of your own will do as well: path/file.py:function.",
    )


def read_metric(answer: str, task: Task) -> str:
    """The value of ``--metric`` that an answer means, such as ``AUC``."""
    return get_metric(metric_named(answer) or answer.strip(), task).name


def time_question(prepared: Prepared) -> Question[str | None]:
    """Whether the rows are ordered in time, and by which column.

    Parameters
    ----------
    prepared : Prepared
        Its task has what the data shows, or what was asked for.

    Returns
    -------
    Question
        Its answer is the value of ``--time-column``; None: not given, for a moment that is put
        together from several columns.
    """
    used = _originals(prepared, prepared.task.time)
    hints = [hint for hint in prepared.profile.hints if hint.what == "time"]
    usable = [hint for hint in hints if len(hint.columns) == 1 or hint.columns == used]
    return Question(
        "time_column",
        "Are the rows ordered in time, so that models are judged on later rows only?",
        _column_choices(used, usable, "rows are in no order; they are divided by chance"),
        _value(used),
        lambda answer: read_time(answer, prepared),
        free=True,
        hint="Any column of dates or numbers will do.",
    )


def read_time(answer: str, prepared: Prepared) -> str | None:
    """The value of ``--time-column`` that an answer means."""
    used = _originals(prepared, prepared.task.time)
    if len(used) > 1 and answer.strip() == _value(used):
        return None
    return _one_column(answer, prepared, (ColumnKind.DATE, ColumnKind.NUMERIC))


def group_question(prepared: Prepared) -> Question[str]:
    """Whether rows belong together in groups, and by which column.

    Parameters
    ----------
    prepared : Prepared
        Its task has what the data shows, or what was asked for.

    Returns
    -------
    Question
        Its answer is the value of ``--group``.
    """
    used = _originals(prepared, prepared.task.group)
    hints = [hint for hint in prepared.profile.hints if hint.what == "group"]
    return Question(
        "group",
        "Do rows belong together, so that a group is never in training and in scoring rows?",
        _column_choices(used, hints, "every row stands for itself"),
        _value(used),
        lambda answer: _one_column(answer, prepared, tuple(ColumnKind)),
        free=True,
        hint="Any column will do that names whom or what a row is of.",
    )


def block_question(
    effects: Sequence[BlockEffect], step: int, *, proposed: Role | None = None
) -> Question[Role | None]:
    """Which block of the best solution is refined next.

    Parameters
    ----------
    effects : sequence of BlockEffect
        From the ablation.
    step : int
        Number of the outer step.
    proposed : Role or None, default None
        The block with most to gain, where it is known already.

    Returns
    -------
    Question
        Its answer is a role; None: the one with most to gain.
    """
    first = Choice(MOST_GAIN, MOST_GAIN, f"that is {proposed}" if proposed else "the rule decides")
    measured = [Choice(one.role, one.role, _worth(one)) for one in effects]
    there = {one.role for one in effects}
    absent = [
        Choice(role, role, "has no block yet")
        for role in Role
        if role not in there and role is not Role.COMBINE
    ]
    return Question(
        f"block of step {step}",
        "Which block is to be refined?",
        (first, *measured, *absent),
        MOST_GAIN,
        read_block,
        hint="Beside each block stands what the score loses without it: its ablation.",
    )


def read_block(answer: str) -> Role | None:
    """The role that an answer means; None for the one with most to gain."""
    text = answer.strip().lower()
    if text == MOST_GAIN:
        return None
    if text not in set(Role) - {Role.COMBINE}:
        roles = ", ".join(role for role in Role if role is not Role.COMBINE)
        raise UsageError(f"there is no block {answer!r}", f"choose {MOST_GAIN}, or one of {roles}")
    return Role(text)


def _ranked_targets(
    columns: Sequence[Column], cells: Mapping[str, Cells], file: str
) -> list[tuple[float, str, str]]:
    """Columns that may be meant, the likeliest first, each with its score and why."""
    spoken = {stem(word) for word in words_of(file.split(".")[0])}
    found = []
    for place, column in enumerate(columns):
        values = cells[column.original]
        if not column.used or column.kind in _NO_TARGET or len(values.texts) < 2:
            continue
        words = words_of(column.original)
        signs = [
            (3.0, "named like a target", bool(words) and set(words) <= _TARGETS),
            (1.5, "named as targets often are", bool(_OFTEN & set(words))),
            (2.0, "named in the file's name", bool(spoken & {stem(word) for word in words})),
            (2.0, "last column", place == len(columns) - 1),
            (0.5, "first column", place == 0),
            (1.0, "named like a yes or no", bool(_FLAGS & set(words))),
            (1.0, f"two values, {_example(values)}", len(values.texts) == 2),
            (-1.0, f"{values.rows - values.present:,} missing", values.present < values.rows),
        ]
        held = [(score, why) for score, why, holds in signs if holds]
        kind = f"{column.kind}, {len(values.texts):,} distinct"
        reasons = [why for _, why in held] + ([kind] if len(values.texts) > 2 else [])
        found.append((sum(score for score, _ in held), column.original, ", ".join(reasons)))
    return sorted(found, key=lambda one: -one[0])


def _example(values: Cells) -> str:
    return " and ".join(repr(str(text)[:20]) for text in sorted(values.texts))


def _column(name: str, columns: Sequence[str]) -> str:
    """The column that a name means."""
    if name in columns:
        return name
    found = Names(columns).exact(name)
    if len(found) == 1:
        return found[0]
    by_lower = {column.lower(): column for column in columns}
    close = difflib.get_close_matches(name.lower()[:200], by_lower, n=3, cutoff=0.5)
    several = found or tuple(by_lower[lower] for lower in close) or tuple(columns[:8])
    raise UsageError(
        f"{name!r} may be several columns" if found else f"there is no column {name!r}",
        f"name one of {', '.join(map(repr, several))}",
    )


def _one_column(answer: str, prepared: Prepared, kinds: Sequence[ColumnKind]) -> str:
    name = answer.strip()
    if name.lower() == NONE:
        return NONE
    name = _column(name, [column.original for column in prepared.schema.specs])
    column = next(one for one in prepared.schema.specs if one.original == name)
    if column.role == "target":
        raise UsageError(f"{name!r} is what is predicted", f"name another column, or {NONE}")
    if column.kind not in kinds:
        wanted = " or ".join(f"{kind}" for kind in kinds)
        raise UsageError(f"{name!r} is {column.kind}", f"name a {wanted} column, or {NONE}")
    return name


def _column_choices(
    used: tuple[str, ...], hints: Sequence[Hint], without: str
) -> tuple[Choice, ...]:
    """What is used now first, then what the data shows, then none."""
    shown = {_value(hint.columns): hint.reason for hint in hints}
    if used:
        shown = {_value(used): shown.get(_value(used), "asked for")} | shown
    choices = [Choice(value, value, why) for value, why in shown.items()]
    nothing = Choice(NONE, NONE, without)
    return (*choices, nothing) if used else (nothing, *choices)


def _value(columns: tuple[str, ...]) -> str:
    return " + ".join(columns) or NONE


def _originals(prepared: Prepared, names_of: str | None) -> tuple[str, ...]:
    """The names in the file of columns joined by ``+``."""
    by_name = {column.name: column.original for column in prepared.schema.specs}
    return tuple(by_name[name] for name in (names_of or "").split("+") if name)


def _worth(one: BlockEffect) -> str:
    """An ablation in one line."""
    if one.effect is None:
        return f"{one.impact}, {one.failure or 'not measured'}"
    if one.neutral == "itself":
        return "plain already"
    interval = "" if one.low is None or one.high is None else f" ({one.low:.2g} to {one.high:.2g})"
    change = "loses" if one.effect >= 0 else "gains"
    instead = "without it" if one.neutral == "removed" else f"with {one.neutral} in its place"
    return f"{one.impact}, the score {change} {abs(one.effect):.2g}{interval} {instead}"
