"""Files whose content changed, however that came about."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mle_star.watch.changes import Changes


@dataclass
class Watch:
    """Looks at one file by a clock that is turned by hand."""

    path: Path
    clock: float = 1_000_000.0
    lost: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.changes = Changes(lambda: self.clock, self.lost.append, quiet=2.0)

    def write(self, text: str) -> None:
        self.path.write_text(text)
        os.utime(self.path, (self.clock, self.clock))

    def look(self, after: float = 0.0) -> int:
        self.clock += after
        return len(self.changes.look([self.path]))


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "data.csv")


def test_a_file_that_lies_there_for_long_is_given_at_once_and_once(watch: Watch) -> None:
    watch.write("a")

    assert watch.look(after=60.0) == 1
    assert watch.look(after=60.0) == 0


def test_a_file_that_is_still_being_written_is_waited_for(watch: Watch) -> None:
    watch.write("a")
    watch.look(after=60.0)
    for number in range(5):
        watch.write("a" * (number + 2))
        assert watch.look(after=1.0) == 0
        assert watch.changes.unsettled

    assert watch.look(after=2.0) == 1
    assert not watch.changes.unsettled


def test_a_file_that_was_just_written_is_waited_for_at_the_first_look(watch: Watch) -> None:
    watch.write("a")

    assert watch.look() == 0
    assert watch.look(after=2.5) == 1


def test_a_file_that_is_replaced_by_another_of_its_size_and_time_is_seen(watch: Watch) -> None:
    watch.write("a")
    watch.look(after=60.0)
    other = watch.path.with_name("other")
    other.write_text("b")
    os.utime(other, (watch.clock - 60.0, watch.clock - 60.0))
    other.replace(watch.path)

    assert watch.look() == 0
    assert watch.look(after=2.0) == 1


def test_a_file_that_goes_away_is_told_once_and_seen_when_it_is_back(watch: Watch) -> None:
    watch.write("a")
    watch.look(after=60.0)
    watch.path.unlink()
    assert [watch.look(after=1.0) for _ in range(3)] == [0, 0, 0]
    assert watch.lost == [watch.path]
    watch.write("a")

    assert watch.look(after=2.0) == 1


def test_a_folder_that_appears_later_is_no_hindrance(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "later" / "data.csv")
    assert watch.look() == 0
    assert watch.lost == []
    watch.path.parent.mkdir()
    watch.write("a")

    assert watch.look(after=2.0) == 1


def test_a_file_of_the_future_is_no_riddle(watch: Watch) -> None:
    watch.write("a")
    os.utime(watch.path, (watch.clock + 1e6, watch.clock + 1e6))

    assert watch.look() == 0
    assert watch.look(after=2.0) == 1
