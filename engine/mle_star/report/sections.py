"""The summary as sections of plain lines and tables, before it takes the form of a page."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from mle_star.report.agents import PROPOSERS, agents_of
from mle_star.report.gains import gains_of, lines_of, rows_of
from mle_star.report.result import Result
from mle_star.report.since import since
from mle_star.report.words import count, number, p_value, signed, spread, took

_SHOWN = 10
_STATUS = {
    "done": "finished",
    "interrupted": "interrupted: what there is so far",
    "timeout": "stopped by --timeout: what there is so far",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the summary: lines, then a table.

    Parameters
    ----------
    title : str
        Heading.
    lines : tuple of str
        Sentences.
    headers : tuple of str
        Of the table; empty: no table. One that ends in ``>`` is aligned to the right.
    rows : tuple of tuple of str
        Cells of the table.
    commands : tuple of str
        Commands that can be typed as they stand.
    """

    title: str
    lines: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """How things are started, as it is typed.

    Parameters
    ----------
    engine : str
        This program.
    python : str
        A Python that has the libraries.
    """

    engine: str
    python: str


def sections(result: Result, program: Program) -> list[Section]:
    """The summary of a run, section by section; one with nothing to tell is left out.

    Parameters
    ----------
    result : Result
        Facts of the run.
    program : Program
        How things are started, for the commands of the next steps.
    """
    found = [
        _outcome(result),
        Section(f"Since session {result.session.get('parent')}", since(result)),
        gains(result),
        _leaderboard(result),
        ablation(result),
        _refinement(result),
        _ensemble(result),
        _gates(result),
        by_hand(result),
        _agents(result),
        _warnings(result),
        _files(result),
        _next_steps(result, program),
    ]
    return [section for section in found if section.lines or section.rows or section.commands]


def _outcome(result: Result) -> Section:
    task, summary = result.task.get("task", {}), result.summary
    metric = task.get("metric", "score")
    better = "higher" if result.greater_is_better else "lower"
    rows = [("Run", f"{result.session.get('name')} {_STATUS.get(summary.get('status', ''), '')}")]
    if task:
        rows += [
            ("Data", f"{count(result.data['rows'], 'row')}, "
             f"{count(result.data['columns'], 'column')}"),
            ("Task", f"{task['kind']}, target {', '.join(task['targets'])}"),
            ("Metric", f"{metric} ({better} is better)"),
        ]  # fmt: skip
    if result.splits:
        rows.append(("Judged by", _splits(result.splits)))
    for key, title in _SCORES:
        if summary.get(key):
            rows.append((title, _score(summary[key])))
    if told := summary.get("none_held_out"):
        rows.append(("Holdout", told))
    judged = count(len(result.leaderboard()), "candidate")
    failed = len({entry["digest"] for entry in result.failures()})
    rows.append(("Effort", f"{judged} judged, {failed} not, {took(result.finish['seconds'])}"))
    return Section("Result", headers=("", ""), rows=tuple(rows))


_SCORES = (
    ("baseline", "Baseline"),
    ("cross_validation", "Cross-validation"),
    ("holdout", "Holdout"),
    ("test", "Test file"),
)


def _splits(splits: dict[str, Any]) -> str:
    parts = [f"{splits['scheme']} over {count(splits['search'], 'row')}"]
    if splits["selection"]:
        parts.append(f"{splits['selection']:,} to choose among finalists")
    held = f"{splits['holdout']:,}" if splits["holdout"] else "none"
    return ", ".join([*parts, f"{held} held out"])


def _score(score: dict[str, Any]) -> str:
    text = spread(score.get("score"), score.get("spread"))
    details = [f"{score['rows']:,} rows"] if score.get("rows") else []
    details += [score["what"]] if score.get("what") else []
    return f"{text} ({', '.join(details)})" if details else text


def _leaderboard(result: Result) -> Section:
    board = result.leaderboard()
    rows = tuple(
        (
            str(place),
            entry["name"],
            spread(entry["score"], entry["spread"]),
            str(len(entry["folds"])),
            took(entry["seconds"]),
        )
        for place, entry in enumerate(board[:_SHOWN], start=1)
    )
    more = len(board) - len(rows)
    title = f"Leaderboard (first {len(rows)} of {len(board)})" if more else "Leaderboard"
    return Section(
        title, headers=("#>", "candidate", "score ± spread>", "folds>", "time>"), rows=rows
    )


def gains(result: Result) -> Section:
    """What merge, refinement and ensemble added to the best first candidate."""
    title, found = "Where the gain came from", gains_of(result)
    if found is None or not found["parts"]:
        return Section(title)
    headers = ("part", "what", "score>", "against>", "gain>", "share>")
    metric = result.task.get("task", {}).get("metric", "score")
    return Section(title, lines_of(found, metric), headers, rows_of(found))


def ablation(result: Result) -> Section:
    """What is lost without each block, step by step."""
    rows = tuple(
        (
            str(entry["step"]),
            entry["role"],
            entry["neutral"],
            entry["failure"] or signed(entry["effect"]),
            "" if entry["low"] is None else f"{signed(entry['low'])} to {signed(entry['high'])}",
            p_value(entry["p_value"]),
            entry["impact"],
        )
        for entry in result.ablation
    )
    return Section(
        "Ablation: what is lost without each block",
        headers=("#>", "block", "replaced by", "effect>", "95 % interval>", "p>", "impact"),
        rows=rows,
    )


def _refinement(result: Result) -> Section:
    judged = [entry for entry in result.refinement if entry["score"] is not None]
    accepted = sum(entry["accepted"] for entry in judged)
    other = len(result.refinement) - len(judged)
    line = f"{count(len(judged), 'proposal')} judged, {accepted} accepted"
    line += f"; {other} refused or failed." if other else "."
    lines = [line] if result.refinement else []
    best = sorted(result.refinement, key=lambda x: (not x["accepted"], -(x["gain"] or -1e300)))
    rows = tuple(
        (
            str(entry["step"]),
            entry["role"],
            entry["plan"].split(": ")[0],
            signed(entry["gain"]),
            "accepted" if entry["accepted"] else entry["reason"],
        )
        for entry in best[:_SHOWN]
    )
    headers = ("#>", "block", "proposal", "gain>", "verdict")
    return Section("Refinement", tuple(lines), headers, rows)


def _ensemble(result: Result) -> Section:
    rows = tuple(
        (
            "chosen" if entry["chosen"] else "",
            entry["strategy"],
            str(len(entry["members"])),
            spread(entry["score"], entry["spread"]),
            entry["reason"],
        )
        for entry in result.ensemble
    )
    headers = ("", "strategy", "members>", "score ± spread>", "why")
    return Section("Ensemble", _members(result), headers, rows)


def _members(result: Result) -> tuple[str, ...]:
    members = result.summary.get("members", [])
    if not members:
        return ()
    named = [
        m["name"] if m.get("weight") is None else f"{m['name']} ({m['weight']:.2f})"
        for m in members
    ]
    shipped = f"Shipped: {'; '.join(named)}."
    chosen = next((entry["members"] for entry in result.ensemble if entry["chosen"]), None)
    if chosen is None or sorted(chosen) == sorted(member["name"] for member in members):
        return (shipped,)
    return (shipped, "Not what was chosen in this phase; why stands beside Cross-validation above.")


def _gates(result: Result) -> Section:
    rows = tuple(
        (gate["verdict"], gate["gate"], gate["measured"], gate["threshold"])
        for gate in result.gates
    )
    lines = tuple(
        f"{gate['gate']}: {gate['explanation']}"
        for gate in result.gates
        if gate["verdict"] in ("fail", "warn", "skipped")
    )
    return Section("Gates", lines, ("verdict", "gate", "measured", "wanted"), rows)


def by_hand(result: Result) -> Section:
    """What was done by hand since, in order."""
    rows = tuple((str(one["number"]), one["action"], one["outcome"]) for one in result.by_hand)
    return Section("By hand, since", headers=("#>", "what", "outcome"), rows=rows)


def _agents(result: Result) -> Section:
    """Spend by agent, and what it was good for."""
    found = agents_of(result)
    if found is None:
        return Section("Agents")
    headers = ("agent", "calls>", "failed>", "tokens in>", "tokens out>", "dollars>")
    rows = [_spent(name, one) for name, one in found["by_agent"].items()]
    rows.append(_spent("all", found["total"]))
    lines = [
        f"{name}: {count(one['judged'], 'proposal')} judged, {one['refused']} refused, "
        f"{one['accepted']} accepted, gained {number(one['gained'])}"
        + _a_dollar(one["gained_per_dollar"])
        for name, one in found["refinement"].items()
    ]
    total = found["total"]
    if total["calls"] and not found["refinement"][PROPOSERS["agent"]]["accepted"]:
        lines.append("Nothing that a language model proposed in refinement was better.")
    if total["not_made"]:
        lines.append(f"{count(total['not_made'], 'question')} not put: see the warnings.")
    if total["dollars_unknown"] and total["dollars"] is not None:
        lines.append(f"What {count(total['dollars_unknown'], 'call')} cost is not known.")
    if extra := total["tokens_of_turns"]:
        lines.append(
            f"Earlier turns (--chaining) took about {extra:,} of the input tokens, by their share "
            "of the bytes; --no-chaining leaves them out."
        )
    lines += [f"Source: {title}, {url}" for title, url in found["sources"][:_SHOWN]]
    return Section("Agents", tuple(lines), headers, tuple(rows))


def _a_dollar(rate: float | None) -> str:
    return "" if rate is None else f" ({rate:.3g} a dollar)"


def _spent(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    dollars = "-" if one["dollars"] is None else f"{one['dollars']:.4f}"
    tokens = f"{one['input_tokens']:,}", f"{one['output_tokens']:,}"
    return name, str(one["calls"]), str(one["failed"]), *tokens, dollars


def _warnings(result: Result) -> Section:
    lines = [note["message"] for note in result.notes if note["level"] == "warning"]
    return Section("Warnings", tuple(dict.fromkeys(lines)))


def _files(result: Result) -> Section:
    rows = tuple({entry["path"]: entry["what"] for entry in result.files}.items())
    folder = result.session.get("folder", "")
    return Section(f"Files in {folder}", headers=("", ""), rows=rows)


def _next_steps(result: Result, program: Program) -> Section:
    if not result.summary.get("members"):
        return Section("Next steps")
    folder = result.session["folder"]
    commands = (
        f"{program.engine} predict --model {shlex.quote(folder)} --dataset NEW.csv "
        "--output predictions.csv",
        f"{program.python} {shlex.quote(folder + '/solution.py')} "
        f"--train {shlex.quote(result.session['settings']['dataset'])} "
        "--predict NEW.csv --output predictions.csv",
    )
    return Section(
        "Next steps", ("NEW.csv stands for your own rows to predict.",), commands=commands
    )


def headline(result: Result) -> str:
    """The run in one line, such as ``roc_auc 0.8456 on 845 held-out rows``."""
    score = result.summary.get("holdout") or result.summary.get("cross_validation")
    if not score:
        return "no model"
    metric = result.task.get("task", {}).get("metric", "score")
    return f"{metric} {number(score['score'])} {_where(result, score)}"


def _where(result: Result, score: dict[str, Any]) -> str:
    if score.get("rows"):
        return f"on {score['rows']:,} held-out rows"
    where = f"in {'nested ' if score.get('nested') else ''}cross-validation"
    return f"{where}, no rows held out" if result.summary.get("none_held_out") else where
