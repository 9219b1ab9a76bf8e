"""Recipes for the features block."""
