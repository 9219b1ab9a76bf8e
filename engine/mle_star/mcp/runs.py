"""Tools about runs: the data, starting one, following it, and predicting with its model."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from mle_star.mcp.call import call, lines, value
from mle_star.mcp.parameters import Dataset, Session, Target, about, options

LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)


async def profile(
    dataset: Dataset,
    target: Target,
    metric: Annotated[
        str, Field(description="Metric to use. Empty: by the task.", examples=["roc_auc"])
    ] = "",
) -> dict[str, Any]:
    """Tell what a data file holds: columns, types, quality issues, and the task that would be set.

    Nothing is trained. Look at it before a run.
    """
    given = {"dataset": dataset, "target": target, "metric": metric, "json": True}
    return dict(await value("profile", *options(given)))


async def run(
    dataset: Dataset,
    target: Target,
    output: Annotated[
        str,
        Field(
            description="New or empty folder of the result. Empty: models/NAME.",
            examples=["models/churn"],
        ),
    ] = "",
    name: Annotated[
        str, Field(description="Name of the run. Empty: from the data.", examples=["churn"])
    ] = "",
    preset: Annotated[
        Literal["quick", "balanced", "best"],
        Field(description="How long to search: 2 minutes, 10 minutes, 1 hour.", examples=["quick"]),
    ] = "balanced",
    time_budget: Annotated[
        float | None,
        Field(description="Seconds of the whole run, instead of the preset.", ge=1, examples=[300]),
    ] = None,
    evaluations: Annotated[
        int | None,
        Field(
            description="Candidates to judge, whatever time it takes: repeatable.",
            ge=1,
            examples=[40],
        ),
    ] = None,
    metric: Annotated[
        str, Field(description="Metric to optimise. Empty: by the task.", examples=["f1"])
    ] = "",
    task: Annotated[
        Literal["", "binary", "multiclass", "regression"],
        Field(description="Kind of task. Empty: from the target.", examples=["binary"]),
    ] = "",
    group: Annotated[
        str,
        Field(
            description="Column whose groups are never split between training and scoring.",
            examples=["customer_id"],
        ),
    ] = "",
    time_column: Annotated[
        str,
        Field(
            description="Column that orders the rows in time: judged on later rows only.",
            examples=["date"],
        ),
    ] = "",
    drop: Annotated[
        str, Field(description="Columns to leave out, with commas.", examples=["id,notes"])
    ] = "",
    holdout: Annotated[
        float | None,
        Field(
            description="Share of the rows to hold out; 0: none, gates rest on nested "
            "cross-validation. Empty: by rows.",
            ge=0,
            le=0.5,
            examples=[0.15],
        ),
    ] = None,
    test: Annotated[
        str, Field(description="File to predict at the end.", examples=["data/test.csv"])
    ] = "",
    claude: Annotated[
        bool, Field(description="Let Claude agents take part (costs money).", examples=[False])
    ] = False,
    seed: Annotated[int, Field(description="Seed of all that is random.", ge=0, examples=[0])] = 0,
) -> dict[str, Any]:
    """Start a run in the background and come back at once with its session id.

    It searches, judges, refines, ensembles, validates and packages a model, in minutes to hours.
    Follow it with wait or status; when it is done, look at leaderboard, ablation and report.
    """
    given: dict[str, object] = {
        "dataset": dataset, "target": target, "output": output, "name": name,
        "preset": None if time_budget or evaluations else preset, "time-budget": time_budget,
        "evaluations": evaluations, "metric": metric, "task": task, "group": group,
        "time-column": time_column, "drop": drop, "holdout": holdout, "test": test,
        "claude": claude, "seed": seed, "detach": True, "output-format": "json",
    }  # fmt: skip
    return dict(await value("run", *options(given)))


async def sessions(
    limit: Annotated[int, Field(description="At most so many.", ge=1, examples=[20])] = 20,
) -> dict[str, Any]:
    """List past and running sessions, newest first, with status, metric and score."""
    return {"sessions": await value("sessions", "--json", f"--limit={limit}")}


async def status(session: Session = "") -> dict[str, Any]:
    """Tell where a session stands now: state, tasks, best score, gates, time left."""
    return dict(await value("status", "--json", *about(session)))


async def wait(
    context: Context[Any, Any],
    session: Session = "",
    seconds: Annotated[
        float, Field(description="Seconds to wait at most.", ge=1, le=1500, examples=[100])
    ] = 100.0,
) -> dict[str, Any]:
    """Wait until a session ends, reporting progress, or until the seconds are over.

    Gives back its state in either case: `state` is running, done, failed or stopped. Call it again
    while it is running.
    """
    began, found = time.monotonic(), dict[str, Any]()
    try:
        async with asyncio.timeout(seconds):
            async for found in lines("status", "--json", "--follow", *about(session)):
                await context.report_progress(time.monotonic() - began, seconds, _told(found))
    except TimeoutError:
        found = found or await status(session)
    return found


async def stop(session: Session = "") -> dict[str, Any]:
    """Stop a running session cleanly; it can be resumed, and nothing finished is lost."""
    return {"message": _last((await call("stop", *about(session))).talk)}


async def resume(session: Session = "") -> dict[str, Any]:
    """Go on in the background with a session that was stopped; nothing finished is done again."""
    words = ("resume", "--detach", "--output-format=json", *about(session))
    return dict(await value(*words, good=(0, 4)))


async def predict(
    model: Annotated[
        str,
        Field(
            description="Result folder of a session, or its model folder.",
            examples=["models/telco-churn"],
        ),
    ],
    dataset: Annotated[str, Field(description="File to predict.", examples=["data/new.csv"])],
    output: Annotated[
        str,
        Field(description="CSV file to write; replaced if it is there.", examples=["new.csv"]),
    ],
) -> dict[str, Any]:
    """Predict a data file with the model of a finished session; writes a CSV file."""
    given = {"model": model, "dataset": dataset, "output": output}
    return {"output": output, "message": _last((await call("predict", *options(given))).talk)}


def add(server: MCPServer) -> None:
    """Give these tools to a server."""
    for tool, kind in (
        (profile, LOOKS),
        (run, ADDS),
        (sessions, LOOKS),
        (status, LOOKS),
        (wait, LOOKS),
        (stop, ADDS),
        (resume, ADDS),
        (predict, CHANGES),
    ):
        server.add_tool(tool, annotations=kind)


def _told(found: dict[str, Any]) -> str:
    best = found["best"]
    score = f", best {found['metric']} {best['score']:.5g}" if best else ""
    return f"{found['state']}, {found['judged']} judged{score}"


def _last(talk: list[str]) -> str:
    return talk[-1] if talk else ""
