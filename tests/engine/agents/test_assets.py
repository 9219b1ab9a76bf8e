"""The files that travel with the engine are found in a wheel and in a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mle_star.agents.assets import asset_folder


def test_an_installed_wheel_holds_them_beside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "mle_star"
    inside = package / "_data" / "knowledge"
    inside.mkdir(parents=True)

    assert asset_folder("knowledge", package) == inside


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("agents", "agents"),
        ("knowledge", "memory/knowledge"),
        ("claude-flow", "commands/claude-flow"),
    ],
)
def test_a_checkout_holds_them_in_their_rooms(tmp_path: Path, name: str, where: str) -> None:
    package = tmp_path / "engine" / "mle_star"
    package.mkdir(parents=True)
    (tmp_path / where).mkdir(parents=True)

    assert asset_folder(name, package) == tmp_path / where


def test_an_incomplete_installation_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="install mle-star again"):
        asset_folder("agents", tmp_path / "lib" / "mle_star")
