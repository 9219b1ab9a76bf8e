"""What is done by hand with a session that nobody runs: looked at, edited, combined, shipped."""
