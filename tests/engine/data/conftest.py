"""Small files to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of text or bytes and give its path."""

    def _write(content: str | bytes, name: str = "data.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return _write


@pytest.fixture
def rows() -> Callable[..., str]:
    """A table of `n` good rows with the columns a, b, y under the given delimiter."""

    def _rows(n: int = 40, delimiter: str = ",", header: str = "a,b,y") -> str:
        lines = [header.replace(",", delimiter)]
        lines += [delimiter.join([str(i * 7 % 11), f"w{i % 3}", "yn"[i % 2]]) for i in range(n)]
        return "\n".join(lines) + "\n"

    return _rows
