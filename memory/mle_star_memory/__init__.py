"""The store that outlives sessions. Standard library and orjson only; imports nothing of the engine."""
