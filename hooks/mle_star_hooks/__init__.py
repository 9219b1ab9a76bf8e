"""What Claude Code hooks run. Standard library and mle_star_memory only, so it starts in milliseconds."""
