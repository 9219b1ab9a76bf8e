"""Techniques the engine knows: one folder a role, one file a technique."""
