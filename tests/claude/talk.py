"""Conversations of the real client with our plugin, in a project with a finished session."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SERVER = "mcp__plugin_mle-star_engine__"
LOOK = f'node "{ROOT}/commands/lib/look.js"'


@dataclass(frozen=True)
class Talk:
    """What came of one prompt.

    Parameters
    ----------
    code : int
        Exit status of the client.
    messages : list of dict
        Its output.
    """

    code: int
    messages: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        """The last message."""
        found = [message for message in self.messages if message["type"] == "result"]
        return found[-1]

    @property
    def answers(self) -> list[tuple[bool, str]]:
        """Of every tool that was called: whether it failed, and what it gave back."""
        blocks = [
            block
            for message in self.messages
            if message["type"] == "user" and isinstance(message["message"]["content"], list)
            for block in message["message"]["content"]
            if block.get("type") == "tool_result"
        ]
        return [(bool(b.get("is_error")), json.dumps(b.get("content"))) for b in blocks]


def made_project(folder: Path) -> Path:
    """A small project with a data file, a test file and one finished session, and its memory."""
    project = folder / "project"
    project.mkdir()
    draw = random.Random(0)
    rows = [_row(draw) for _ in range(240)]
    (project / "shop.csv").write_text("size,colour,bought\n" + "\n".join(rows))
    (project / "shop_test.csv").write_text("size,colour,bought\n" + "\n".join(rows[:20]))
    subprocess.run(
        [
            sys.executable, "-m", "mle_star", "run", "--dataset", "shop.csv", "--target", "bought",
            "--evaluations", "3", "--refinement-iterations", "1", "--name", "shop", "--quiet",
            "--test", "shop_test.csv",
        ],
        cwd=project, env={**os.environ, "MLE_STAR_HOME": str(folder / "memory")},
        capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert (project / "models" / "shop" / "model").is_dir()
    return project


def environment_of(project: Path, **more: str) -> dict[str, str]:
    """What the client sees: this engine as the one that is set up, and the project's memory."""
    return {
        **os.environ,
        "MLE_STAR_PYTHON": sys.executable,
        "MLE_STAR_HOME": str(project.parent / "memory"),
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
        **more,
    }


def talk(
    client: Path,
    project: Path,
    prompt: str,
    *words: str,
    env: Mapping[str, str],
    plugin: bool = True,
) -> Talk:
    """Give the client one prompt."""
    loaded = ["--plugin-dir", str(ROOT)] if plugin else []
    done = subprocess.run(
        [str(client), "-p", prompt, "--output-format", "stream-json", "--verbose", *loaded, *words],
        cwd=project, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip
    return Talk(done.returncode, [json.loads(line) for line in done.stdout.splitlines()])


def text_of(body: Mapping[str, Any]) -> str:
    """All text of the messages of a request, and of its system prompt."""
    parts: list[str] = []
    for message in [*body["messages"], {"content": body.get("system") or ""}]:
        content = message["content"]
        blocks = [{"text": content}] if isinstance(content, str) else content
        parts += [str(block.get("text") or json.dumps(block)) for block in blocks]
    return "\n".join(parts)


def _row(draw: random.Random) -> str:
    size, colour = draw.random(), draw.choice("abc")
    return f"{size:.4f},{colour},{'yes' if size + (colour == 'a') / 3 > draw.random() else 'no'}"
