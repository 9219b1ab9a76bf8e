"""The store that outlives sessions: standard library and orjson only, nothing of the engine."""
