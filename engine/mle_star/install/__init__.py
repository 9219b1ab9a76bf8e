"""Putting mle-star into the programs that it is used from, and taking it out again."""
