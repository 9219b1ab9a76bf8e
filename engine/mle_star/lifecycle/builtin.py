"""The hooks that are built in: what a run does by itself at each moment of its life cycle."""

from __future__ import annotations

from mle_star.hooks import DURING, POST, PRE
from mle_star.lifecycle.hook import BUILT_IN, Hook

ENVIRONMENT = "environment"

_DOES = (
    (PRE, ENVIRONMENT, "dataset_analysis",
     "warns of packages that are missing, and of little memory or disk for this data"),
    (PRE, "resources", "dataset_analysis",
     "complexity, and seconds, memory and disk to expect, learnt from past runs here"),
    (PRE, "techniques", "web_search_phase",
     "searches the knowledge base, past sessions and, with agents, the web"),
    (DURING, "performance", "run",
     "seconds and memory of every candidate, the best so far, a warning at a stall"),
    (DURING, "ablation", "targeted_refinement",
     "measures the blocks of the best anew at each step, and when progress flattens"),
    (DURING, "steering", "targeted_refinement",
     "refines the block with most to gain; keeps what is better beyond noise"),
    (POST, "comparison", "run",
     "holds what the run took against what was expected, and remembers it"),
    (POST, "versions", "run",
     "registers the model: lineage, digests, what stands against production"),
    (POST, "experiment", "run",
     "the log of events, and everything found and measured in memory"),
    (POST, "report", "run",
     "gathers the metrics: summary.md, result.json, leaderboard.csv"),
)  # fmt: skip

BUILT_INS = tuple(
    Hook(name, event, BUILT_IN, does, of=of, on=(), seconds=0.0) for event, name, of, does in _DOES
)
"""In the order in which they come; they are parts of the engine and have no limits of their own."""
