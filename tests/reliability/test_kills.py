"""A run that is killed goes on to the same end, and does nothing finished again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.cli.conftest import write_data
from tests.reliability.story import Story
from tests.reliability.whole import Whole

from mle_star.errors import UsageError
from mle_star.session.folder import claim
from mle_star.session.settings import resolve
from mle_star_memory.sqlite_store import SqliteStore

pytestmark = pytest.mark.slow

KILLED = ("evaluation_finished", "step_finished", "gate_measured", "session_finished")


@pytest.mark.parametrize("kind", KILLED)
def test_a_run_is_killed_right_after_an_event(troubled: Story, kind: str) -> None:
    step = troubled[kind]

    assert (step.ended.code, step.last) == (-9, kind)


@pytest.mark.parametrize("step", [*KILLED, "random"])
def test_the_workers_of_a_killed_engine_end_with_it(troubled: Story, step: str) -> None:
    assert troubled[step].ended.code == -9
    assert troubled[step].left == []


def test_a_run_killed_again_and_again_ends_like_the_undisturbed_one(
    troubled: Story, whole: Whole
) -> None:
    whole.assert_same(troubled.folder, troubled["end"].ended.code)


def test_being_told_otherwise_takes_nothing_back(troubled: Story) -> None:
    before, after = troubled["gate_measured"].kinds, troubled["session_finished"].kinds

    assert after["session_resumed"] - before["session_resumed"] == 1


def test_a_run_killed_right_at_its_end_is_told_of_all_the_same(troubled: Story) -> None:
    assert {"summary.md", "result.json", "leaderboard.csv"} <= set(troubled["end"].there)
    with SqliteStore(troubled.folder / "home" / "memory.sqlite3") as store:
        (session,) = store.sessions()

    assert (session.status, session.exit_code) == ("done", troubled["end"].ended.code)


def test_a_folder_whose_run_never_began_can_be_used_again(tmp_path: Path) -> None:
    data, out = write_data(tmp_path / "shop.csv"), tmp_path / "out"
    given = {"dataset": str(data), "target": "label", "output": str(out)}
    claim(resolve(given, cores=2)).lock.close()  # and then it was killed
    (out / ".workflow.json.1.partial").touch()

    folder = claim(resolve(given, cores=2))
    folder.events.write_text("begun")
    folder.lock.close()

    with pytest.raises(UsageError, match="is not empty"):
        resolve(given, cores=2)
