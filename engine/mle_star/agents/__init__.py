"""Agents propose; the judge decides. Back ends and the loader of the definitions in agents/."""
