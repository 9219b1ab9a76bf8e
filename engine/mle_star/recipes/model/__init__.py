"""Recipes for the model block."""
