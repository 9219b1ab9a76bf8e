"""What Claude Code hooks run: standard library and mle_star_memory only, to start quickly."""
