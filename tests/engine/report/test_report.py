"""What is told of a run at its end: complete, measured, and readable at any width."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.engine.report.story import judged, story

from mle_star import events as e
from mle_star.report.render import markdown, show
from mle_star.report.result import fold
from mle_star.report.sections import Program, headline, sections
from mle_star.report.words import clock, count, number, p_value, signed, spread, took
from mle_star.report.writer import FILES, ReportWriter

PROGRAM = Program("mle-star", "python")


def _page(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    show(sections(fold(story()), PROGRAM), console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_leaderboard_has_the_best_first_and_cheap_looks_last() -> None:
    board = fold(story()).leaderboard()

    assert [entry["name"] for entry in board] == ["lightgbm", "linear", "pilot"]


def test_where_lower_is_better_the_lowest_is_first() -> None:
    board = fold(story(greater=False)).leaderboard()

    assert [entry["name"] for entry in board] == ["linear", "lightgbm", "pilot"]


def test_a_candidate_judged_twice_stands_once_with_the_better_look() -> None:
    events = [judged("a", 0.9, folds=[0.9]), judged("a", 0.7), judged("b", 0.8)]

    board = fold(events).leaderboard()

    assert [(entry["name"], entry["score"]) for entry in board] == [("b", 0.8), ("a", 0.7)]


@pytest.mark.parametrize("width", [80, 120])
def test_the_page_tells_everything_and_fits_the_terminal(width: int) -> None:
    page = _page(width)

    for words in (
        "0.8550 (750 rows)",
        "lightgbm",
        "Ablation",
        "HIGH",
        "+0.0120",
        "cannot be removed",
        "target encoding",
        "1 accepted",
        "greedy",
        "scores differ much between folds",
        "two columns are equal",
        "predict --model models/churn",
    ):
        assert words in " ".join(page.split()), words
    commands = [line for line in page.splitlines() if "--" in line]
    assert max(len(line) for line in page.splitlines() if line not in commands) <= width


def test_the_page_says_nothing_of_what_did_not_happen() -> None:
    events = [*story()[:4], e.SessionFinished(7, 1.0, {"status": "failed"})]
    page = markdown("x", sections(fold(events), PROGRAM))

    for title in ("Leaderboard", "Ablation", "Refinement", "Ensemble", "Gates", "Warnings", "Next"):
        assert f"## {title}" not in page


def test_commands_survive_hostile_names() -> None:
    found = sections(fold(story("a b; rm -rf $HOME")), PROGRAM)

    (steps,) = [section for section in found if section.title == "Next steps"]
    assert "--model 'a b; rm -rf $HOME'" in steps.commands[0]
    assert "--train 'my data/churn.csv'" in steps.commands[1]


def test_a_bar_in_a_name_does_not_break_a_markdown_table() -> None:
    page = markdown("x", sections(fold([*story()[:4], judged("a|b", 0.5), story()[-1]]), PROGRAM))

    assert "a\\|b" in page


def test_the_headline_is_the_holdout_score() -> None:
    assert headline(fold(story())) == "roc_auc 0.8550 on 750 held-out rows"
    assert headline(fold(story()[:3])) == "no model"


def test_without_a_holdout_the_headline_and_the_result_say_so() -> None:
    told = "No rows were held out (--holdout 0): the score rests on nested cross-validation."
    *events, end = story()
    assert isinstance(end, e.SessionFinished)
    summary = {key: value for key, value in end.summary.items() if key != "holdout"}
    summary["cross_validation"] = {**summary["cross_validation"], "nested": True}
    splits = e.SplitsMade(5000, 0, 0, 5, "5 stratified folds")
    ended = replace(end, summary=summary | {"none_held_out": told})
    found = fold([*(splits if isinstance(one, e.SplitsMade) else one for one in events), ended])

    assert headline(found) == "roc_auc 0.8600 in nested cross-validation, no rows held out"
    outcome = {row[0]: row[1] for row in sections(found, PROGRAM)[0].rows}
    assert outcome["Holdout"] == told
    assert outcome["Judged by"].endswith("over 5,000 rows, none held out")
    assert found.plain()["none_held_out"] == told


def test_why_a_gate_was_not_measured_is_said() -> None:
    gate = e.GateMeasured(
        "latency", "skipped", "not measured", "", "There was no time left for it."
    )

    (gates,) = [s for s in sections(fold([*story(), gate]), PROGRAM) if s.title == "Gates"]

    assert "latency: There was no time left for it." in gates.lines


def test_the_writer_writes_at_the_end_and_only_then(tmp_path: Path) -> None:
    writer = ReportWriter(tmp_path, PROGRAM)
    for event in story()[:-1]:
        writer(event)
    assert list(tmp_path.iterdir()) == []

    writer(story()[-1])

    result = json.loads((tmp_path / "result.json").read_text())
    rows = list(csv.DictReader((tmp_path / "leaderboard.csv").read_text().splitlines()))
    assert {path.name for path in tmp_path.iterdir()} == {name for name, _ in FILES}
    assert (result["exit_code"], result["holdout"]["score"]) == (4, 0.855)
    assert [row["name"] for row in rows] == ["lightgbm", "linear", "pilot"]
    assert "# churn: roc_auc 0.8550" in (tmp_path / "summary.md").read_text()


def test_a_run_that_never_had_a_task_leaves_no_report(tmp_path: Path) -> None:
    writer = ReportWriter(tmp_path, PROGRAM)
    writer(story()[0])
    writer(story()[-1])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.84123, "0.8412"),
        (0.0, "0.0000"),
        (0.000123, "0.00012"),
        (123.456, "123.46"),
        (23456.7, "23,457"),
        (-0.5, "-0.5000"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_numbers_have_the_digits_that_matter(value: float | None, text: str) -> None:
    assert number(value) == text


def test_words() -> None:
    assert signed(0.5) == "+0.5000"
    assert signed(-0.5) == "-0.5000"
    assert signed(None) == "-"
    assert spread(0.5, 0.01) == "0.5000 ± 0.0100"
    assert spread(0.5, 0.0) == "0.5000"
    assert (p_value(0.0001), p_value(0.04), p_value(None)) == ("<0.001", "0.040", "-")
    assert (clock(0), clock(61), clock(3661), clock(-5)) == ("0:00", "1:01", "1:01:01", "0:00")
    assert (took(0.44), took(35), took(125)) == ("0.4 s", "35 s", "2:05")
    assert (count(1, "row"), count(1200, "row")) == ("1 row", "1,200 rows")


def test_what_is_shipped_is_told_apart_from_what_the_ensemble_phase_chose() -> None:
    """The story ships one model where two were chosen."""
    same = [
        replace(one, chosen=not one.chosen) if isinstance(one, e.EnsembleCompared) else one
        for one in story()
    ]
    told = [
        "Not what was chosen in this phase" in " ".join(line for s in found for line in s.lines)
        for found in (sections(fold(story()), PROGRAM), sections(fold(same), PROGRAM))
    ]

    assert told == [True, False]
