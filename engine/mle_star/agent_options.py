"""The options about language models."""

from __future__ import annotations

from mle_star.commands import BLOCK_EDIT, BLOCK_JUDGE, ENSEMBLE, PREDICT, RUN, STAR, VALIDATE, WATCH
from mle_star.option import Option

AGENTS: tuple[Option, ...] = (
    Option(
        "claude",
        "flag",
        "Let Claude agents search the web and write code, beside the built-in agent.",
        default=False,
    ),
    Option("no-claude", "flag", "The built-in agent alone (the default).", default=False),
    Option(
        "claude-model",
        "text",
        "Model that Claude agents use. Default: the client's own.",
        metavar="MODEL",
    ),
    Option(
        "agent-backend",
        "text",
        "Another language model in Claude's place: openai:URL#MODEL, any compatible endpoint.",
        metavar="SPEC",
    ),
    Option(
        "max-cost",
        "number",
        "US dollars that language models may cost in one run, where it is told what calls cost.",
        metavar="USD",
        minimum=0,
    ),
    Option(
        "max-tokens",
        "integer",
        "Tokens that language models may use in one run.",
        metavar="N",
        minimum=1,
    ),
    Option(
        "share-rows",
        "integer",
        "Rows of the data that language models may see; 0: names, types and summaries only.",
        metavar="N",
        default=0,
        minimum=0,
    ),
    Option(
        "search-block",
        "names",
        "Hosts or pages that nothing found on the web may come from.",
        metavar="PAGES",
    ),
    Option(
        "record",
        "file",
        "Write every answer of a language model into this file as well.",
        (RUN, STAR),
        metavar="FILE",
    ),
    Option(
        "replay",
        "file",
        "Take all answers from a file made with --record; nothing is asked.",
        (RUN, STAR),
        metavar="FILE",
    ),
    Option(
        "allow-unsandboxed",
        "flag",
        "Run code that is not ours even where no sandbox holds: it may do what you may do.",
        (RUN, STAR, WATCH, PREDICT, BLOCK_JUDGE, BLOCK_EDIT, ENSEMBLE, VALIDATE),
        default=False,
    ),
)
