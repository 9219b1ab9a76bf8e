"""The watch as a person starts it: real data, real runs, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.engine.cli.background import PATIENCE, Place, end
from tests.engine.cli.conftest import Ran

from mle_star.session.lock import holder

_OPTIONS = ("--dataset", "d.csv", "--target", "label", "--jobs", "1", "--refinement-iterations")
_LEFT_OUT = ("ablation_analysis", "ensemble_creation", "model_deployment_prep")
SMALL = (*_OPTIONS, "0", "--evaluations", "1", "--no-hooks")


def write(path: Path, rows: int) -> None:
    """Rows of one kind, the first ones always the same; from 200 on another rule holds."""
    rng = np.random.default_rng(0)
    a, b, noise = rng.normal(size=(3, 420))[:, :rows]
    late = np.arange(rows) >= 200
    label = np.where(a + np.where(late, -b, b) + 0.5 * noise > 0, "yes", "no")
    a = a + 2.0 * late
    lines = [f"{a[i]:.5f},{b[i]:.5f},{label[i]}" for i in range(rows)]
    text = "\n".join(["a,b,label", *lines, ""])
    path.write_text(text)
    os.utime(path, (time.time() - 60, time.time() - 60))


def lines_of(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


@dataclass
class Changed:
    """A first run, and what a watch did when the data had grown."""

    place: Place
    first: Ran
    second: Ran

    def result(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            (self.place.folder / "models" / name / "result.json").read_text()
        )
        return found


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    with Place(tmp_path_factory.mktemp("changed").resolve()) as place:
        write(place.folder / "d.csv", 200)
        place.workflow("short", leaving_out=_LEFT_OUT)
        first = place.called("watch", *SMALL, "--once", "--json", *_short(place))
        write(place.folder / "d.csv", 420)
        second = place.called("watch", "--once", "--json")
        yield Changed(place, first, second)


def _short(place: Place) -> Sequence[str]:
    return ("--workflow", str(place.folder / "workflow.json"))


@pytest.mark.slow
def test_changed_data_leads_to_a_judged_session_that_names_drift_and_gain(changed: Changed) -> None:
    assert changed.second.code in (0, 4), changed.second.out
    told = lines_of(changed.second)
    drift = [line["text"] for line in told if line["what"] == "drift"]
    result = changed.result("d-label-2")

    assert "420 rows, 200 before: 220 added, 0 removed" in drift[0]
    assert "'a': median" in drift[1]
    assert result["parent"] == changed.result("d-label")["session"]
    assert result["drift"]["drift"]["drifted"][0]["column"] == "a"
    gain = result["gain"]
    assert gain["kind"] == "models"
    assert 30 <= gain["rows"] < result["splits"]["holdout"]
    assert gain["low"] <= gain["gain"] <= gain["high"]
    assert gain["gain"] == pytest.approx(gain["score"] - gain["last"])
    assert gain["gain"] > 0  # the old model never saw the rule of later rows


@pytest.mark.slow
def test_the_report_names_drift_and_gain_in_words(changed: Changed) -> None:
    summary = (changed.place.folder / "models" / "d-label-2" / "summary.md").read_text()
    parent = changed.result("d-label")["session"]

    assert f"Since session {parent}" in summary
    assert "220 added" in summary
    assert "Gain over the last model: +" in summary
    assert "its model as it was shipped, and this one fitted without" in summary


@pytest.mark.slow
def test_the_solutions_of_the_last_session_are_judged_first(changed: Changed) -> None:
    first, second = changed.result("d-label"), changed.result("d-label-2")
    members = {member["digest"] for member in first["members"]}

    assert members <= {entry["digest"] for entry in second["leaderboard"]}
    assert second["settings"]["evaluations"] == 1  # an option of the last session


@pytest.mark.slow
def test_a_watch_with_nothing_to_do_says_so_and_ends(changed: Changed) -> None:
    again = changed.place.called("watch", "--once", "--json")
    listed = changed.place.called("watch", "--list")

    assert again.code == 0
    assert [line["what"] for line in lines_of(again)] == ["watching"]
    assert "nothing is asked for" in listed.out


@pytest.mark.proof
def test_a_target_that_went_away_is_told_and_the_watch_goes_on(changed: Changed) -> None:
    path = changed.place.folder / "d.csv"
    kept = path.read_text()
    path.write_text("a,b\n1,2\n")
    os.utime(path, (time.time() - 60, time.time() - 60))

    ran = changed.place.called("watch", "--once", "--json")

    path.write_text(kept)
    failed = next(line for line in lines_of(ran) if line["what"] == "failed")
    assert ran.code == 3
    assert "no column 'label'" in failed["why"]
    assert not (changed.place.folder / "models" / "d-label-3").exists()


@dataclass
class Watch:
    """A watch in a process of its own."""

    place: Place
    process: subprocess.Popen[str]

    def until(self, what: str) -> dict[str, Any]:
        """Read on to a line of a kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found: dict[str, Any] = json.loads(line)
            if found["what"] == what:
                return found
        raise AssertionError(f"no {what}")


def _begun(place: Place, evaluations: str = "20") -> Watch:
    words = (*_OPTIONS, "0", "--evaluations", evaluations)
    process = place.begin("watch", *words, "--json", "--no-hooks")
    return Watch(place, process)


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


@pytest.mark.proof
def test_ctrl_c_stops_the_run_cleanly_and_the_next_watch_goes_on_with_it(tmp_path: Path) -> None:
    with Place(tmp_path.resolve()) as place:
        write(place.folder / "d.csv", 200)
        watch = _begun(place, "1")
        session = watch.until("session")["session"]
        family = _family(psutil.Process(watch.process.pid))
        watch.process.send_signal(signal.SIGINT)
        ended = end(watch.process)

        assert ended.code == 130
        assert "goes on with its run" in ended.out
        assert psutil.wait_procs(family, timeout=10)[1] == []

        again = place.ran("watch", "--once", "--json")

        told = lines_of(again)
        assert [x["session"] for x in told if x["what"] == "resumed"] == [session]
        assert not (place.folder / "models" / "d-label-2").exists()
        assert (place.folder / "models" / "d-label" / "summary.md").is_file()


@pytest.mark.proof
def test_a_watch_that_is_killed_leaves_no_engine_and_loses_no_request(tmp_path: Path) -> None:
    with Place(tmp_path.resolve()) as place:
        write(place.folder / "d.csv", 200)
        watch = _begun(place, "1")
        session = watch.until("session")["session"]
        family = _family(psutil.Process(watch.process.pid))
        watch.process.kill()
        watch.process.communicate(timeout=PATIENCE)

        assert psutil.wait_procs(family, timeout=15)[1] == []
        assert len(list((place.folder / ".mle-star" / "queue").glob("*.json"))) == 1

        again = place.ran("watch", "--once", "--json")

        assert again.code in (0, 4)
        assert [x["session"] for x in lines_of(again) if x["what"] == "resumed"] == [session]
        assert list((place.folder / ".mle-star" / "queue").glob("*.json")) == []


@pytest.mark.proof
def test_a_request_is_cancelled_with_its_run_and_the_watch_goes_on(tmp_path: Path) -> None:
    with Place(tmp_path.resolve()) as place:
        write(place.folder / "d.csv", 200)
        watch = _begun(place)
        watch.until("session")
        listed = place.called("watch", "--list", "--json").json

        cancelled = place.called("watch", "--cancel", listed["current"]["requests"][0])

        assert cancelled.code == 0, cancelled.err
        watch.until("stopped")
        assert holder(place.folder / "models" / "d-label") is None
        assert watch.process.poll() is None
        assert place.called("watch", "--list", "--json").json["current"] is None
        watch.process.send_signal(signal.SIGINT)
        assert end(watch.process).code == 130


@pytest.mark.proof
def test_a_run_that_is_stopped_from_another_terminal_is_not_begun_again(tmp_path: Path) -> None:
    with Place(tmp_path.resolve()) as place:
        write(place.folder / "d.csv", 200)
        watch = _begun(place)
        watch.until("session")

        assert place.called("stop", "d-label").code == 0

        watch.until("stopped")
        assert list((place.folder / ".mle-star" / "queue").glob("*.json")) == []
        watch.process.send_signal(signal.SIGINT)
        assert end(watch.process).code == 130


@pytest.mark.proof
def test_an_edited_solution_is_judged_in_a_new_session(changed: Changed) -> None:
    place = changed.place
    folder = place.folder / "models" / "d-label"
    solution = folder / "solution.py"
    kept = solution.read_text()
    solution.write_text(kept.replace("def model(", "X_MARK = 1\n\n\ndef model(", 1))
    parent = changed.result("d-label")["session"]
    queue = place.folder / ".mle-star" / "queue"
    request = {"reason": "solution.py was edited", "session": parent, "path": str(solution)}
    (queue / "1-1.json").write_text(json.dumps(request))

    ran = place.called("watch", "--once", "--json", "--evaluations", "3")

    solution.write_text(kept)
    assert ran.code in (0, 4), ran.out
    told = lines_of(ran)
    name = Path(next(x["folder"] for x in told if x["what"] == "session")).name
    result = changed.result(name)
    assert result["parent"] == parent
    edited = [x for x in result["leaderboard"] if x["name"] == "solution.py (edited)"]
    assert len(edited) == 1
    assert edited[0]["score"] is not None
