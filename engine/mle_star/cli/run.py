"""``mle-star run``: resolve the options, run a session, show what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mle_star.cli.doctor import cores
from mle_star.cli.launch import Launch, launch, new_identity
from mle_star.errors import StateError
from mle_star.files import write_json
from mle_star.session.folder import claim
from mle_star.session.plan import workflow_of
from mle_star.session.settings import Settings, resolve
from mle_star.session.stages import carried
from mle_star.workflow.shape import plain
from mle_star.workflow.variables import settings_of
from mle_star.workflow.workflow import Workflow


def execute(values: dict[str, Any]) -> int:
    """Run a session; gives back its exit status."""
    if values.get("interactive"):
        from mle_star.cli.person import confirmed

        values = confirmed(values)
    given, stages = carried(values)
    workflow, settings = prepared(given)
    start = begun(settings, workflow, stages.session if stages else None)
    if values.get("interactive") and settings.agents == "claude":
        from mle_star.cli.coordinator import converse

        return converse(start)
    if values.get("detach"):
        from mle_star.cli.detach import detach

        return detach(start)
    return launch(start)


def prepared(values: Mapping[str, Any]) -> tuple[Workflow, Settings]:
    """The graph and the settings that the options and the workflow's variables ask for."""
    workflow = workflow_of(values)
    given = settings_of(workflow)
    if workflow.settings.timeout is not None:
        given["timeout"] = math.ceil(1000 * workflow.settings.timeout)
    given |= {k: v for k, v in values.items() if v is not None and v is not False}
    settings = resolve(given, cores=cores())
    if settings.agents:
        from mle_star.session.hiring import check

        check(settings)
    return workflow, settings


def begun(settings: Settings, workflow: Workflow, session: str | None = None) -> Launch:
    """A new session, or one prepared by stages, its folder claimed and its graph written there."""
    folder = claim(settings)
    try:
        write_json(folder.workflow, plain(workflow))
    except StateError:
        folder.discard()
        raise
    return Launch(settings, workflow, folder, new_identity(settings, folder, session))
