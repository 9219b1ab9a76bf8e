"""What the store is to remember of a session, gathered from its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from mle_star import events as e
from mle_star.events import Event
from mle_star_memory.fingerprint import fingerprint
from mle_star_memory.store import PREPARED, RUNNING, Record, Session, Store
from mle_star_memory.versions import Version

_LONGEST_TEXT = 10_000
_METRICS = ("baseline", "cross_validation", "holdout", "test")

_RECORDS: dict[type[Event], tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    e.TechniqueFound: ("search", ("role", "recipe"), ("recipe", "role", "reason", "sources")),
    e.WebFound: ("search", ("role", "name"), ("name", "role", "summary", "url")),
    e.PartMeasured: ("ablation", ("step", "role", "part"), ("role", "part", "failure")),
    e.EvaluationFinished: (
        "candidate",
        ("digest", "sample_rows", "sample_folds"),
        ("name", "origin", "changed", "failure", "digest"),
    ),
    e.AblationMeasured: (
        "ablation",
        ("step", "role", "neutral"),
        ("role", "neutral", "impact", "failure"),
    ),
    e.ProposalJudged: (
        "refinement",
        ("step", "attempt", "role", "plan", "digest", "reason"),
        ("role", "plan", "reason", "digest"),
    ),
    e.EnsembleCompared: ("ensemble", ("strategy",), ("strategy", "members", "reason")),
    e.GateMeasured: ("gate", ("gate",), ("gate", "verdict", "measured", "explanation")),
    e.ArtifactWritten: ("artifact", ("path",), ("path", "what")),
}
"""Kind, fields of the key and fields of the text of events that are one record each."""

_OF_SESSION = {e.EvaluationFinished, e.TechniqueFound, e.WebFound, e.ArtifactWritten}
"""Of these there is one a session, whatever task of the workflow they come up in."""

NOTED = {
    *_RECORDS, e.SessionStarted, e.DataProfiled, e.TaskResolved, e.TaskStarted, e.TaskFinished,
    e.PhaseStarted, e.SessionFinished, e.Handwork,
}  # fmt: skip
"""The kinds of event that anything is remembered of."""
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in _RECORDS}
_VALUES = {kind: attrgetter(*names) for kind, names in _FIELDS.items()}


Shape = tuple[int, int, dict[str, int], float]
"""Rows, columns, features by kind, share of missing cells: what a fingerprint is made of."""


def shape_of(rows: int, columns: int, profile: Mapping[str, Any]) -> Shape:
    """The shape of a data set, from its profile as plain values."""
    described = profile.get("columns", [])
    kinds = Counter(column["kind"] for column in described if column["role"] == "feature")
    return rows, columns, dict(kinds), profile.get("missing", 0.0)


class Notes:
    """What is to be written next.

    Parameters
    ----------
    identity : str, default ""
        Of a session that is remembered already; its first event says it, too.
    """

    def __init__(self, identity: str = "") -> None:
        self._session: Session | None = None
        self._identity = identity
        self._values: dict[str, Any] = {}
        self._records: dict[tuple[str, str], Record] = {}
        self._shape: Shape | None = None
        self._begun: e.SessionStarted | None = None
        self._metric = ""
        self._version: Version | None = None
        self._shipped: tuple[float, float] | None = None

    def put(self, store: Store) -> None:
        """Write all of it; if the store fails, all of it is still here."""
        if self._session is not None:
            known = store.session(self._identity)
            store.add_session(_going_on(known, self._session) if known else self._session)
            self._session = None
        if self._values:
            store.update_session(self._identity, **self._values)
            self._values = {}
        if self._records:
            store.add_records(self._identity, list(self._records.values()))
            self._records = {}
        if self._version is not None:
            store.add_version(self._version)
            self._version = None
        if self._shipped is not None:
            known = store.session(self._identity)
            if known is not None and (by_hand := _by_hand(known, *self._shipped)):
                store.add_version(by_hand)
            self._shipped = None

    def take(self, event: Event, of: str, when: float) -> None:
        """Take one event in.

        Parameters
        ----------
        event : Event
            One of the kinds in :data:`NOTED`.
        of : str
            The workflow task that it came up in.
        when : float
            Seconds since the epoch.
        """
        if type(event) in _RECORDS:
            if not getattr(event, "cached", False):
                self._take_plain(event, of, when)
            return
        match event:
            case e.SessionStarted():
                self._begin(event, when)
            case e.DataProfiled():
                self._take_profile(event, when)
            case e.TaskResolved():
                self._take_task(event, when)
            case e.TaskStarted() | e.TaskFinished():
                self._take_stage(event, when)
            case e.PhaseStarted():
                self._values["stage"] = event.phase
            case e.SessionFinished():
                self._finish(event, when)
            case e.Handwork():
                self._take_handwork(event, when)

    def _take_plain(self, event: Event, of: str, when: float) -> None:
        kind, key, text = _RECORDS[type(event)]
        content = dict(zip(_FIELDS[type(event)], _VALUES[type(event)](event), strict=True))
        parts = [str(content[name]) for name in key]
        if of and type(event) not in _OF_SESSION:
            parts.insert(0, of)
        self._add(kind, " ".join(parts), content, _text(content[name] for name in text), when)

    def _begin(self, event: e.SessionStarted, when: float) -> None:
        settings = event.settings
        here = Path(settings.get("cwd", ""))
        self._identity, self._begun = event.session, event
        self._session = Session(
            id=event.session,
            name=event.name,
            folder=str((here / event.folder).resolve()),
            dataset=str((here / settings["dataset"]).resolve()),
            target=", ".join(settings["targets"]),
            started=when,
        )
        content = {"name": event.name, "version": event.version, "settings": settings}
        content["parent"] = event.parent
        text = (event.name, self._session.dataset, self._session.target, self._session.folder)
        self._add("session", event.session, content, _text(text), when)

    def _take_profile(self, event: e.DataProfiled, when: float) -> None:
        profile = event.profile
        columns = profile.get("columns", [])
        self._shape = shape_of(event.rows, event.columns, profile)
        content = {
            "rows": event.rows,
            "columns": event.columns,
            "kinds": self._shape[2],
            "missing": self._shape[3],
            "duplicate_rows": profile.get("duplicate_rows"),
            "targets": profile.get("targets", []),
            "issues": [issue["message"] for issue in profile.get("issues", [])],
        }
        text = _text((content["issues"], [column["original"] for column in columns]))
        self._add("task", "data", content, text, when)

    def _take_task(self, event: e.TaskResolved, when: float) -> None:
        task = event.task
        kind, metric = str(task["kind"]), str(task["metric"])
        self._metric = metric
        self._values |= {"task": kind, "metric": metric}
        if self._shape is not None:
            self._values["fingerprint"] = fingerprint(kind, *self._shape)
        text = _text((kind, metric, task.get("targets", []), event.reasons))
        self._add("task", "task", {**task, "reasons": event.reasons}, text, when)

    def _take_stage(self, event: e.TaskStarted | e.TaskFinished, when: float) -> None:
        content: dict[str, Any] = {"task": event.task, "stage": event.phase, "status": RUNNING}
        if isinstance(event, e.TaskFinished):
            content |= {"status": event.status, "summary": event.summary, "seconds": event.seconds}
        else:
            self._values["stage"] = event.phase
        text = _text((event.task, event.phase, content.get("summary", "")))
        self._add("stage", event.task, content, text, when)

    def _take_handwork(self, event: e.Handwork, when: float) -> None:
        name = f"by hand {event.number}"
        content = {"task": name, "stage": event.action, "status": "done", "summary": event.outcome}
        self._add("stage", name, content, _text((name, event.action, event.outcome)), when)
        shipped = event.facts.get("summary", {})
        if score := shipped.get("holdout") or shipped.get("cross_validation"):
            self._values["best_score"] = score["score"]
            self._shipped = (score["score"], when)

    def _finish(self, event: e.SessionFinished, when: float) -> None:
        summary = event.summary
        score = summary.get("holdout") or summary.get("cross_validation") or {}
        self._values |= {
            "status": summary.get("status", "failed"),
            "finished": when,
            "best_score": score.get("score"),
            "exit_code": event.exit_code,
        }
        for what in _METRICS:
            if summary.get(what):
                content = {"score_of": what, **summary[what]}
                text = _text((what, content.get("what", ""), self._values.get("metric", "")))
                self._add("metric", what, content, text, when)
        if took := summary.get("resources"):
            self._add("resources", "resources", took, "resources took", when)
        if made := summary.get("model"):
            self._keep(made, score.get("score"), when)

    def _keep(self, made: Mapping[str, Any], score: float | None, when: float) -> None:
        """Have the model that the session left registered as a version."""
        begun = self._begun
        if begun is None or not made.get("model"):
            return
        self._version = Version(
            name=begun.name,
            session=self._identity,
            folder=str((Path(begun.settings.get("cwd", "")) / begun.folder).resolve()),
            time=when,
            parent=begun.parent,
            metric=self._metric,
            score=score,
            **made,
        )

    def _add(self, kind: str, key: str, content: Any, text: str, when: float) -> None:
        self._records[kind, key] = Record(kind, key, content, when, text)


def _going_on(known: Session, fresh: Session) -> Session:
    """A session that is told of again: what was found stays, what its end left does not."""
    started = fresh.started if known.status == PREPARED else known.started
    found = ("task", "metric", "best_score", "fingerprint", "stage")
    return replace(fresh, started=started, **{name: getattr(known, name) for name in found})


def _by_hand(known: Session, score: float, when: float) -> Version | None:
    """The version of what was shipped by hand, which only happens if all gates were met."""
    from mle_star.session.made import digests

    made = digests(Path(known.folder) / "model")
    if not made:
        return None
    return Version(
        known.name,
        known.id,
        known.folder,
        when,
        parent=known.id,
        metric=known.metric,
        score=score,
        **made,
    )


def _text(parts: Iterable[str | list[str]]) -> str:
    """What a query finds a record by."""
    words = (part if isinstance(part, str) else " ".join(part) for part in parts)
    return " ".join(word for word in words if word)[:_LONGEST_TEXT]
