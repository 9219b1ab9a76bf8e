"""Hooks of a run's life cycle: found, called in processes of their own, and those built in."""
