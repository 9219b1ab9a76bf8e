"""An office for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.agents.language.office import Office, Script


@pytest.fixture
def office(tmp_path: Path) -> Callable[..., Office]:
    def opened(answers: Script, **options: Any) -> Office:
        return Office(tmp_path, answers, **options)

    return opened
