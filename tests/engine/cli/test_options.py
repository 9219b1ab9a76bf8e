"""What the options of a run do: to its tasks and workers, its output, its memory, its words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.engine.cli.background import COLUMNS, SMALL, Place, end
from tests.engine.cli.conftest import Ran, Run

from mle_star.cli.launch import Launch
from mle_star.eventlog import decode
from mle_star.events import SessionFinished
from mle_star.report.writer import ReportWriter
from mle_star_memory.location import home
from mle_star_memory.opening import open_store

PROPOSES = "the built-in agent proposes"
CLOSING = ("ensemble_creation", "validation_and_debugging", "model_deployment_prep")


@dataclass(frozen=True)
class Two:
    """The same run by one agent at a time, told as events, and by several, told in words."""

    place: Place
    alone: Ran
    together: Ran


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    place = Place(tmp_path_factory.mktemp("two"))
    place.workflow("improving only", leaving_out=CLOSING)
    usual = ("--evaluations", "4", "--refinement-iterations", "1", "--workflow", "workflow.json")
    variables = {"dataset_path": "shop.csv", "target_column": "label", "target_metric": "log_loss"}
    alone = place.begin(
        "run", *COLUMNS, *usual, "--max-agents", "1", "--output-format", "stream-json",
        "--variables", json.dumps(variables), "--memory", "none", "--output", "alone",
    )  # fmt: skip
    together = place.begin(
        "run", *SMALL, *usual, "--metric", "log_loss", "--memory", "past.json",
        "--output", "together",
    )  # fmt: skip
    return Two(place, end(alone), end(together))


def spans(events: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Of each task the places of its beginning and its end in the log."""
    begun = {e["task"]: i for i, e in enumerate(events) if e["type"] == "task_started"}
    ended = {e["task"]: i for i, e in enumerate(events) if e["type"] == "task_finished"}
    return {task: (place, ended[task]) for task, place in begun.items()}


@pytest.mark.slow
def test_several_agents_act_at_once_unless_only_one_may(two: Two) -> None:
    together = spans(two.place.events("together"))
    search, analysis = together["web_search_phase"], together["dataset_analysis"]
    assert search[0] < analysis[1]
    assert analysis[0] < search[1]

    alone = sorted(spans(two.place.events("alone")).values())
    assert all(end < begin for (_, end), (begin, _) in pairwise(alone))
    assert two.place.events("alone")[0]["settings"]["jobs"] == 1


@pytest.mark.slow
def test_the_result_does_not_depend_on_how_many_act_at_once(two: Two) -> None:
    found = [
        [
            (kind, event["of"], *(event.get(key) for key in ("digest", "score", "gain", "effect")))
            for event in two.place.events(output)
            if (kind := event["type"])
            in ("evaluation_finished", "ablation_measured", "proposal_judged", "step_finished")
        ]
        for output in ("alone", "together")
    ]

    assert found[0] == found[1]
    assert {kind for kind, *_ in found[0]} >= {"evaluation_finished", "ablation_measured"}
    codes = [
        (two.place.folder / output / "solution.py").read_text() for output in ("alone", "together")
    ]
    assert codes[0] == codes[1]


@pytest.mark.slow
def test_stream_json_is_the_log_line_by_line_and_nothing_else(two: Two, root: Path) -> None:
    lines = two.alone.out.splitlines()
    page = (root / "docs" / "events.md").read_text()
    events = [json.loads(line) for line in lines]

    assert (two.place.folder / "alone" / "events.jsonl").read_text() == two.alone.out
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[0]["type"] == "session_started"
    assert events[-1]["type"] == "session_finished"
    for line, event in zip(lines, events, strict=True):
        decode(line.encode())
        assert event["v"] == 1
        assert f"### {event['type']}\n" in page


@pytest.mark.slow
def test_variables_and_a_workflow_file_reach_the_run(two: Two) -> None:
    (started, *_) = events = two.place.events("alone")

    assert started["settings"]["dataset"] == "shop.csv"
    assert started["settings"]["targets"] == ["label"]
    assert started["settings"]["metric"] == "log_loss"
    assert set(spans(events)) == {
        "web_search_phase", "dataset_analysis", "foundation_building", "ablation_analysis",
        "targeted_refinement",
    }  # fmt: skip


@pytest.mark.slow
def test_a_run_is_remembered_where_it_is_asked_to_be_or_nowhere(two: Two) -> None:
    assert not (two.place.folder / "home").exists()
    assert json.loads((two.place.folder / "past.json").read_text())
    with open_store(two.place.folder / "past.json") as store:
        (session,) = store.sessions()
        assert store.records(session.id, "candidate")
    assert session.folder == str(two.place.folder / "together")
    assert session.status == "done"


@pytest.mark.slow
def test_a_run_says_once_who_proposes(two: Two) -> None:
    assert two.together.err.count(PROPOSES) == 1
    assert two.together.err.index("--claude") < two.together.err.index("dataset_analysis")
    assert PROPOSES not in two.together.out
    assert PROPOSES not in two.alone.err


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """What would be run, were it not left out."""
    found: list[Launch] = []

    def left_out(start: Launch, report: ReportWriter) -> int:
        found.append(start)
        report(SessionFinished(0, 0.0, {}))
        return 0

    monkeypatch.setattr("mle_star.cli.launch._run", left_out)
    monkeypatch.setattr("mle_star.cli.detach.subprocess.Popen", None)
    return found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], 1),
        (["--verbose"], 1),
        (["--no-claude-warning"], 0),
        (["--quiet"], 0),
        (["--output-format", "json"], 0),
        (["--output-format", "stream-json"], 0),
    ],
)
def test_who_proposes_is_said_unless_that_is_declined(
    run: Run, data: Path, launched: list[Launch], words: list[str], said: int
) -> None:
    done = run("run", "--dataset", data, "--target", "label", *words)

    assert done.code == 0
    assert done.err.count(PROPOSES) == len(done.err.splitlines()) == said


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["--max-agents", "2"], "max_agents", 2),
        ([], "max_agents", 6),
        (["--max-agents", "1"], "jobs", 1),
        (["--max-agents", "1", "--jobs", "3"], "jobs", 3),
        (["--no-chaining"], "chaining", False),
        (["--chaining"], "chaining", True),
        ([], "chaining", True),
        (["--timeout", "20000"], "timeout", 20.0),
        (["--timeout", "20000", "--preset", "best"], "seconds", 17.0),
        (["--variables", '{"max_training_time": 30}'], "seconds", 30.0),
        (["--variables", '{"max_training_time": 30}', "--time-budget", "40"], "seconds", 40.0),
        (["--variables", '{"refinement_iterations": 0}'], "refinement_iterations", 0),
        (["--variables", '{"experiment_name": "mine"}'], "name", "mine"),
        (["--variables", '{"model_output_dir": "deep/er"}'], "output", Path("deep/er")),
        (["--memory", "none"], "memory", "none"),
        (["--holdout", "0"], "holdout", 0.0),
        (["--holdout", "0.5"], "holdout", 0.5),
        ([], "holdout", None),
        (["--variables", '{"holdout_share": 0}'], "holdout", 0.0),
    ],
)
def test_options_reach_the_run(
    run: Run, data: Path, launched: list[Launch], words: list[str], key: str, value: Any
) -> None:
    run("run", "--dataset", data, "--target", "label", *words)

    (start,) = launched
    assert getattr(start.settings, key) == value


def test_a_quality_threshold_among_the_variables_is_the_workflows(
    run: Run, data: Path, launched: list[Launch]
) -> None:
    run("run", "--dataset", data, "--target", "label", "--variables", '{"quality_threshold": 0.99}')

    assert launched[0].workflow.settings.quality_threshold == 0.99


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--max-agents", "0"], "--max-agents"),
        (["--timeout", "0"], "--timeout"),
        (["--jobs", "0"], "--jobs"),
        (["--holdout", "-0.1"], "--holdout"),
        (["--holdout", "0.51"], "at most 0.5"),
        (["--holdout", "nan"], "--holdout"),
        (["--search-iterations", "0"], "iterations"),
        (["--refinement-iterations", "-1"], "iterations"),
        (["--variables", "{"], "--variables"),
        (["--variables", "[1]"], "--variables"),
        (["--variables", '{"quality_threshold": "high"}'], "quality_threshold"),
        (["--variables", '{"search_iterations": 0}'], "search_iterations"),
        (["--variables", '{"holdout_share": 0.6}'], "from 0 to 0.5"),
        (["--workflow", "none.json"], "none.json"),
        (["--workflow", "shop.csv"], "shop.csv"),
        (["--memory", " "], "--memory"),
        (["--chaining", "--no-chaining"], "--no-chaining"),
        (["--verbose", "--quiet"], "--quiet"),
        (["--interactive", "--non-interactive"], "--non-interactive"),
        (["--name", "a/b"], "--name"),
        (["--output", "shop.csv"], "--output"),
        (["--metric", "nonsense"], "nonsense"),
    ],
)
def test_what_an_option_cannot_be_is_refused_with_a_remedy_and_leaves_nothing(
    run: Run, data: Path, tmp_path: Path, launched: list[Launch], words: list[str], what: str
) -> None:
    for command in (["run"], ["run", "--detach"], ["ml", "mle-star", "action"]):
        done = run(*command, "--dataset", data, "--target", "label", *words)
        assert (done.code, done.out) == (2, "")
        assert what in done.err
        assert "What to do: " in done.err
        assert [path.name for path in tmp_path.iterdir()] == [data.name]
    assert launched == []


def test_a_word_that_is_no_option_value_is_refused(run: Run, data: Path, tmp_path: Path) -> None:
    for words in (["--output-format", "xml"], ["--max-agents", "some"], ["--timeout", "1.5"]):
        done = run("run", "--dataset", data, "--target", "label", *words)
        assert (done.code, done.out) == (2, "")
        assert words[0] in done.err
    assert [path.name for path in tmp_path.iterdir()] == [data.name]


def test_a_bug_is_logged_whatever_the_words_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("mle_star.cli.sessions.execute", fail)
    done = run("sessions", "--memory", "bad\udcff.sqlite3")

    assert done.code == 1
    assert "this is a bug" in done.err
    assert "mle-star sessions --memory bad?.sqlite3" in (home() / "crash.log").read_text()
