"""``mle-star workflow show``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.engine.cli.conftest import Run

from mle_star.judge.combine import STRATEGIES

FLOW = """\
name: mine
variables: {steps: 2, unused: 1}
tasks:
- id: web_search_phase
- id: dataset_analysis
- {id: foundation_building, timeout: 90}
- {id: targeted_refinement, refinement_iterations: "${steps}", block: model, retries: 1}
- {id: validation_and_debugging, quality_threshold: 0.7, condition: "accuracy > 0.6", name: check}
settings: {maxConcurrency: 2}
"""


def test_the_default_graph_is_shown_as_an_aligned_table(run: Run) -> None:
    shown = run("workflow", "show")

    lines = shown.out.splitlines()
    assert shown.code == 0
    assert lines[0] == "MLE-STAR: 8 tasks"
    head = next(line for line in lines if "phase" in line)
    first = next(line for line in lines if "web_search_phase" in line)
    found = next(line for line in lines if line.strip().startswith("foundation_building"))
    assert head.split() == ["task", "phase", "after", "agents", "condition", "parameters"]
    assert head.index("after") == first.index("-  ") == found.index("web_search_phase,")
    assert "as --max-agents says" in shown.out
    assert "continue" in shown.out


def test_a_file_is_shown_with_all_it_changes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)

    out = run("workflow", "show", "--workflow", "flow.yaml", "--variables", '{"steps": 4}').out

    assert out.startswith("mine: 5 tasks\n")
    row = next(line for line in out.splitlines() if "targeted_refinement  " in line)
    assert "refinement_iterations 4, target_component model, retries 1" in row
    row = next(line for line in out.splitlines() if "validation_and_debugging" in line)
    assert "accuracy > 0.6" in row
    assert "Quality threshold  0.7" in out
    assert "Tasks at once      2" in out
    assert "timeout 90" in out
    assert "only describing, nothing is done with it: name" in out
    assert "variables that nothing uses: unused" in out


def test_what_is_printed_as_json_is_a_workflow_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)

    first = run("workflow", "show", "--workflow", "flow.yaml", "--json")
    (tmp_path / "again.json").write_text(first.out)
    again = run("workflow", "show", "--workflow", "again.json", "--json")

    assert first.code == again.code == 0
    assert again.json == first.json
    assert first.json["settings"] == {
        "maxConcurrency": 2,
        "failurePolicy": "continue",
        "quality_threshold": 0.7,
    }


def test_the_strategies_and_metrics_are_those_of_the_engine(run: Run, tmp_path: Path) -> None:
    flow = {
        "agents": [
            {
                "id": "ensemble_agent",
                "type": "architect",
                "config": {"ensemble_strategies": list(STRATEGIES)},
            }
        ],
        "variables": {"target_metric": "quadratic_kappa"},
    }
    (tmp_path / "flow.json").write_text(json.dumps(flow))

    shown = run("workflow", "show", "--workflow", "flow.json")

    assert shown.code == 0
    assert " + ".join(STRATEGIES) in shown.out


def test_a_file_with_problems_exits_2_with_every_line_of_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("taks: []\nsettings:\n  maxConcurrency: many\n")

    shown = run("workflow", "show", "--workflow", "flow.yaml")

    assert (shown.code, shown.out) == (2, "")
    assert "flow.yaml:1: the file: unknown key 'taks', did you mean tasks?" in shown.err
    assert "flow.yaml:3: settings: maxConcurrency must be a whole number" in shown.err
    assert "What to do:" in shown.err
    assert run("workflow", "show", "--workflow", "none.yaml").code == 2
    assert run("workflow", "show", "--variables", "{").code == 2
