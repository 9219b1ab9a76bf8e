"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mle_star.errors import StateError
from mle_star.files import read_json, sha256, to_json, write_bytes, write_json, write_text


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a" / "b.json", {"x": np.float64(0.5), "y": np.arange(2)})

    assert read_json(path) == {"x": 0.5, "y": [0, 1]}


def test_numbers_that_are_none_become_null() -> None:
    assert to_json({"a": float("nan"), "b": float("inf"), 3: Path("p")}) == (
        b'{"a":null,"b":null,"3":"p"}'
    )


def test_a_failed_write_leaves_the_old_content_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_text(tmp_path / "file", "old")
    monkeypatch.setattr("mle_star.files.os.fsync", _disk_full)

    with pytest.raises(StateError, match="No space left") as caught:
        write_text(path, "new")

    assert caught.value.exit_code == 8
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_in_the_way_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match="cannot write"):
        write_bytes(tmp_path / "file" / "below", b"")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_damaged_json_is_a_state_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)

    with pytest.raises(StateError, match=r"x\.json"):
        read_json(tmp_path / "x.json")


def test_a_digest_is_that_of_the_content(tmp_path: Path) -> None:
    path = write_text(tmp_path / "x", "abc")

    assert sha256(path).startswith("ba7816bf8f01cfea")


def _disk_full(_: int) -> None:
    raise OSError(28, "No space left on device")
