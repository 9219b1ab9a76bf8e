"""The parameters of tools: what each is, with an example, for the model that fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from mle_star.mcp.call import Tell

LIMIT = 600.0
"""Seconds that judging by hand may take if nothing else is asked for."""

Session = Annotated[
    str,
    Field(
        description="The session: its id, the beginning of it, its name, or its folder. "
        "Empty: the newest one.",
        examples=["3f2a9c", "telco-churn", "models/telco-churn"],
    ),
]
Role = Annotated[
    Literal["clean", "features", "hyperparameters", "model", "train", "post"],
    Field(description="Role of the block.", examples=["features"]),
]
Code = Annotated[
    str,
    Field(
        description="The whole new cell as Python source. It must define the name of its role at "
        "its top level: clean(columns), features(columns), HYPERPARAMETERS = {...} (literals "
        "only), model(columns, hyperparameters), train(estimator) or post(estimator). Look at "
        "show_solution for the cell that stands there.",
        examples=["HYPERPARAMETERS = {\n    'learning_rate': 0.05,\n}"],
    ),
]
Why = Annotated[
    str,
    Field(
        description="What the change is meant to do, in one line; kept in the history.",
        examples=["ratio of charges to tenure"],
    ),
]
Solution = Annotated[
    str,
    Field(
        description="The solution, by the beginning of its digest in the leaderboard. "
        "Empty: the best.",
        examples=["", "9c1f4e2a"],
    ),
]
Seconds = Annotated[
    float,
    Field(
        description="Seconds it may take. At the limit the session is as it was, and what was "
        "finished is not done again by the next call.",
        ge=1,
        examples=[600],
    ),
]
Dataset = Annotated[
    str,
    Field(
        description="Data file: CSV, TSV, JSON or JSON lines, also gzipped.",
        examples=["data/churn.csv"],
    ),
]
Target = Annotated[
    str,
    Field(
        description="Column to predict; several, separated by commas, are predicted together.",
        examples=["Churn"],
    ),
]


def option(name: str, value: object) -> list[str]:
    """An option as it is typed; nothing where there is no value."""
    if value is None or value is False or value == "":
        return []
    return [f"--{name}"] if value is True else [f"--{name}={value}"]


def options(given: Mapping[str, object]) -> list[str]:
    """Options as they are typed, by name."""
    return [word for name, value in given.items() for word in option(name, value)]


def about(session: str) -> list[str]:
    """A session as it is typed, last of all words."""
    return ["--", session] if session else []


def telling(context: Context[Any, Any]) -> Tell:
    """A way to report progress to whoever called."""

    async def tell(seconds: float, limit: float | None, message: str) -> None:
        await context.report_progress(seconds, limit, message)

    return tell
