"""``mle-star models``: versions are listed, promoted one at a time, and refused with a reason."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.engine.cli.conftest import Run, run

from mle_star.errors import StateError
from mle_star_memory.location import database
from mle_star_memory.opening import open_store
from mle_star_memory.versions import Version

__all__ = ["run"]


def register(session: str, *refusals: str) -> None:
    with open_store(database()) as store:
        store.add_version(
            Version(
                "churn", session, f"/models/{session}", 1.0, metric="roc_auc", score=0.8,
                model="m", refusals=list(refusals),
            )
        )  # fmt: skip


@pytest.fixture(autouse=True)
def bundles(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Models in their folders, all of them as they were registered."""
    manifest: dict[str, Any] = {"digest": "m"}
    monkeypatch.setattr(
        "mle_star.bundle.bundle.opened", lambda _: SimpleNamespace(manifest=manifest)
    )
    return manifest


def stages(run: Run) -> list[tuple[int, str]]:
    return [(one["number"], one["stage"]) for one in run("models", "list", "--json").json]


def test_before_any_run_there_are_none(run: Run) -> None:
    assert run("models", "list").code == 0
    asked = run("models", "show", "churn")

    assert asked.code == 2
    assert "no run has made one yet" in asked.err


def test_a_version_goes_from_stage_to_stage_and_one_in_production_makes_way(run: Run) -> None:
    register("s1")
    register("s2")

    assert run("models", "promote", "churn", "1").code == 0
    assert run("models", "promote", "churn", "1", "--note", "for June").code == 0
    assert stages(run) == [(1, "production"), (2, "experimental")]
    done = run("models", "promote", "churn", "--stage", "production")

    assert done.code == 0
    assert "churn 1: archived" in done.out
    assert "churn 2: production" in done.out
    assert stages(run) == [(1, "archived"), (2, "production")]
    shown = run("models", "show", "churn", "1").out
    assert "for June" in shown
    assert "version 2 took its place" in shown


def test_a_failed_gate_bars_production_but_not_staging(run: Run) -> None:
    register("s1", "gate quality failed: 0.8, asked for 0.9")

    assert run("models", "promote", "churn").code == 0
    refused = run("models", "promote", "churn")

    assert refused.code == 4
    assert "gate quality failed: 0.8, asked for 0.9" in refused.err
    assert "--force" in refused.err
    assert stages(run) == [(1, "staging")]


def test_a_hook_that_blocked_bars_staging_as_well(run: Run) -> None:
    register("s1", "hook mine: not on a Sunday")

    assert run("models", "promote", "churn").code == 4
    assert stages(run) == [(1, "experimental")]


def test_forced_it_goes_and_the_record_says_in_spite_of_what(run: Run) -> None:
    register("s1", "gate quality failed")

    done = run("models", "promote", "churn", "--stage", "production", "--force", "--note", "known")

    assert done.code == 0
    (version,) = run("models", "list", "--json").json
    assert version["stage"] == "production"
    assert version["changes"][0]["forced"] is True
    assert version["changes"][0]["why"] == "known; in spite of gate quality failed"


def test_what_needs_no_force_is_not_recorded_as_forced(run: Run) -> None:
    register("s1")

    run("models", "promote", "churn", "--force")

    assert run("models", "show", "churn", "--json").json["changes"][0]["forced"] is False


def test_a_model_that_is_not_what_was_registered_cannot_be_promoted_even_by_force(
    run: Run, bundles: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    register("s1")
    bundles["digest"] = "other"
    assert run("models", "promote", "churn", "--force").code == StateError.exit_code

    def gone(_: Path) -> None:
        raise StateError("it is gone")

    monkeypatch.setattr("mle_star.bundle.bundle.opened", gone)
    assert run("models", "promote", "churn", "--force").code == StateError.exit_code
    assert stages(run) == [(1, "experimental")]


def test_a_version_is_archived_and_can_come_back(run: Run) -> None:
    register("s1")

    assert run("models", "archive", "churn", "1", "--note", "old data").code == 0
    assert stages(run) == [(1, "archived")]
    assert "already" in run("models", "archive", "churn", "1").out
    assert run("models", "promote", "churn").code == 0
    assert stages(run) == [(1, "staging")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "price"), "there is no model 'price'; there are: churn"),
        (("promote", "churn", "7"), "has no version 7, it has 1 to 1"),
        (("promote", "churn", "0"), "counted from 1"),
        (("archive", "churn"), "VERSION"),
        (("promote", "churn", "--memory", "none"), "none"),
    ],
)
def test_what_cannot_be_meant_is_told(run: Run, words: tuple[str, ...], said: str) -> None:
    register("s1")

    done = run("models", *words)

    assert done.code == 2
    assert said in done.err


def test_promoting_to_where_it_is_says_so(run: Run) -> None:
    register("s1")
    run("models", "promote", "churn", "--stage", "production")

    assert "in production already" in run("models", "promote", "churn").err
