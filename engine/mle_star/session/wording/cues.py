"""The words around a column's name that say what it is for."""

from __future__ import annotations

from mle_star.session.wording.goal import SPELLINGS
from mle_star.session.wording.words import EMPTY, Said, vocabulary

TARGET, DROP, GROUP, TIME = "target", "drop", "group", "time_column"
WEAK_TARGET, WEAK_GROUP, WEAK_DROP = "weak target", "weak group", "weak drop"
ORDER, OTHER = "order", "other"
OPTION = {WEAK_TARGET: TARGET, WEAK_GROUP: GROUP, WEAK_DROP: DROP}
"""The option that a weak cue speaks of."""

_BEFORE = {
    TARGET: """
        predict; predict which; predict who; predict whether; predict if; predicts; predicting;
        prediction of; predictions of; forecast; forecasts; forecasting; forecast of; forecasts
        of; estimate; estimates; estimating; estimate of; estimation of; classify; classifies;
        classifying; classification of; regress; regression of; detect; detects; detecting;
        detection of; guess; guessing; anticipate; classifier for; classifier of; regressor for;
        regression on; regression for; predictor for; predictor of; detector for; model for;
        models for; model of; target; targets; target is; target column; target column is; target
        variable; target variable is; column to predict is; dependent variable; dependent variable
        is
        """,
    WEAK_TARGET: """
        label; labels; label is; label column; label column is; outcome; outcome is; outcome
        column; response; response is; response variable; identify; determine; explain; find out;
        which; who; know; learn; tell; recognise; recognize
        """,
    GROUP: """
        group by; groups by; grouped by; grouping by; group on; grouped on; groups of; group of;
        group column; group column is; groups are; group is; grouped per; leakage across; leakage
        between; leakage over; leakage of; leakage by; leakage from; leak across; leak between;
        leaks across; leaks between; leaking across; leaking between; not split; never split;
        without splitting; not mix; never mix; without mixing; unseen; the same; rows of one; rows
        of the same
        """,
    WEAK_GROUP: "by; per; across; group; groups; split by; splits by; folds by",
    TIME: """
        ordered by; order by; sorted by; sort by; sorting by; ordering by; in order of; in the
        order of; ordered in time by; sorted in time by; in time by; ordered along; time column;
        time column is; date column; date column is; timestamp column; timestamp column is; time
        is; chronological by; chronologically by; in time order by
        """,
    ORDER: """
        over time; through time; by time; across time; time series; ordered in time; in time
        order; in order of time; in the order of time; order in time; time ordered; chronological;
        chronologically; temporal; temporally; in chronological order; only the past; train on the
        past; time matters
        """,
    DROP: """
        drop; dropping; exclude; excluding; leave out; leaving out; omit; omitting; discard;
        discarding
        """,
    WEAK_DROP: """
        ignore; ignoring; remove; removing; skip; skipping; without; without using; not use; not
        using; never use; don t use; except; except for; get rid of; all but; all columns but;
        everything but; everything except
        """,
    OTHER: """
        from; using; use; based on; given; with; knowing; keep; keeping; because; since; as it; as
        they; including; include; such as; like; where; when; judged by; measured by; scored by;
        evaluated by; ranked by; compared by; feature; features
        """,
}
_AFTER = {
    TARGET: """
        as the target; as target; is the target; is target; as the label; is the label; as the
        outcome; is the outcome; is to be predicted; is what to predict
        """,
    WEAK_TARGET: """
        prediction; predictions; predictor; forecast; forecasts; forecasting; classification;
        classifier; regression; regressor; estimation; estimator; detection; detector; model;
        models
        """,
    GROUP: """
        together; apart; stay together; must stay together; should stay together; are kept
        together; must be kept together; are not split; must not be split; should not be split; as
        the group; as group; as groups; is the group; as the group column
        """,
    TIME: """
        as the time; as time; as the time column; as time column; is the time; is the time column;
        is the date; is the timestamp; gives the time; gives the order; to order rows; to order
        the rows; to sort rows
        """,
    DROP: """
        should not be used; must not be used; may not be used; is not to be used; is to be
        dropped; should be dropped; must be dropped; can be dropped; should be ignored; must be
        ignored; can be ignored; should be left out; must be left out; can be left out; is to be
        left out; is to be ignored
        """,
}


def _table(written: dict[str, str]) -> dict[tuple[str, ...], str]:
    return {tuple(cue.split()): role for role, cues in written.items() for cue in cues.split(";")}


BEFORE, AFTER = _table(_BEFORE), _table(_AFTER)
"""Cues that stand before or after what they speak of, with its role."""

LOOSE = vocabulary("prediction predictions predictor forecast forecasts forecasting")
"""Cues after a name before which a part of the name will do: price prediction."""

FORECASTS = vocabulary("forecast forecasts forecasting")
"""Words that say that rows are ordered in time."""

CLAUSES = vocabulary("which who whether if")
"""Ends of cues after which a whole clause says what is predicted, whatever it is with."""

AND = frozenset(["and", "or", "plus"])
HEAD_ENDS = vocabulary("of for in at from on to by per over under with given as before")
"""Words before which the noun that is predicted has been named."""

TIME_UNITS = vocabulary("second minute hour day week month quarter year")
"""``by hour`` and ``per day`` speak of a rate, not of groups."""

COLUMN_WORDS = vocabulary("column columns feature features field fields variable variables")
FILLERS = EMPTY.union(
    COLUMN_WORDS,
    vocabulary("value values number amount probability chance risk likelihood both namely"),
    vocabulary("called named future"),
)
"""Words before or after a column's name that are no part of it."""

COMMON = (
    FILLERS
    | TIME_UNITS
    | {word for cue in (*BEFORE, *AFTER) for word in cue}
    | {word for spellings in SPELLINGS.values() for word in spellings.replace(",", "").split()}
)
"""Words that are taken for a column of that name only where a name must stand, or in quotes."""

_MOST_WORDS = max(map(len, (*BEFORE, *AFTER)))


def cue_at(what: Said, place: int, cues: dict[tuple[str, ...], str]) -> tuple[int, str] | None:
    """The longest cue that begins at a word: where it ends, and its role."""
    for length in range(_MOST_WORDS, 0, -1):
        words = what.words[place : place + length]
        role = cues.get(tuple(word.text for word in words)) if len(words) == length else None
        if role and not any(word.ends_clause for word in words[1:]):
            return place + length, role
    return None
