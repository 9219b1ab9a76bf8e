"""A language model by script: what it answers depends on the form that is asked for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.engine.agents.ask.server import Act, Says, completion

FEATURES = """\
from typing import Any


def features(columns: dict[str, Any]) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from sklearn.impute import SimpleImputer

    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    codes = OneHotEncoder(handle_unknown="ignore", min_frequency=5)
    return make_column_transformer(
        (numeric, columns["numeric"]),
        (codes, [*columns["categorical"], *columns["text"], *columns["date"]]),
    )
"""

MODEL = """\
from typing import Any


def model(columns: dict[str, Any], hyperparameters: dict[str, Any]) -> Any:
    from lightgbm import LGBMClassifier
    from sklearn.ensemble import VotingClassifier
    from sklearn.linear_model import LogisticRegression

    linear = LogisticRegression(C=hyperparameters.get("C", 1.0), max_iter=500)
    trees = LGBMClassifier(
        n_estimators=150, learning_rate=0.04, num_leaves=8, min_child_samples=40,
        random_state=0, n_jobs=1, verbose=-1,
    )
    return VotingClassifier([("linear", linear), ("trees", trees)], voting="soft")
"""

Answers = Callable[[str, str], dict[str, Any] | Says | Act]
"""Name of the form and the whole question in; the answer out, or what the server does instead."""

USAGE = {"prompt_tokens": 900, "completion_tokens": 300, "cost": 0.01}


def answer(form: str, question: str) -> dict[str, Any]:
    """A well-behaved answer."""
    return _ANSWERS[form](question)


def _findings(question: str) -> dict[str, Any]:
    if "Round 1 of" not in question:
        return {"queries": ["more of it"], "findings": []}
    finding = {
        "name": "penalised logistic regression",
        "role": "model",
        "summary": "Strong where effects add up.",
        "example_code": "LogisticRegression(C=1.0)",
        "url": "https://example.org/voting",
    }
    return {"queries": ["tabular classification"], "findings": [finding]}


def _candidate(_: str) -> dict[str, Any]:
    return {
        "name": "logistic and trees",
        "cells": [
            {"role": "features", "source": FEATURES},
            {"role": "model", "source": MODEL},
        ],
        "hyperparameters": {"C": 0.5},
        "unused_columns": "",
        "reason": "It is simple and strong.",
    }


def _combination(question: str) -> dict[str, Any]:
    members = ["c0", "c1"] if "- c1:" in question else ["c0"]
    return {"plan": "The two best.", "members": members, "method": "average", "weights": []}


_ANSWERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "Findings": _findings,
    "Candidate": _candidate,
    "Variants": lambda _: {"variants": []},
    "Choice": lambda _: {"role": "features", "plan": "One-hot codes and scaled numbers."},
    "Plan": lambda _: {"plan": "Scale what is numeric, encode the rest with rare values kept."},
    "Code": lambda _: {"source": FEATURES, "reason": "Linear terms come out."},
    "Usage": lambda _: {"why": "They are of no use.", "source": ""},
    "Combination": _combination,
    "Prose": lambda _: {
        "summary": "A model for the task at hand.",
        "intended_use": "To rank rows like those that it was trained on.",
        "limits": ["It knows nothing of other times."],
    },
}


class ModelServer:
    """An OpenAI-compatible endpoint on loopback that answers by script.

    Attributes
    ----------
    requests : list of dict
        Bodies, in order.
    spans : list of (float, float)
        When each request came and was answered, by the clock of this process.
    closing : threading.Event
        Set at the end, for those who hold an answer back.
    """

    def __init__(self, answers: Answers = answer, usage: dict[str, Any] | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.spans: list[tuple[float, float]] = []
        self.closing = threading.Event()
        self._answers = answers
        self._usage = USAGE if usage is None else usage
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def spec(self) -> str:
        """For ``--agent-backend``."""
        return f"openai:http://127.0.0.1:{self._server.server_port}/v1#scripted"

    def act(self, body: dict[str, Any]) -> Says | Act:
        """What is done about a request."""
        self.requests.append(body)
        said = self._answers(form_of(body), str(body["messages"][-1]["content"]))
        return completion(said, self._usage) if isinstance(said, dict) else said

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def form_of(body: dict[str, Any]) -> str:
    """Name of the form that a request asks for; where no schema is sent, the question holds it."""
    form = body["response_format"].get("json_schema")
    question = body["messages"][-1]["content"]
    schema = form["schema"] if form else json.loads(question.rpartition("\n")[2])
    return str(schema["title"])


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(Says({"data": [{"id": "scripted"}]}))

        def do_POST(self) -> None:
            began = time.monotonic()
            said = server.act(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            try:
                if isinstance(said, Says):
                    self._say(said)
                else:
                    said(self.connection)
                    self.close_connection = True
            except OSError:
                pass  # the client went away
            server.spans.append((began, time.monotonic()))

        def _say(self, says: Says) -> None:
            body = (says.body if isinstance(says.body, str) else json.dumps(says.body)).encode()
            self.send_response(says.status)
            for name, value in {"Content-Length": str(len(body)), **says.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
