"""Fixtures of the tests that start the real client."""

from tests.claude.client import api, client

__all__ = ["api", "client"]
