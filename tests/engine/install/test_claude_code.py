"""``install claude-code`` writes two commands, and ``uninstall`` takes exactly those away."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mle_star.cli.main import main
from mle_star.install.claude_code import FILES, look

NAMES = ["automation/mle-star.md", "ml/mle-star.md"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_project_gets_both_commands_and_loses_them_again(project: Path) -> None:
    assert main(["install", "claude-code"]) == 0
    written = files(project)

    assert main(["uninstall", "claude-code"]) == 0

    assert written == [f".claude/commands/{name}" for name in NAMES]
    assert list(project.iterdir()) == []


def test_they_start_the_program_on_the_path_and_nothing_of_the_plugin(project: Path) -> None:
    main(["install", "claude-code", "--project"])

    for name in NAMES:
        text = (project / ".claude" / "commands" / name).read_text()
        front = yaml.safe_load(text.split("---\n")[1])
        assert "CLAUDE_PLUGIN_ROOT" not in text
        assert "look.js" not in text
        assert front["allowed-tools"].startswith("Bash(mle-star --version:*)")
        assert "!`mle-star --version || echo" in text
        assert "sha256" not in str(front)


def test_the_user_gets_them_where_the_client_looks(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["install", "claude-code", "--user"]) == 0
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "own"))
    assert main(["install", "claude-code", "--user"]) == 0

    assert files(Path.home() / ".claude") == [f"commands/{name}" for name in NAMES]
    assert files(tmp_path / "own") == [f"commands/{name}" for name in NAMES]
    assert list(project.iterdir()) == []


def test_written_twice_is_written_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["install", "claude-code"])
    capsys.readouterr()

    assert main(["install", "claude-code"]) == 0

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "already there" in shown.err


def test_an_older_one_of_ours_is_renewed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mle_star.install.claude_code.__version__", "0.0.1")
    main(["install", "claude-code"])
    monkeypatch.undo()
    monkeypatch.chdir(project)

    main(["install", "claude-code"])
    main(["uninstall", "claude-code"])

    assert list(project.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_the_users_own_is_never_touched(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = project / ".claude" / "commands" / name
    own.parent.mkdir(parents=True)
    own.write_text("mine")

    assert main(["install", "claude-code"]) == 2
    assert files(project) == [f".claude/commands/{name}"]
    assert main(["uninstall", "claude-code"]) == 0

    assert own.read_text() == "mine"
    assert "is not ours; nothing was written" in capsys.readouterr().err


def test_one_that_was_changed_is_kept_and_said(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["install", "claude-code"])
    changed = project / ".claude" / "commands" / NAMES[0]
    changed.write_text(changed.read_text() + "and be polite\n")
    capsys.readouterr()

    assert main(["install", "claude-code"]) == 2
    assert main(["uninstall", "claude-code"]) == 0

    shown = capsys.readouterr()
    assert files(project) == [f".claude/commands/{NAMES[0]}"]
    assert "kept, because it was changed" in shown.err
    assert NAMES[1] in shown.out


def test_folders_that_were_there_before_stay(project: Path) -> None:
    (project / ".claude" / "commands").mkdir(parents=True)

    main(["install", "claude-code"])
    main(["uninstall", "claude-code"])

    assert list((project / ".claude" / "commands").iterdir()) == []


def test_folders_that_hold_something_else_by_now_stay(project: Path) -> None:
    main(["install", "claude-code"])
    (project / ".claude" / "settings.json").write_text("{}")

    main(["uninstall", "claude-code"])

    assert files(project) == [".claude/settings.json"]


def test_both_places_at_once_are_refused(project: Path) -> None:
    assert main(["install", "claude-code", "--user", "--project"]) == 2

    assert list(project.iterdir()) == []


def test_nothing_to_take_away_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uninstall", "claude-code"]) == 0

    assert "nothing of ours was there" in capsys.readouterr().err


def test_that_the_program_is_not_on_the_path_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(project))

    main(["install", "claude-code"])

    assert "not on your PATH yet" in capsys.readouterr().err
    assert [one.state for one in look(project / ".claude" / "commands")] == ["ours"] * len(FILES)
