"""``mle-star run``: resolve the options, run a session, show what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mle_star.cli.doctor import cores
from mle_star.cli.hooked import permit
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
    if values.get("warm"):
        values = _warmed(values)
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


def _warmed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options with those of the session to go on from where none is given, and its folder."""
    from mle_star.cli.sought import sought
    from mle_star.session.parent import parent_in, with_parents_options

    folder = sought(values["warm"], values.get("memory")).folder.resolve()
    return with_parents_options(values, parent_in(folder)) | {"warm": str(folder)}


def begun(settings: Settings, workflow: Workflow, session: str | None = None) -> Launch:
    """A new session, or one prepared by stages, its folder claimed and its graph written there.

    Hooks are asked before that: nothing is left of a run that one of them refuses.
    """
    allowed = permit(settings, session)
    folder = claim(settings)
    try:
        write_json(folder.workflow, plain(workflow))
    except StateError:
        folder.discard()
        raise
    identity = new_identity(settings, folder, allowed.session)
    return Launch(settings, workflow, folder, identity, hooks=allowed.hooks, before=allowed.before)
