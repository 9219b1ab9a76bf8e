"""What a task of a workflow does."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """The kinds of work of a run, in the order in which they usually come."""

    PROFILE = "profile"
    SEARCH = "search"
    FOUNDATION = "foundation"
    ABLATION = "ablation"
    REFINEMENT = "refinement"
    ENSEMBLE = "ensemble"
    VALIDATION = "validation"
    DEPLOYMENT = "deployment"
