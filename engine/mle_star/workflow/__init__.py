"""The graph of a run: what is done, after what, by whom, and under which condition."""
