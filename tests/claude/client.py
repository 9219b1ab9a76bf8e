"""The real Claude Code client against a scripted API on loopback: no model, account or network.

`client` is the program: what MLE_STAR_TEST_CLAUDE names, or the pinned package in the user's cache
folder, where MLE_STAR_TEST_CLAUDE=install puts it once by npm (it is large). `api` starts a
scripted API and makes this process, and all that it starts, see nothing but that. Import both into
a conftest.py to use them. Tests that ask for them are skipped, with the reason, where they cannot
be had.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

import pytest
from tests.npm import folder_of, installed

PACKAGE = "@anthropic-ai/claude-code"
VERSION = "2.1.330"
INSTALL = "install"
_INSTALL_SECONDS = 300
_HOME = Path.home()  # before tests move it
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or _HOME / ".cache")
_KIT = Path(__file__).resolve().parents[3] / "shared" / "claude-client" / "fake_messages_api.py"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "MLE_STAR_HOME", "PYTEST_CURRENT_TEST")


class ScriptedAPI(Protocol):
    """What a test sees of the scripted API."""

    url: str
    requests: list[dict[str, Any]]

    def unused(self) -> list[object]:
        """Rules that never answered."""
        ...


Rules = list[dict[str, Any]]
StartAPI = Callable[..., ScriptedAPI]


@pytest.fixture(scope="session")
def client() -> Path:
    """The real client."""
    if not _KIT.is_file():
        pytest.skip("the scripted API (../shared/claude-client) is not here")
    found = _client()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def api(client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartAPI]:
    """Start a scripted API with rules (and a default); from then on nothing else is seen."""
    started: list[Any] = []

    def start(rules: Rules, default: Any = None) -> ScriptedAPI:
        server = _kit().FakeMessagesAPI({"rules": rules, "default": default}).start()
        started.append(server)
        ours = environment(client, server.url, home=tmp_path / "home")
        for name in set(os.environ) - set(_KEPT):
            monkeypatch.delenv(name)
        for name, value in ours.items():
            monkeypatch.setenv(name, value)
        return cast(ScriptedAPI, server)

    yield start
    for server in started:  # stopping takes up to half a second, which nobody need wait for
        threading.Thread(target=server.stop, daemon=True).start()


def environment(client: Path, url: str, *, home: Path) -> dict[str, str]:
    """Return all that a process that starts the client may see: no login, settings or plugins."""
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "HOME": str(home),
        "MLE_STAR_CLAUDE": str(client),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "dummy",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_TELEMETRY": "1",
    }


def search_rule(*pages: tuple[str, str], text: str = "Found.") -> dict[str, Any]:
    """Answer the request that the WebSearch tool makes, with pages as (title, address)."""
    results = [{"title": title, "url": url} for title, url in pages]
    return {
        "name": "search",
        "when": {"offers_tool": "web_search"},
        "reply": [{"query": "q", "search_results": results}, text],
    }


def answer_block(value: dict[str, Any]) -> dict[str, Any]:
    """Give the answer in the shape that was asked for, as a block of a scripted reply."""
    return {"tool": "StructuredOutput", "input": value}


@cache
def _kit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fake_messages_api", _KIT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def _client() -> Path | str:
    """The client, or why there is none."""
    named = os.environ.get("MLE_STAR_TEST_CLAUDE", "")
    if named not in ("", INSTALL):
        program = shutil.which(named)
        return (
            Path(program).absolute() if program else f"MLE_STAR_TEST_CLAUDE: no program {named!r}"
        )
    name = f"claude-code-{VERSION}"
    if not named and not folder_of(name).is_dir():
        return "no claude client: set MLE_STAR_TEST_CLAUDE to one, or to install"
    package, script = f"{PACKAGE}@{VERSION}", f"node_modules/{PACKAGE}/install.cjs"
    found = installed(name, package, seconds=_INSTALL_SECONDS, script=script)
    if isinstance(found, str):
        return f"{found} (or set MLE_STAR_TEST_CLAUDE)"
    return found / "node_modules" / ".bin" / "claude"
