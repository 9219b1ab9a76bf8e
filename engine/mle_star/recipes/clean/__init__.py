"""Recipes for the clean block."""
