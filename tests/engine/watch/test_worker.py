"""What leads to a run, and what becomes of requests whatever happens."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.engine.watch.project import Project

from mle_star.errors import UsageError
from mle_star.watch.known import Known
from mle_star.watch.place import Place
from mle_star.watch.queue import waiting
from mle_star.watch.worker import Asked


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path.resolve())
    _aged(found.data)
    return found


def _aged(path: Path) -> None:
    """A file that was left alone for a while."""
    old = time.time() - 60
    os.utime(path, (old, old))


def _change(project: Project, text: str = "a,label\n2,y\n") -> None:
    project.data.write_text(text)
    _aged(project.data)


def _warm(project: Project, number: int = 0) -> str:
    words = project.runs[number]
    return Path(words[words.index("--warm") + 1]).name


def test_data_that_nothing_ran_on_leads_to_a_first_run(project: Project) -> None:
    project.work(Asked(str(project.data), "label", ("--seed", "7")))

    assert len(project.runs) == 1
    assert project.runs[0][:7] == [
        "run", "--dataset", str(project.data), "--target", "label", "--seed", "7",
    ]  # fmt: skip


def test_changed_data_leads_to_a_run_from_the_newest_session(project: Project) -> None:
    project.session("old")
    project.session("new")
    _change(project)

    project.work()

    assert [_warm(project)] == ["new"]
    assert waiting(project.place.queue) == []


def test_data_that_was_only_touched_leads_to_none(project: Project) -> None:
    project.session("old")
    os.utime(project.data, (time.time() - 5, time.time() - 5))

    project.work()

    assert project.runs == []


def test_data_that_changes_during_a_run_leads_to_another(project: Project) -> None:
    project.session("old")
    _change(project)
    project.during = lambda: _change(project, "a,label\n3,z\n")

    project.work()

    assert len(project.runs) == 2


def test_requests_for_the_same_are_one_run_and_others_their_own(project: Project) -> None:
    project.session("one")
    project.session("two")
    for session in ("one", "two", "one"):
        project.ask(session=session, path=str(project.root / "models" / session / "solution.py"))

    project.work()

    assert [_warm(project, number) for number in range(len(project.runs))] == ["one", "two"]


def test_an_edited_solution_is_handed_over_and_an_edited_workflow_used(project: Project) -> None:
    folder = project.session("one")
    project.ask(session="one", path=str(folder / "candidates" / "01.py"))
    project.ask(session="one", path=str(folder / "workflow.json"))

    project.work()

    words = project.runs[0]
    assert words[words.index("--candidate") + 1] == str(folder / "candidates" / "01.py")
    assert words[words.index("--workflow") + 1] == str(folder / "workflow.json")


def test_a_hook_that_tells_of_data_and_the_watch_that_sees_it_are_one_run(project: Project) -> None:
    project.session("one")
    _change(project)
    project.ask(session="one", dataset=str(project.data), path=str(project.data))

    project.work()

    assert len(project.runs) == 1


def test_a_request_about_data_that_was_seen_needs_no_run(project: Project) -> None:
    project.session("one")
    project.ask(session="one", dataset=str(project.data), path=str(project.data))

    project.work()

    assert project.runs == []
    assert project.kinds == ["needless"]
    assert waiting(project.place.queue) == []


@pytest.mark.parametrize(
    "request_",
    [
        {"session": "unknown"},
        {"session": None, "dataset": "/etc/passwd"},
        {"session": "one", "dataset": "other.csv"},
    ],
)
def test_a_request_that_is_about_nothing_here_is_put_aside(
    project: Project, request_: dict[str, str | None]
) -> None:
    project.session("one")
    name = project.ask(**request_)

    project.work()

    assert project.kinds == ["refused"]
    assert (project.place.queue / "refused" / f"{name}.json").is_file()
    assert project.runs == []


def test_sessions_of_other_projects_are_none_of_ours(project: Project, tmp_path: Path) -> None:
    project.session("one")
    elsewhere = Known(tmp_path / "elsewhere", project.known.memory)

    assert elsewhere.sessions() == []


def test_a_run_that_fails_is_told_with_its_reason_and_not_tried_again(project: Project) -> None:
    project.session("one")
    _change(project)
    project.codes = [3]

    code = project.work()

    assert code == 3
    assert len(project.runs) == 1
    assert ("failed", "no model: data.csv has no column 'label'") in project.told
    assert waiting(project.place.queue) == []


def test_after_a_failure_the_watch_goes_on_with_the_next_request(project: Project) -> None:
    project.session("one")
    project.session("two")
    project.codes = [3]
    project.ask(session="one", path="solution.py")
    project.ask(session="two", path="solution.py")

    project.work()

    assert [_warm(project, number) for number in range(len(project.runs))] == ["one", "two"]


def test_a_worker_that_is_killed_loses_no_request_and_its_run_is_gone_on_with(
    project: Project,
) -> None:
    project.session("one")
    name = project.ask(session="one", path="solution.py")

    def kill() -> None:
        (project.root / "models" / "run1").mkdir()
        (project.root / "models" / "run1" / "events.jsonl").write_text("{}\n")
        raise RuntimeError("killed")

    project.during = kill
    with pytest.raises(RuntimeError):
        project.work()
    assert [path.stem for path in waiting(project.place.queue)] == [name]
    project.during = lambda: None

    project.work()

    assert project.runs[1][:2] == ["resume", str(project.root / "models" / "run1")]
    assert len(project.runs) == 2
    assert waiting(project.place.queue) == []
    assert not project.place.current.exists()


def test_a_worker_that_was_killed_before_its_run_began_begins_it(project: Project) -> None:
    project.session("one")
    project.ask(session="one", path="solution.py")
    project.place.work.mkdir(parents=True)
    project.place.current.write_text('{"requests": [], "session": "x", "folder": "/nowhere"}')

    project.work()

    assert [_warm(project)] == ["one"]


def test_a_run_that_somebody_stopped_is_not_begun_again(project: Project) -> None:
    project.session("one")
    project.ask(session="one", path="solution.py")
    project.codes = [130]

    assert project.work() == 130

    assert len(project.runs) == 1
    assert "stopped" in project.kinds
    assert waiting(project.place.queue) == []


def test_a_second_worker_is_told_who_the_first_is(tmp_path: Path) -> None:
    place = Place(tmp_path)
    lock = place.lock()

    with pytest.raises(UsageError, match=rf"process {os.getpid()} watches .* for \d+ s"):
        place.lock()

    lock.close()
    place.lock().close()


def test_without_a_store_there_is_no_watch(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no last session"):
        Known(tmp_path, "none")
