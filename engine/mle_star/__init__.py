"""Machine learning engineering by search and targeted refinement of code blocks."""

__version__ = "0.1.0"
