"""The launcher for claude-flow: where it goes, what it leaves alone, and how it goes again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mle_star.cli.main import main
from mle_star.install import claude_flow
from mle_star.install.engine_command import EngineCommand, engine_command

LINK = "../claude-flow/bin/claude-flow.js"


def _package(modules: Path, version: str = "2.7.47", program: str = "bin/claude-flow.js") -> Path:
    folder = modules / "claude-flow"
    (folder / program).parent.mkdir(parents=True)
    (folder / program).write_text("#!/usr/bin/env node\n")
    facts = {"name": "claude-flow", "version": version, "bin": {"claude-flow": program}}
    (folder / "package.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs of a project with claude-flow, in which this process works."""
    project = tmp_path / "project"
    folder = project / "node_modules" / ".bin"
    folder.mkdir(parents=True)
    _package(folder.parent)
    (folder / "claude-flow").symlink_to(LINK)
    monkeypatch.chdir(project)
    monkeypatch.setenv("PATH", "/usr/bin")
    return folder


def _tree(folder: Path) -> dict[str, str | bytes]:
    """All that lies in a folder: links by what they hold, files by their bytes."""
    return {
        str(path.relative_to(folder)): _link(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _link(path: Path) -> str:
    """What a link holds, byte for byte."""
    return os.readlink(path)  # noqa: PTH115 - a Path would tidy it up


def _call(words: str) -> int:
    return main([*words.split(" ")])


@pytest.mark.parametrize("below", ["", "src/deep"])
def test_in_a_project_it_takes_the_place_of_npms_link_and_gives_it_back_byte_for_byte(
    bin_folder: Path, capfd: pytest.CaptureFixture[str], below: str
) -> None:
    before = _tree(Path.cwd())
    (Path.cwd() / below).mkdir(parents=True, exist_ok=True)
    os.chdir(Path.cwd() / below)

    assert _call("install claude-flow") == 0

    program = bin_folder / "claude-flow"
    said = capfd.readouterr()
    assert said.out == f"{program}\n"
    assert said.err.startswith(f"Writing the launcher {program} in place of npm's link to {LINK}\n")
    assert f"claude-flow 2.7.47 in {bin_folder.parent / 'claude-flow'}, as before" in said.err
    assert not program.is_symlink()
    assert program.stat().st_mode & 0o111 == 0o111

    assert _call("uninstall claude-flow") == 0

    assert f"npm's link to {LINK} stands there again" in capfd.readouterr().err
    assert _tree(bin_folder.parent.parent) == before


def test_installed_twice_it_still_knows_the_link(bin_folder: Path) -> None:
    before = _tree(Path.cwd())

    assert [_call("install claude-flow") for _ in range(2)] == [0, 0]
    assert _call("uninstall claude-flow") == 0

    assert _tree(Path.cwd()) == before


def test_in_a_folder_that_was_chosen_nothing_else_is_touched(
    tmp_path: Path, bin_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, own = _tree(Path.cwd()), tmp_path / "own"
    own.mkdir()

    assert _call(f"install claude-flow --into {own}") == 0

    assert f'{own} is not on your PATH: export PATH="{own}:$PATH"' in capfd.readouterr().err
    assert [path.name for path in own.iterdir()] == ["claude-flow"]
    assert _tree(Path.cwd()) == before
    assert _call(f"uninstall claude-flow --into {own}") == 0
    assert list(own.iterdir()) == []


def test_it_says_whether_its_name_alone_reaches_it(
    tmp_path: Path,
    bin_folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    for folder in (own, other):
        folder.mkdir()
    program = other / "claude-flow"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    said = []
    for path in (f"{other}:{own}", f"{own}:{other}"):
        monkeypatch.setenv("PATH", path)
        _call(f"install claude-flow --into {own}")
        said.append(capfd.readouterr().err)

    assert f"claude-flow on your PATH is still {program}: put {own} before it" in said[0]
    assert "claude-flow on your PATH is this one" in said[1]


def test_it_is_found_on_path_to_be_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("PATH", f"/usr/bin:{own}")
    _call(f"install claude-flow --into {own}")

    assert _call("uninstall claude-flow") == 0

    assert list(own.iterdir()) == []


def test_of_several_the_user_chooses(
    tmp_path: Path,
    bin_folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _call("install claude-flow")
    _call(f"install claude-flow --into {tmp_path}")

    assert _call("uninstall claude-flow") == 2

    said = capfd.readouterr().err
    assert f"{bin_folder / 'claude-flow'}, {tmp_path / 'claude-flow'}" in said
    assert "choose with --into" in said


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ("a file", "is neither npm's link nor a launcher of ours, and is left as it is"),
        ("a folder", "is neither npm's link nor a launcher of ours, and is left as it is"),
        ("a foreign link", "leads to /usr/bin/env, no claude-flow"),
    ],
)
@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_what_is_not_ours_is_left_as_it_is(
    bin_folder: Path, capfd: pytest.CaptureFixture[str], stands: str, said: str, command: str
) -> None:
    program = bin_folder / "claude-flow"
    program.unlink()
    if stands == "a file":
        program.write_text("#!/bin/sh\necho mine\n")
    elif stands == "a folder":
        program.mkdir()
    else:
        program.symlink_to("/usr/bin/env")
    before = _tree(Path.cwd())

    assert _call(f"{command} claude-flow") == 2

    assert (said if command == "install" else "there is no launcher of ours") in (
        capfd.readouterr().err
    )
    assert _tree(Path.cwd()) == before


@pytest.mark.parametrize("where", ["", "--into nowhere"])
def test_without_a_place_for_it_nothing_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.chdir(tmp_path)

    assert _call(f"install claude-flow {where}".strip()) == 2

    said = capfd.readouterr().err
    assert ("make it first: mkdir -p" if where else "give --into FOLDER") in said
    assert list(tmp_path.iterdir()) == []


def test_a_node_modules_above_the_repository_or_at_home_is_not_the_projects(
    tmp_path: Path,
) -> None:
    (tmp_path / "node_modules" / ".bin").mkdir(parents=True)
    inner = tmp_path / "repository" / "src"
    inner.mkdir(parents=True)
    nowhere = tmp_path / "elsewhere"

    assert claude_flow.project_folder(inner, nowhere) == tmp_path / "node_modules" / ".bin"
    assert claude_flow.project_folder(inner, tmp_path) is None
    (inner.parent / ".git").mkdir()
    assert claude_flow.project_folder(inner, nowhere) is None


def test_after_an_upgrade_that_moved_the_program_the_link_leads_to_where_it_is(
    bin_folder: Path,
) -> None:
    _call("install claude-flow")
    shutil.rmtree(bin_folder.parent / "claude-flow")
    _package(bin_folder.parent, "3.43.0", "bin/cli.js")

    assert _call("uninstall claude-flow") == 0

    assert _link(bin_folder / "claude-flow") == "../claude-flow/bin/cli.js"


def test_after_claude_flow_was_removed_no_dead_link_is_left(
    bin_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _call("install claude-flow")
    shutil.rmtree(bin_folder.parent / "claude-flow")

    assert _call("uninstall claude-flow") == 0

    assert "claude-flow has been removed since" in capfd.readouterr().err
    assert list(bin_folder.iterdir()) == []


def test_a_link_that_npm_has_put_back_is_not_taken_for_the_launcher(
    bin_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _call("install claude-flow")
    (bin_folder / "claude-flow").unlink()
    (bin_folder / "claude-flow").symlink_to(LINK)

    assert _call("uninstall claude-flow") == 2

    assert "there is no launcher of ours: in this project or on PATH" in capfd.readouterr().err
    assert _link(bin_folder / "claude-flow") == LINK


def test_a_global_claude_flow_is_warned_about_its_upgrades(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    _package(tmp_path / "lib" / "node_modules")
    link = "../lib/node_modules/claude-flow/bin/claude-flow.js"
    (programs / "claude-flow").symlink_to(link)

    assert _call(f"install claude-flow --into {programs}") == 0

    assert "npm will not upgrade a global claude-flow" in capfd.readouterr().err
    assert _call(f"uninstall claude-flow --into {programs}") == 0
    assert _link(programs / "claude-flow") == link


@pytest.mark.parametrize("odd", ["a b", 'quo"te', "back\\slash", "${x} `y`", "ü\u2028"])
def test_the_launcher_is_a_program_wherever_the_engine_lies(tmp_path: Path, odd: str) -> None:
    if not (node := shutil.which("node")):
        pytest.skip("node is not here")
    python = tmp_path / odd / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nshift 3\nprintf "%s|" "$@"\nexit 4\n')
    python.chmod(0o755)
    place = claude_flow.look(tmp_path)
    claude_flow.install(place, EngineCommand(python))

    done = subprocess.run(
        [node, str(place.file), "ml", "mle-star", "x y"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (4, "ml|mle-star|x y|", "")


def test_an_engine_of_a_node_package_is_started_by_it(tmp_path: Path) -> None:
    root = tmp_path / "package"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "mle-star.js").write_text("")
    assert engine_command(tmp_path).root is None
    (tmp_path / "mle-star.json").write_text(json.dumps({"source": str(root)}))

    assert engine_command(tmp_path).root == root
    assert engine_command(tmp_path).words == ("node", str(root / "bin" / "mle-star.js"))
    (root / "bin" / "mle-star.js").unlink()
    assert engine_command(tmp_path).words[1:] == ("-P", "-m", "mle_star")
