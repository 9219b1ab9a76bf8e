"""``mle-star mcp``: these commands as tools, for Claude Code and other clients."""

from __future__ import annotations

import sys
from typing import Any

from mle_star.cli.signals import ended_cleanly
from mle_star.errors import UsageError


def execute(values: dict[str, Any]) -> int:
    """Serve until standard input ends."""
    if sys.stdin.isatty():
        raise UsageError(
            "mle-star mcp speaks a protocol on standard input and output, and this is a terminal",
            "let a client start it, as .mcp.json says",
        )
    with ended_cleanly():
        from mle_star.mcp.server import serve

        serve()
    return 0
