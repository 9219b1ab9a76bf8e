"""The client's command line, environment and files for one request."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mle_star.agents.ask.request import Request, Turn
from mle_star.files import to_json

ASKING = "MLE_STAR_ASKING"
"""Set in the client's environment: an agent must not start a run that asks agents."""

_ENVIRONMENT = {
    ASKING: "1",
    # Repeats within a conversation are cheaper than a new one, but must be bounded with ours.
    "CLAUDE_CODE_MAX_RETRIES": "1",
    # A prompt holds what stands in the user's data: "@/some/file" there must not attach that file.
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}


def write_inputs(folder: Path, request: Request, *, turns_as_text: bool) -> None:
    """Write what the client reads: prompts in files, so that no length limit applies to them.

    Parameters
    ----------
    folder : Path
        Private and empty.
    request : Request
        What is asked.
    turns_as_text : bool
        Whether earlier turns stand at the head of the prompt, not in the conversation.
    """
    (folder / "work").mkdir()
    (folder / "tmp").mkdir()
    prompt = _with_turns(request) if turns_as_text else request.prompt
    if prompt.startswith("/"):
        prompt = f"Question:\n{prompt}"  # else it would be a command of the client
    (folder / "prompt.md").write_bytes(_utf8(prompt))
    (folder / "system.md").write_bytes(_utf8(request.system))
    if request.turns and not turns_as_text:
        (folder / "turns.jsonl").write_bytes(b"".join(_transcript(request.turns)))


def arguments(program: str, folder: Path, request: Request, *, model: str | None) -> list[str]:
    """Return the command line.

    Parameters
    ----------
    program : str
        The client.
    folder : Path
        Where :func:`write_inputs` wrote.
    request : Request
        What is asked; its limit of cost is what is left of it.
    model : str or None
        Of the client's models; None: the user's own choice.
    """
    line = [program, "-p", "--output-format", "stream-json", "--verbose"]
    line += ["--include-partial-messages"]  # signs of life while a long answer is written
    line += ["--system-prompt-file", str(folder / "system.md")]
    line += ["--setting-sources", "", "--strict-mcp-config", "--disable-slash-commands"]
    line += ["--no-session-persistence", "--tools", ",".join(request.tools)]
    if request.tools:
        line += ["--allowedTools", ",".join(request.tools)]
    if "Read" not in request.tools:
        line += ["--settings", '{"permissions": {"deny": ["Read"]}}']
    line += ["--max-turns", str(request.limits.turns)]
    if request.limits.cost is not None:
        line += ["--max-budget-usd", f"{request.limits.cost:.6f}"]
    line += ["--json-schema", to_json(request.schema).decode()]
    if model:
        line += ["--model", model]
    if (turns := folder / "turns.jsonl").exists():
        line += ["--resume", str(turns), "--fork-session"]
    return line


def environment(folder: Path) -> dict[str, str]:
    """Return the user's own environment, which holds the login, with what a lean call needs."""
    return {**os.environ, **_ENVIRONMENT, "TMPDIR": str(folder / "tmp")}


def _transcript(turns: Sequence[Turn]) -> Iterator[bytes]:
    """Yield the lines of a conversation as the client keeps them, for it to go on with."""
    session, before = str(uuid.uuid4()), None
    for turn in turns:
        asked = {"role": "user", "content": _said(turn.asked)}
        text = {"type": "text", "text": _said(turn.answered)}
        for message in (asked, {"role": "assistant", "content": [text]}):
            line: dict[str, Any] = {
                "type": message["role"],
                "uuid": str(uuid.uuid4()),
                "parentUuid": before,
                "sessionId": session,
                "timestamp": "2026-01-01T00:00:00.000Z",
                "message": message,
            }
            before = line["uuid"]
            yield _utf8(to_json(line).decode()) + b"\n"


def _with_turns(request: Request) -> str:
    turns = [
        f"<question>\n{turn.asked}\n</question>\n<answer>\n{turn.answered}\n</answer>"
        for turn in request.turns
    ]
    if not turns:
        return request.prompt
    return "\n".join(["What was asked and answered before:", *turns, "", request.prompt])


def _said(text: str) -> str:
    return text if text.strip() else "(nothing)"  # the service refuses empty messages


def _utf8(text: str) -> bytes:
    return text.encode(errors="replace")
