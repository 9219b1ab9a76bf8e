"""The undisturbed run, and one that meets with mishaps, begun beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tests.reliability.troubled
import tests.reliability.whole
from tests.reliability.story import Story
from tests.reliability.whole import Whole

_STORIES: dict[str, Callable[[Path], Any]] = {
    "troubled": tests.reliability.troubled.tell,
    "whole": tests.reliability.whole.tell,
}


@pytest.fixture(scope="session")
def _begun(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Any]]]:
    """All that the tests to be run ask for: a run uses one core for most of its time."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    with ThreadPoolExecutor() as lanes:
        yield {
            name: lanes.submit(tell, tmp_path_factory.mktemp(name))
            for name, tell in _STORIES.items()
            if name in wanted
        }


@pytest.fixture(scope="session")
def whole(_begun: Mapping[str, Future[Whole]]) -> Whole:
    """The undisturbed run."""
    return _begun["whole"].result()


@pytest.fixture(scope="session")
def troubled(_begun: Mapping[str, Future[Story]]) -> Story:
    """A run that was killed, interrupted, starved and torn, and ended."""
    return _begun["troubled"].result()
