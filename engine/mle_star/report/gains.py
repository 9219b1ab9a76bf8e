"""Where a run's gain over its best first candidate came from: merge, refinement, ensemble.

All is read from what the events say, nothing is measured again, and only what can be compared is
subtracted: single solutions that were judged on the same rows and folds, and of an ensemble its
nested score less that of the best single candidate, which was chosen and scored in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mle_star.report.words import count, number, signed

if TYPE_CHECKING:
    from mle_star.report.result import Result

SINGLE = "best single"
"""The strategy that the others are held against."""

Entry = dict[str, Any]


def gains_of(result: Result) -> dict[str, Any] | None:
    """The best first candidate, and what each part of the loop added to it.

    Parameters
    ----------
    result : Result
        Facts of a run.

    Returns
    -------
    dict or None
        `first` (name, digest, score, folds), `parts` (part, what, score, against, gain, share of
        the whole), `whole` (their sum; positive is better), `relative` (to the size of the first
        score). A part that the run did not come to is not among them. None where no first
        candidate has a score that later ones can be compared with.
    """
    best = _best(result)
    if best is None:
        return None
    founded = [x for x in result.evaluations[: result.founded] if _alike(x, best)]
    merged = {merge["score"] for merge in result.merges}
    firsts = [x for x in founded if not (x["score"] in merged and _is_merge(x))]
    if not firsts:
        return None
    first = _leading(result, firsts)
    parts = [*_merge(result, first, best), *_refinement(result, first, best), *_ensemble(result)]
    whole = sum(part["gain"] for part in parts)
    for part in parts:
        part["share"] = part["gain"] / whole if whole > 0 else None
    size = abs(first["score"])
    return {
        "first": {key: first[key] for key in ("name", "digest", "score")}
        | {"folds": len(first["folds"])},
        "parts": parts,
        "whole": whole,
        "relative": whole / size if size else None,
    }


def lines_of(gains: dict[str, Any], metric: str) -> tuple[str, ...]:
    """What a table of them does not say.

    Parameters
    ----------
    gains : dict
        See :func:`gains_of`.
    metric : str
        Its name.
    """
    first = gains["first"]
    text = (
        f"The best first candidate was {first['name']}: {metric} {number(first['score'])} over "
        f"{count(first['folds'], 'fold')}. "
    )
    if gains["whole"] > 0:
        relative = gains["relative"]
        percent = "" if relative is None else f" ({100 * relative:.2g} % of its score)"
        text += f"What followed gained {number(gains['whole'])}{percent}."
    else:
        text += "Nothing that followed was better."
    if any(part["part"] == "ensemble" for part in gains["parts"]):
        text += (
            " The ensemble's score is nested, and held against the best single candidate that was "
            "chosen and scored in the same way."
        )
    return (text,)


def rows_of(gains: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    """One line a part: what, score, what it is held against, gain, share of the whole gain."""
    return tuple(
        (
            part["part"],
            part["what"],
            number(part["score"]),
            number(part["against"]),
            signed(part["gain"]),
            share(part["share"]),
        )
        for part in gains["parts"]
    )


def share(value: float | None) -> str:
    """A share in percent; ``-`` for none."""
    return "-" if value is None else f"{100 * value:.0f} %"


def _best(result: Result) -> Entry | None:
    """The best single solution that the run came to, at the fidelity it ended with."""
    if not result.incumbents or not result.founded:
        return None
    last = result.incumbents[-1]
    standing = [x for x in result.evaluations if x["digest"] == last["digest"]]
    known = next((x for x in reversed(standing) if x["score"] == last["score"]), None)
    if known is None:
        return None
    digests = {one["digest"] for one in result.incumbents} | {one["best"] for one in result.steps}
    stood = [x for x in result.evaluations if x["digest"] in digests and _alike(x, known)]
    return _leading(result, stood)


def _alike(one: Entry, other: Entry) -> bool:
    """Whether an evaluation has a score, and on the same rows and folds as another."""
    keys = ("sample_rows", "sample_folds")
    same = all(one[key] == other[key] for key in keys) and len(one["folds"]) == len(other["folds"])
    return one["score"] is not None and same


def _leading(result: Result, entries: list[Entry]) -> Entry:
    return max(entries, key=lambda x: _signed(result, x["score"]))


def _signed(result: Result, score: float) -> float:
    return score if result.greater_is_better else -score


def _is_merge(entry: Entry) -> bool:
    return bool(entry["changed"] == "model" and entry["parent"])


def _part(result: Result, part: str, what: str, score: float, against: float) -> Entry:
    gain = _signed(result, score) - _signed(result, against) + 0.0  # never -0.0
    return {"part": part, "what": what, "score": score, "against": against, "gain": gain}


def _after_merge(result: Result, first: Entry, best: Entry) -> float:
    """The score that stood when merging was over."""
    scores = [merge["score"] for merge in result.merges if merge["score"] is not None]
    if best["score"] in scores and _is_merge(best):  # one within noise that was taken up later
        return float(best["score"])
    accepted = [merge["score"] for merge in result.merges if merge["accepted"]]
    return float(accepted[-1] if accepted else first["score"])


def _merge(result: Result, first: Entry, best: Entry) -> list[Entry]:
    tried = [merge for merge in result.merges if merge["score"] is not None]
    if not tried:
        return []
    score = _after_merge(result, first, best)
    helped = sum(merge["accepted"] for merge in tried)
    what = f"{helped} of {count(len(tried), 'merge')} accepted"
    if not helped and score != first["score"]:
        what = "a merge within noise of the best, taken up later"
    return [_part(result, "merge", what, score, first["score"])]


def _refinement(result: Result, first: Entry, best: Entry) -> list[Entry]:
    judged = [one for one in result.refinement if one["score"] is not None]
    if not judged:
        return []
    accepted = [one for one in judged if one["accepted"]]
    what = f"{len(accepted)} of {count(len(judged), 'proposal')} accepted"
    if accepted:
        what += f" ({', '.join(dict.fromkeys(one['role'] for one in accepted))})"
    if result.by_hand:
        what += ", work by hand included"
    before = _after_merge(result, first, best)
    return [_part(result, "refinement", what, float(best["score"]), before)]


def _ensemble(result: Result) -> list[Entry]:
    """The gain of what is shipped: the choice, or another finalist that was better on new rows."""
    scored = [one for one in result.ensemble if one["score"] is not None]
    single = next((one for one in scored if one["strategy"] == SINGLE), None)
    chosen = next((one for one in scored if one["chosen"]), None)
    if single is None or chosen is None or len(scored) < 2:
        return []
    shipped = _shipped(result, scored) or chosen
    what = f"{shipped['strategy']} of {len(shipped['members'])}"
    if shipped is single:
        what = "none: the best single is shipped"
    return [_part(result, "ensemble", what, shipped["score"], single["score"])]


def _shipped(result: Result, scored: list[Entry]) -> Entry | None:
    names = [member["name"] for member in result.summary.get("members", [])]
    score = (result.summary.get("cross_validation") or {}).get("score")
    return next((x for x in scored if x["score"] == score and x["members"] == names), None)
