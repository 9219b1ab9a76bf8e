"""The graph of a run for which nothing else was said."""

from __future__ import annotations

from mle_star.workflow.phase import Phase

NAME = "MLE-STAR"

PHASES = {
    "web_search_phase": Phase.SEARCH,
    "dataset_analysis": Phase.PROFILE,
    "foundation_building": Phase.FOUNDATION,
    "ablation_analysis": Phase.ABLATION,
    "targeted_refinement": Phase.REFINEMENT,
    "ensemble_creation": Phase.ENSEMBLE,
    "validation_and_debugging": Phase.VALIDATION,
    "model_deployment_prep": Phase.DEPLOYMENT,
}
"""The phase of each task."""

DEPENDS: dict[str, tuple[str, ...]] = {
    "web_search_phase": (),
    "dataset_analysis": (),
    "foundation_building": ("web_search_phase", "dataset_analysis"),
    "ablation_analysis": ("foundation_building",),
    "targeted_refinement": ("ablation_analysis",),
    "ensemble_creation": ("targeted_refinement",),
    "validation_and_debugging": ("ensemble_creation",),
    "model_deployment_prep": ("validation_and_debugging",),
}
"""What each task waits for."""


def depends_among(task: str, present: set[str]) -> tuple[str, ...]:
    """What a default task waits for where only some tasks are present.

    In place of one that is not present stands what that one waits for.

    Parameters
    ----------
    task : str
        One of :data:`DEPENDS`.
    present : set of str
        The tasks of the graph.
    """
    found: list[str] = []
    for other in DEPENDS[task]:
        found += [other] if other in present else depends_among(other, present)
    return tuple(dict.fromkeys(found))
