"""Watching a project: what asks for a new run of a session, one run at a time."""
