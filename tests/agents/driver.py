"""Runs the command line with smaller limits on what agents wrote, or with nobody reading it first.

python driver.py '{"seconds": 5, "memory_mib": 1000, "unread": true}' run --dataset ...
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> int:
    plan = json.loads(sys.argv[1])
    _limit(plan["seconds"], plan["memory_mib"])
    if plan["unread"]:
        _let_through()
    from mle_star.cli.main import main as mle_star

    return mle_star(sys.argv[2:])


def _limit(seconds: float, memory_mib: float) -> None:
    """What one candidate may take."""
    from mle_star.judge import judge, pool

    judges: Any = judge.Judge
    pools: Any = pool.Pool
    opened, made = judges.open.__func__, pools.__init__

    def open_judge(cls: Any, *given: Any, **named: Any) -> Any:
        found = opened(cls, *given, **named)
        found.candidate_seconds = seconds
        return found

    def make_pool(self: Any, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self.memory_mib = memory_mib

    judges.open = classmethod(open_judge)
    pools.__init__ = make_pool


def _let_through() -> None:
    """Without the static rules: what is left is the sandbox, and a score that is the engine's."""
    from mle_star.agents.language import author

    module: Any = author
    module.why_not = lambda _block: ""


if __name__ == "__main__":
    sys.exit(main())
