"""What the client's output says: the answer, or why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from mle_star.agents.ask.request import Answer, Limits
from mle_star.files import to_json

NOT_LOGGED_IN = "not logged in"
"""How the failure of a call begins that the service refused for want of a login."""

_LOGIN = re.compile(r"not logged in|please run /login|invalid api key|failed to authenticate", re.I)
_CONNECTION = re.compile(
    r"connect|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|fetch failed|timed out", re.I
)
_TRANSCRIPT = re.compile(r"--resume|no conversation|session", re.I)
_STATUS = {429: "rate limit (429)", 529: "overloaded (529)", 408: "timed out (408)"}
_SOURCES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run of the client.

    Parameters
    ----------
    answer : Answer
        Without seconds and attempts.
    passing : bool, default False
        Whether the failure may pass by itself.
    turns_refused : bool, default False
        Whether the client did not take the earlier turns as a conversation.
    """

    answer: Answer
    passing: bool = False
    turns_refused: bool = False


class Stream:
    """Takes the client's output line by line and keeps of it what an answer needs.

    Parameters
    ----------
    limits : Limits
        Of the request.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._result: dict[str, Any] | None = None
        self._sources: dict[str, str] = {}
        self._tokens: dict[str, tuple[int, int]] = {}
        self._denied: list[str] = []
        self._refused = False
        self._model = ""
        self._noise = ""

    def take(self, line: bytes) -> None:
        """Read one line; whatever is not known is passed over."""
        if line.startswith(b'{"type":"stream_event"'):
            return  # a piece of a message that comes whole later
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            self._noise = self._noise or line[:1000].decode(errors="replace")
            return
        kind = message.get("type")
        if kind == "result":
            self._result = message
        elif kind == "system":
            self._take_notice(message)
        elif kind == "assistant":
            self._take_usage(_dict(message.get("message")))
        elif kind == "user":
            self._take_sources(_dict(message.get("tool_use_result")).get("results"))

    def outcome(self, stopped: str, status: int | None, complaint: str) -> Outcome:
        """Judge what was read.

        Parameters
        ----------
        stopped : str
            Why the client was ended; empty: it ended by itself.
        status : int or None
            Its exit status.
        complaint : str
            What it said on standard error.
        """
        result = self._result
        if result is None:
            return self._without_result(stopped, status, complaint)
        value = result.get("structured_output")
        if not isinstance(value, dict):
            return self._failed(result, stopped)
        if (size := len(to_json(value))) > self._limits.answer_bytes:
            most = self._limits.answer_bytes
            return self._outcome(f"too long: an answer of {size} bytes, {most} are allowed")
        return Outcome(self._answer("", value))

    def _without_result(self, stopped: str, status: int | None, complaint: str) -> Outcome:
        if stopped:
            return self._outcome(stopped)
        said = _brief(complaint or self._noise)
        refused = bool(complaint and _TRANSCRIPT.search(complaint))
        failure = f"no result: the client ended with status {status}"
        return self._outcome(f"{failure}: {said}" if said else failure, turns_refused=refused)

    def _failed(self, result: dict[str, Any], stopped: str) -> Outcome:
        """Say why a result holds no answer."""
        errors = result.get("errors")
        said = str(result.get("result") or "")
        if isinstance(errors, list) and not said:
            said = "; ".join(map(str, errors))
        if self._refused or result.get("stop_reason") == "refusal":
            return self._outcome(f"refused: {_brief(said)}")
        limit = self._limit_reached(str(result.get("subtype")), said)
        if limit or stopped:
            return self._outcome(limit or stopped)
        if result.get("is_error"):
            return self._error(result, said)
        if self._denied or result.get("permission_denials"):
            names = self._denied or [
                str(_dict(denial).get("tool_name")) for denial in result["permission_denials"]
            ]
            return self._outcome(f"not allowed: {', '.join(sorted(set(names)))}")
        if "structured_output" in result:
            got = type(result["structured_output"]).__name__
            return self._outcome(f"no answer: an object was asked for, the client gave a {got}")
        return self._outcome(f"no answer: prose in place of the object asked for: {_brief(said)!r}")

    def _limit_reached(self, subtype: str, said: str) -> str:
        match subtype:
            case "error_max_turns":
                return f"no answer within {self._limits.turns} turns"
            case "error_max_budget_usd":
                return f"no answer for ${self._limits.cost or 0:g}"
            case "error_max_structured_output_retries":
                return f"no answer that fits the schema: {_brief(said)}"
        return ""

    def _error(self, result: dict[str, Any], said: str) -> Outcome:
        status, brief = result.get("api_error_status"), _brief(said)
        if status in (401, 403) or _LOGIN.search(said):
            return self._outcome(f"{NOT_LOGGED_IN}: {brief}")
        if isinstance(status, int):
            passing = status in _STATUS or status >= 500
            what = _STATUS.get(status, f"the service answered {status}")
            return self._outcome(f"{what}: {brief}", passing=passing)
        if result.get("subtype") == "error_during_execution":
            refused = not result.get("num_turns") and bool(_TRANSCRIPT.search(said))
            return self._outcome(f"the client failed: {brief}", turns_refused=refused)
        if result.get("api_error") == "connection_failed" or _CONNECTION.search(said):
            return self._outcome(f"no connection: {brief}", passing=True)
        return self._outcome(f"the client failed: {brief}")

    def _outcome(
        self, failure: str, *, passing: bool = False, turns_refused: bool = False
    ) -> Outcome:
        return Outcome(self._answer(failure, None), passing, turns_refused)

    def _answer(self, failure: str, value: dict[str, Any] | None) -> Answer:
        result = self._result or {}
        usage = [_dict(used) for used in _dict(result.get("modelUsage")).values()]
        cached = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
        read = sum(_count(used.get(key)) for used in usage for key in cached)
        written = sum(_count(used.get("outputTokens")) for used in usage)
        if self._result is None:  # ended early: at least what the messages themselves said
            read = sum(count for count, _ in self._tokens.values())
            written = sum(count for _, count in self._tokens.values())
        cost = result.get("total_cost_usd")
        return Answer(
            value=value,
            failure=failure,
            cost=float(cost) if isinstance(cost, int | float) else None,
            input_tokens=read,
            output_tokens=written,
            sources=tuple((title, url) for url, title in self._sources.items()),
            model=self._model,
        )

    def _take_notice(self, message: dict[str, Any]) -> None:
        match message.get("subtype"):
            case "init":
                self._model = str(message.get("model") or "")
            case "permission_denied":
                self._denied.append(str(message.get("tool_name")))
            case "model_refusal_no_fallback":
                self._refused = True

    def _take_usage(self, message: dict[str, Any]) -> None:
        used = _dict(message.get("usage"))
        cached = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        read = sum(_count(used.get(key)) for key in cached)
        self._tokens[str(message.get("id"))] = (read, _count(used.get("output_tokens")))

    def _take_sources(self, results: object) -> None:
        for found in results if isinstance(results, list) else []:
            pages = _dict(found).get("content")
            for page in map(_dict, pages if isinstance(pages, list) else []):
                url = str(page.get("url") or "")
                if url.startswith(("https://", "http://")) and len(self._sources) < _SOURCES:
                    self._sources.setdefault(url, str(page.get("title") or url))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _brief(text: str) -> str:
    """One printable line of at most 300 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
    return line if len(line) <= 300 else line[:299] + "…"
