"""A language model by script: what it answers depends on the form that is asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

FEATURES = '''\
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
'''

MODEL = '''\
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
'''

Answers = Callable[[str, str], dict[str, Any]]
"""Name of the form and the whole question in; the answer out."""


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
    """

    def __init__(self, answers: Answers = answer) -> None:
        self.requests: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send({"data": [{"id": "scripted"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(body)
                schema = body["response_format"]["json_schema"]["schema"]
                question = body["messages"][-1]["content"]
                content = json.dumps(answers(schema["title"], question))
                message = {"role": "assistant", "content": content}
                usage = {"prompt_tokens": 900, "completion_tokens": 300, "cost": 0.01}
                self._send(
                    {
                        "model": "scripted",
                        "choices": [{"message": message, "finish_reason": "stop"}],
                        "usage": usage,
                    }
                )

            def _send(self, value: dict[str, Any]) -> None:
                content = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def spec(self) -> str:
        """For ``--agent-backend``."""
        return f"openai:http://127.0.0.1:{self._server.server_port}/v1#scripted"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
