"""Chat completions: how a request is written as one, and what one says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mle_star.agents.ask.asker import WRONG_SHAPE
from mle_star.agents.ask.request import Answer, Request

_STARTS = 200  # opening braces tried: each may cost reading the whole text
_SAID = 300  # characters of a message that are shown
_IN_WORDS = "Answer with one JSON object and nothing else. Its JSON schema:"


def written(request: Request, model: str, *, strict: bool) -> dict[str, Any]:
    """The body of a chat completion.

    Parameters
    ----------
    request : Request
        What is asked.
    model : str
        Which model.
    strict : bool
        Whether the server is given the schema; if not it is a part of the question.
    """
    prompt, shape = request.prompt, _strictly(request.schema)
    form: dict[str, Any] = {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": shape},
    }
    if not strict:
        form = {"type": "json_object"}
        prompt = f"{prompt}\n\n{_IN_WORDS}\n{json.dumps(request.schema)}"
    messages = [{"role": "system", "content": request.system}] if request.system else []
    for turn in request.turns:
        messages.append({"role": "user", "content": turn.asked})
        messages.append({"role": "assistant", "content": turn.answered})
    messages.append({"role": "user", "content": prompt})
    return {"model": model, "messages": messages, "response_format": form}


def parsed(body: bytes) -> dict[str, Any]:
    """A reply's object; empty if it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read(reply: Mapping[str, Any]) -> Answer:
    """What a reply with status 200 says.

    Parameters
    ----------
    reply : mapping of str to object
        As the server wrote it, see :func:`parsed`: nothing in it is taken for granted.
    """
    value, failure = _value(reply)
    usage = reply.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Answer(
        value=value,
        failure=failure,
        cost=_amount(usage.get("cost")),
        input_tokens=int(_amount(usage.get("prompt_tokens")) or 0),
        output_tokens=int(_amount(usage.get("completion_tokens")) or 0),
        model=str(reply.get("model") or ""),
    )


def said(reply: Mapping[str, Any]) -> str:
    """The message of an error, in one line; empty: there is none."""
    error: Any = reply.get("error") or reply.get("message") or reply.get("detail") or ""
    if isinstance(error, dict):
        error = error.get("message") or error
    return " ".join(str(error).split())


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text that is not empty; prose and fences around it are left out.

    Parameters
    ----------
    text : str
        What a model wrote.
    """
    decoder, start = json.JSONDecoder(), -1
    for _ in range(_STARTS):
        start = text.find("{", start + 1)
        if start < 0:
            break
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if found:
            return dict(found)
    return None


def _value(reply: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
    try:
        choice = reply["choices"][0]
        message, reason = choice["message"], choice.get("finish_reason")
        text, refusal = _text(message.get("content")), message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError):
        return None, f"the server's reply holds no answer {said(reply)[:_SAID]}".rstrip()
    if refusal:
        return None, f"refused: {said({'error': refusal})[:_SAID]}"
    if reason == "content_filter":
        return None, "refused: the server's content filter"
    if reason == "length":
        return None, "the answer is cut off at the model's limit of length"
    value = first_object(text.rpartition("</think>")[2])
    if value is None:
        return None, f"{WRONG_SHAPE}no JSON object in the answer"
    return value, ""


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content)
    return content if isinstance(content, str) else ""


def _amount(number: Any) -> float | None:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return float(number) if is_number and 0 <= number < 1e12 else None


def _strictly(schema: Any) -> Any:
    """As servers want a strict schema: every property is required, none has a default."""
    if isinstance(schema, list):
        return [_strictly(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _strictly(part) for name, part in schema.items() if name != "default"}
    if isinstance(properties := schema.get("properties"), dict):
        plain["properties"] = {name: _strictly(part) for name, part in properties.items()}
        plain |= {"required": list(properties), "additionalProperties": False}
    return plain
