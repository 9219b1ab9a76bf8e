"""Recipes for the post block."""
