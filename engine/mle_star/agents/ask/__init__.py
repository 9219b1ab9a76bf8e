"""Asking a language model: one request, one answer, whatever stands behind it."""
