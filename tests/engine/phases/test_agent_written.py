"""Models that hold agent-written code: whole ways through validation, deployment and serving."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.engine.phases.agent_code import HANGING, LIAR, agents, persons, pids
from tests.engine.phases.session_of import Scene, scene

from mle_star.bundle.bundle import load
from mle_star.errors import SandboxError, StateError
from mle_star.events import Noted
from mle_star.judge.cage.cage import Cage, find_cage
from mle_star.judge.evaluation import FitRequest
from mle_star.phases import deployment, reproduction, shipping, validation
from mle_star.phases.ensemble import combine_block
from mle_star.phases.validation import Validation
from mle_star.solution.solution import Ensemble, Solution
from mle_star.toolkit.ensemble import WeightedAverage


@pytest.fixture(scope="module")
def cage() -> Cage:
    try:
        return find_cage()
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, cage: Cage) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("agents"), cage=cage) as found:
        yield found


def validated(stage: Scene, ensemble: Ensemble) -> Validation:
    assert stage.best.score is not None
    return Validation(ensemble, stage.best.score)


def deployed(stage: Scene, ensemble: Ensemble, folder: Path, seconds: float = math.inf) -> None:
    deadline = stage.context.budget.clock() + seconds
    found = validated(stage, ensemble)
    deployment.run(stage.context, stage.prepared, found, folder, deadline, stage.stamp)


def judged(stage: Scene, solution: Solution) -> np.ndarray:
    everything = np.arange(len(stage.prepared.table))
    [found] = stage.context.judge.fit([FitRequest(solution, everything, everything)])
    assert found.predictions is not None
    return found.predictions


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside") / "canary"


@pytest.fixture(scope="module")
def shipped(stage: Scene, canary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agent's model, and a recipe's, averaged."""
    folder = tmp_path_factory.mktemp("shipped") / "model"
    recipe = stage.pair.members[1]
    ensemble = Ensemble((agents(canary), recipe), combine_block(WeightedAverage([0.75, 0.25])))
    deployed(stage, ensemble, folder)
    return folder


def expected(stage: Scene, canary: Path) -> np.ndarray:
    first, second = judged(stage, agents(canary)), judged(stage, stage.pair.members[1])
    return np.asarray(0.75 * first + 0.25 * second)


def predict_command(shipped: Path, stage: Scene, output: Path) -> list[str]:
    command = [sys.executable, "-m", "mle_star", "predict", "--model", str(shipped)]
    return [*command, "--dataset", str(stage.stamp.dataset), "--output", str(output)]


def test_a_fresh_process_that_trusts_it_predicts_what_was_judged(
    stage: Scene, shipped: Path, canary: Path
) -> None:
    source = f"""
import json
from mle_star.bundle.bundle import load
found = load({str(shipped)!r}, trust_code=True).predict_matrix({str(stage.stamp.dataset)!r})
print(json.dumps(found.tolist()))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True)

    np.testing.assert_allclose(json.loads(done.stdout), expected(stage, canary), atol=1e-9)
    assert pids(canary, "loaded")  # so the canary sings where nobody keeps the code in


def test_none_of_its_code_ran_in_the_engine(stage: Scene, shipped: Path, canary: Path) -> None:
    assert shipped.is_dir()
    assert os.getpid() not in pids(canary, "cells") | pids(canary, "loaded")


def test_its_code_was_run_again_and_gave_the_same(stage: Scene, shipped: Path) -> None:
    assert shipped.is_dir()
    (note,) = [e for e in stage.of(Noted) if "fitted again is within" in e.message]
    assert note.level == "info"


def test_manifest_and_card_say_what_an_agent_wrote(shipped: Path) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text())
    card = (shipped / "model_card.md").read_text()

    written = [{"member": "agent's", "block": role} for role in ("features", "model")]
    assert manifest["agent_written"] == written
    assert manifest["trust"] == "required"
    assert "blocks.json" in manifest["files"]
    assert "Written by an agent: features, model (of agent's)" in card
    assert "Loading the model runs that code" in card


def test_without_trust_it_is_not_loaded_in_python(shipped: Path) -> None:
    with pytest.raises(StateError, match="can run code"):
        load(shipped)


def test_predict_runs_it_in_the_sandbox_and_says_so(
    stage: Scene, shipped: Path, canary: Path, cage: Cage, tmp_path: Path
) -> None:
    before = pids(canary, "loaded")

    done = subprocess.run(
        predict_command(shipped, stage, tmp_path / "out.csv"), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert f"code that an agent wrote; it ran in the sandbox ({cage.name})" in done.stderr
    found = pd.read_csv(tmp_path / "out.csv")
    wanted = expected(stage, canary)
    np.testing.assert_allclose(found["probability_yes"], wanted[:, 1], atol=1e-9)
    assert pids(canary, "loaded") == before


def test_predict_without_a_sandbox_ends_with_status_6_and_a_remedy(
    stage: Scene, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLE_STAR_CAGE_WITHOUT", "bubblewrap,landlock,namespaces,seccomp")

    done = subprocess.run(
        predict_command(shipped, stage, tmp_path / "out.csv"), capture_output=True, text=True
    )

    assert done.returncode == 6
    assert "--allow-unsandboxed" in done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.fixture
def no_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out running solution.py, which one test has done."""
    monkeypatch.setattr(reproduction, "LONGEST_SCRIPT", 0.0)


def test_a_model_that_is_another_once_loaded_is_refused_and_the_early_one_stays(
    stage: Scene, tmp_path: Path
) -> None:
    hostile, folder = agents(tmp_path / "canary", LIAR), tmp_path / "model"
    early = (stage.context, stage.prepared, stage.best, folder, math.inf, stage.stamp)
    deployment.insurance(*early)

    with pytest.raises(StateError, match="something else"):
        deployed(stage, Ensemble((hostile,)), folder, 60)

    assert load(folder).manifest["members"] == ["linear"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_early_model_that_hangs_is_only_noted(
    stage: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "LONGEST_SECONDS", 3.0)
    evaluation = replace(stage.best, solution=agents(tmp_path / "canary", HANGING))
    early = (stage.context, stage.prepared, evaluation, tmp_path / "m", math.inf, stage.stamp)

    assert deployment.insurance(*early) == []
    assert not (tmp_path / "m").exists()
    assert "in the sandbox that failed: time limit of 3 s" in stage.of(Noted)[-1].message


@pytest.mark.usefixtures("no_script")
def test_validation_times_it_in_the_sandbox_and_without_time_to_fit_again_that_is_shipped(
    stage: Scene, canary: Path, tmp_path: Path
) -> None:
    solution = agents(canary)
    ensemble = Ensemble((solution,))
    context = stage.context
    found = validation.run(
        context, stage.choice(ensemble), stage.baseline, context.budget.share(1.0), stage.prepared
    )
    (latency,) = [gate for gate in found.gates if gate.name == "latency"]
    assert latency.verdict in ("pass", "warn")
    assert "ms" in latency.measured

    short = replace(found, fit_seconds=(1000.0,))
    deadline = context.budget.clock() + 10
    deployment.run(context, stage.prepared, short, tmp_path / "m", deadline, stage.stamp)

    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["training_rows"] == len(context.judge.splits.search)
    assert os.getpid() not in pids(canary, "loaded")


@pytest.mark.usefixtures("no_script")
def test_how_members_are_combined_may_be_an_agents_too(stage: Scene, tmp_path: Path) -> None:
    combine = combine_block(WeightedAverage([0.5, 0.5]))
    source = f"import os\nassert os.getpid() != {os.getpid()}\n{combine.source}"
    ensemble = replace(stage.pair, combine=replace(combine, source=source, foreign=True))

    deployed(stage, ensemble, tmp_path / "m", 60)

    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["agent_written"] == [{"member": "all", "block": "combine"}]
    assert manifest["trust"] == "none"
    assert len(load(tmp_path / "m").model.members) == 2


def test_a_run_without_a_sandbox_ships_nothing_of_an_agent(
    stage: Scene, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.context, "cage", None)

    with pytest.raises(SandboxError, match="has no sandbox"):
        deployed(stage, Ensemble((agents(canary),)), tmp_path / "m", 60)


@pytest.mark.usefixtures("no_script")
def test_a_persons_own_class_works_in_this_process(
    stage: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.context, "cage", None)
    solution = persons(tmp_path / "canary")

    deployed(stage, Ensemble((solution,)), tmp_path / "m", 60)

    found = load(tmp_path / "m", trust_code=True)
    np.testing.assert_allclose(
        found.predict_matrix(stage.stamp.dataset), judged(stage, solution), atol=1e-9
    )
    assert found.manifest["agent_written"] == []
    assert os.getpid() in pids(tmp_path / "canary", "loaded")
