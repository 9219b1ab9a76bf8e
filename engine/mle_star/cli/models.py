"""``mle-star models``: versions of models, and which one is in production."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mle_star.cli.memory import remembered
from mle_star.errors import EXIT_OK, MleStarError, StateError, UsageError
from mle_star.files import to_json
from mle_star.report.words import number
from mle_star_memory.store import Store
from mle_star_memory.versions import (
    ARCHIVED,
    EXPERIMENTAL,
    PRODUCTION,
    STAGING,
    Move,
    Version,
)

_NEXT = {EXPERIMENTAL: STAGING, STAGING: PRODUCTION, ARCHIVED: STAGING}
_SHORT = 12


class PromotionRefused(MleStarError):  # noqa: N818 - an answer
    """A version may not be promoted: a gate failed, or a hook blocked."""

    exit_code = 4


def execute(values: dict[str, Any]) -> int:
    """Show the versions of a model, or of all."""
    with remembered(values["memory"]) as store:
        found = store.versions(values["model"]) if store else []
    if values["json"]:
        click.echo(to_json([asdict(version) for version in found], indent=True).decode())
    elif not found:
        click.echo("no versions yet: a run that makes a model registers one", err=True)
    else:
        _show(found)
    return EXIT_OK


def show(values: dict[str, Any]) -> int:
    """Show a version: what it was made from, how it was judged, how far it got."""
    with remembered(values["memory"]) as store:
        version = _chosen(store, values)
    if values["json"]:
        click.echo(to_json(asdict(version), indent=True).decode())
    else:
        _tell(version)
    return EXIT_OK


def promote(values: dict[str, Any]) -> int:
    """Promote a version; refused if a gate failed or a hook blocked, unless that is forced."""
    with remembered(values["memory"]) as store:
        version = _chosen(store, values)
        stage = values["stage"] or _NEXT.get(version.stage)
        if stage is None or stage == version.stage:
            raise UsageError(
                f"version {version.number} of {version.name} is in {version.stage} already",
                "see: mle-star models list",
            )
        _check_files(version)
        against = _against(version, stage)
        if against and not values["force"]:
            raise PromotionRefused(
                f"version {version.number} of {version.name} may not go to {stage}: "
                + "; ".join(against),
                "make a better one; or add --force, which the record will say",
            )
        why = "; ".join([values["note"] or "", *(f"in spite of {one}" for one in against)])
        assert store is not None
        move = Move(stage, time.time(), why.strip("; "), forced=bool(against))
        return _done(store.move_version(version.name, version.number, move), values)


def archive(values: dict[str, Any]) -> int:
    """Take a version out of use."""
    with remembered(values["memory"]) as store:
        version = _chosen(store, values)
        assert store is not None
        move = Move(ARCHIVED, time.time(), values["note"] or "")
        changed = store.move_version(version.name, version.number, move)
    return _done(changed or [replace(version, changes=[])], values)


def _against(version: Version, stage: str) -> list[str]:
    """What speaks against a stage: everything for production, for staging what hooks said."""
    if stage == PRODUCTION:
        return version.refusals
    return [reason for reason in version.refusals if reason.startswith("hook ")]


def _chosen(store: Store | None, values: dict[str, Any]) -> Version:
    name, wanted = values["model"], values["version"]
    if wanted is not None and wanted < 1:
        raise UsageError(f"version {wanted}: versions are counted from 1", "mle-star models list")
    known = store.versions(name) if store else []
    found = [version for version in known if wanted in (None, version.number)]
    if found:
        return found[-1]
    if known:
        numbers = f"1 to {known[-1].number}"
        raise UsageError(f"{name} has no version {wanted}, it has {numbers}", "choose one of them")
    names = sorted({version.name for version in store.versions()}) if store else []
    said = f"there are: {', '.join(names)}" if names else "no run has made one yet"
    raise UsageError(f"there is no model {name!r}; {said}", "see: mle-star models list")


def _check_files(version: Version) -> None:
    """A version whose files are not what was registered is none to promote."""
    from mle_star.bundle.bundle import opened

    manifest = opened(Path(version.folder)).manifest
    if manifest["digest"] != version.model:
        raise StateError(
            f"the model in {version.folder} is not the one of version {version.number} of "
            f"{version.name}",
            "put its folder back as it was, or choose another version",
        )


def _done(changed: list[Version], values: dict[str, Any]) -> int:
    if values["json"]:
        click.echo(to_json([asdict(version) for version in changed], indent=True).decode())
        return EXIT_OK
    for version in changed:
        last = version.changes[-1] if version.changes else None
        was = f", was in {last['from']}" if last else " already"
        why = f" ({last['why']})" if last and last["why"] else ""
        click.echo(f"{version.name} {version.number}: {version.stage}{was}{why}")
    return EXIT_OK


def _show(found: list[Version]) -> None:
    from mle_star.cli.remembered import console
    from mle_star.report.render import table

    rows = [
        (
            version.name,
            str(version.number),
            version.stage,
            f"{version.metric} {number(version.score)}",
            _when(version.time),
            version.session,
            version.parent or "-",
            str(len(version.refusals)) if version.refusals else "-",
        )
        for version in found
    ]
    headers = ("model", "version>", "stage", "score", "made", "session", "parent", "against>")
    page = console()
    if page.is_terminal:
        page.print(table(headers, rows))
    else:
        click.echo("\n".join("\t".join(row) for row in rows))


def _tell(version: Version) -> None:
    from mle_star.cli.remembered import console
    from mle_star.report.render import show as show_sections
    from mle_star.report.sections import Section

    there = (Path(version.folder) / "model").is_dir()
    facts = (
        ("Stage", version.stage),
        ("Score", f"{version.metric} {number(version.score)}"),
        ("Made", f"{_when(version.time)} by session {version.session}"),
        ("Parent", version.parent or "none"),
        ("Folder", version.folder if there else f"{version.folder} (it is gone)"),
        ("Data", version.data[:_SHORT]),
        ("Code", version.code[:_SHORT]),
        ("Model", version.model[:_SHORT]),
    )
    title = f"{version.name} {version.number}"
    sections = [Section(title, headers=("", ""), rows=facts)]
    if version.refusals:
        sections.append(Section("Against production", tuple(version.refusals)))
    changes = tuple(
        (
            _when(change["time"]),
            f"{change['from']} to {change['to']}",
            f"{change['why']}{' (forced)' if change.get('forced') else ''}",
        )
        for change in version.changes
    )
    if changes:
        sections.append(Section("History", headers=("when", "what", "why"), rows=changes))
    show_sections(sections, console())


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
