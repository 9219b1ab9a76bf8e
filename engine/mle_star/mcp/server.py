"""The server: standard input and output carry the protocol, and nothing else."""

from __future__ import annotations

import asyncio

from mcp.server.mcpserver import MCPServer

from mle_star import __version__
from mle_star.mcp import bench, memory, runs

NAME = "engine"
"""Its name in the plugin: the tools are ``mcp__plugin_mle-star_engine__TOOL``."""

INSTRUCTIONS = """\
mle-star turns a data file and a target column into a model that was judged, not guessed.
Start with profile, then run (it goes on in the background), then wait or status. When a session is
done or stopped, you can go on with it by hand: ablation tells which block matters, show_solution
its code, judge_block tries another block, edit_block keeps it if it is better beyond noise,
ensemble combines all that was judged, validate measures the gates and, with ship, packages it.
Every score is the engine's: code never sees the labels that it is scored on. Never choose among
models by the holdout. memory_query tells what earlier sessions found, memory_store keeps a lesson.
"""


def server() -> MCPServer:
    """A server with all tools."""
    found = MCPServer(NAME, instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")
    for module in (runs, bench, memory):
        module.add(found)
    return found


def serve() -> None:
    """Serve until standard input ends."""
    asyncio.run(server().run_stdio_async())
