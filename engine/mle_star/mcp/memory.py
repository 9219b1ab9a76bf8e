"""Tools about what is remembered over all sessions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from mle_star.mcp.call import value
from mle_star.mcp.parameters import Session, options
from mle_star.mcp.runs import ADDS, LOOKS
from mle_star.memory_options import NOTES, RECORDS


async def memory_query(
    text: Annotated[
        str,
        Field(
            description="Words to look for; any text will do. Empty: the newest records.",
            examples=["target encoding churn"],
        ),
    ] = "",
    kind: Annotated[
        str,
        Field(
            description=f"Only records of this kind: {', '.join(RECORDS + NOTES)}. Empty: all.",
            examples=["lesson"],
        ),
    ] = "",
    session: Annotated[
        str,
        Field(description="Only this session, by id or name. Empty: all.", examples=["3f2a9c"]),
    ] = "",
    limit: Annotated[int, Field(description="At most so many.", ge=1, examples=[10])] = 20,
) -> dict[str, Any]:
    """Search everything remembered of past sessions: candidates, ablations, lessons, findings."""
    words = options({"kind": kind, "session": session, "limit": limit, "json": True})
    return {"records": await value("memory", "query", *words, "--", *([text] if text else []))}


async def memory_store(
    text: Annotated[
        str,
        Field(
            description="What is to be remembered, in words that a later search will find.",
            examples=["Target encoding of zip code leaks through repeated customers."],
        ),
    ],
    kind: Annotated[
        Literal["lesson", "finding"],
        Field(
            description="A lesson for later sessions, or a finding in this one.",
            examples=["lesson"],
        ),
    ] = "lesson",
    session: Session = "",
) -> dict[str, Any]:
    """Remember a lesson or a finding about a session; memory_query finds it again."""
    words = options({"kind": kind, "session": session, "json": True})
    return dict(await value("memory", "store", *words, "--", text))


def add(server: MCPServer) -> None:
    """Give these tools to a server."""
    server.add_tool(memory_query, annotations=LOOKS)
    server.add_tool(memory_store, annotations=ADDS)
