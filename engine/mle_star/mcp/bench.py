"""Tools about what a session found, and about working on it by hand."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from mle_star.mcp.call import call, value
from mle_star.mcp.parameters import (
    LIMIT,
    Code,
    Role,
    Seconds,
    Session,
    Solution,
    Why,
    about,
    options,
    telling,
)
from mle_star.mcp.runs import ADDS, CHANGES, LOOKS

_OF_ALL = ("session", "name", "folder", "state", "metric", "greater_is_better", "best")
_REFUSED = (0, 4)
"""An edit that is refused, and a gate that failed, are answers."""


async def leaderboard(
    session: Session = "",
    limit: Annotated[int, Field(description="At most so many.", ge=1, examples=[10])] = 20,
) -> dict[str, Any]:
    """List the judged candidates of a session, best first, and what was done by hand."""
    found = await _explained(session, limit)
    return {key: found[key] for key in (*_OF_ALL, "judged", "leaderboard", "by_hand")}


async def ablation(session: Session = "") -> dict[str, Any]:
    """Tell what each block of the best solution is worth: score lost without it, and refinements.

    `effect` is in the metric's units, positive where the block helps; `impact` is HIGH, MEDIUM or
    LOW. `refinement` lists what was tried in its place and why it was accepted or not.
    """
    found = await _explained(session, 1)
    return {key: found[key] for key in (*_OF_ALL, "ablation", "parts", "refinement")}


async def show_solution(
    session: Session = "",
    role: Annotated[
        Literal["", "clean", "features", "hyperparameters", "model", "train", "post"],
        Field(description="Only the block of this role. Empty: all.", examples=["features"]),
    ] = "",
    solution: Solution = "",
) -> dict[str, Any]:
    """Show the code of a solution, block by block, with its score and where it comes from."""
    session = session or ((await _explained("", 1))["folder"] if role else "")
    named = [word for word in (session, role) if word]
    words = options({"solution": solution, "json": True})
    return dict(await value("block", "show", *words, "--", *named))


async def judge_block(
    context: Context[Any, Any],
    role: Role,
    code: Code,
    session: Session = "",
    why: Why = "",
    solution: Solution = "",
    seconds: Seconds = LIMIT,
) -> dict[str, Any]:
    """Judge a block in place of the one that stands in a solution; nothing is changed.

    The engine judges it over the session's folds, paired with the solution it came from, in a
    sandbox: `gain` with its interval and p-value, and whether edit_block would accept it. Code that
    is not allowed is refused with its reason. The session must not be running.
    """
    return await _judged("judge", context, role, code, session, why, solution, seconds)


async def edit_block(
    context: Context[Any, Any],
    role: Role,
    code: Code,
    session: Session = "",
    why: Why = "",
    solution: Solution = "",
    seconds: Seconds = LIMIT,
) -> dict[str, Any]:
    """Put a block in place of another if the engine accepts it: better beyond noise, or simpler.

    Judged as by judge_block. Accepted (`in_place`), it is the session's best solution; refused, the
    `reason` says why and the session is as it was. Then ensemble or validate.
    """
    return await _judged("edit", context, role, code, session, why, solution, seconds)


async def ensemble(
    context: Context[Any, Any], session: Session = "", seconds: Seconds = LIMIT
) -> dict[str, Any]:
    """Combine anew all that was judged in a session, with what was judged by hand, and choose.

    The choice is what validate looks at next; a single model where no combination is better.
    """
    words = options({"time-budget": seconds, "json": True})
    how = {"tell": telling(context), "limit": seconds}
    return dict(await value("ensemble", *words, *about(session), **how))


async def validate(
    context: Context[Any, Any],
    session: Session = "",
    ship: Annotated[
        bool,
        Field(
            description="Package it if no gate failed; the old model serves until it is complete.",
            examples=[True],
        ),
    ] = False,
    seconds: Seconds = LIMIT,
) -> dict[str, Any]:
    """Measure the gates of what the session would ship now, holdout included; ship it if asked.

    `looks` counts how often the holdout rows were looked at: do not choose among models by them.
    """
    words = options({"ship": ship, "time-budget": seconds, "json": True})
    how = {"tell": telling(context), "limit": seconds, "good": _REFUSED}
    return dict(await value("validate", *words, *about(session), **how))


async def report(session: Session = "") -> str:
    """The report of a session as text: result, leaderboard, ablation, ensemble, gates, files."""
    return (await call("report", *about(session))).out.decode()


def add(server: MCPServer) -> None:
    """Give these tools to a server."""
    tools: tuple[tuple[Any, ToolAnnotations], ...] = (
        (leaderboard, LOOKS),
        (ablation, LOOKS),
        (show_solution, LOOKS),
        (judge_block, ADDS),
        (edit_block, ADDS),
        (ensemble, ADDS),
        (validate, CHANGES),
        (report, LOOKS),
    )
    for tool, kind in tools:
        server.add_tool(tool, annotations=kind)


async def _explained(session: str, limit: int) -> dict[str, Any]:
    return dict(await value("explain", "--json", f"--limit={limit}", *about(session)))


async def _judged(
    action: str,
    context: Context[Any, Any],
    role: str,
    code: str,
    session: str,
    why: str,
    solution: str,
    seconds: float,
) -> dict[str, Any]:
    session = session or (await _explained("", 1))["folder"]
    given = {
        "code": "-", "why": why, "solution": solution, "time-budget": seconds, "json": True
    }  # fmt: skip
    how = {"stdin": code, "tell": telling(context), "limit": seconds, "good": _REFUSED}
    return dict(await value("block", action, *options(given), "--", session, role, **how))
