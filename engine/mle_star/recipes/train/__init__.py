"""Recipes for the train block."""
