"""Small transformers and wrappers that solutions are written with.

Modules here import numpy, pandas, scipy, scikit-learn and one another, nothing else of the engine:
a finished ``solution.py`` holds their source, so it runs without mle-star installed. Top-level
names are unique across the modules for the same reason.
"""
