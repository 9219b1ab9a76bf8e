"""What the hooks of Claude Code run: standard library and mle_star_memory only, to start quickly.

Anything here runs under any Python from 3.8 on. Two of the engine's own rules are shared, see
:mod:`mle_star_hooks.solution`.
"""
