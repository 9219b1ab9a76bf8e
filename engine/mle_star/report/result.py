"""What a run found, folded from its events: the facts behind the summary, whoever shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mle_star import events as e
from mle_star.eventlog import FIELDS
from mle_star.events import Event
from mle_star.report.agents import agents_of
from mle_star.report.gains import gains_of

_LISTS: dict[type[Event], str] = {
    e.PhaseFinished: "phases",
    e.TechniqueFound: "techniques",
    e.WebFound: "web",
    e.AgentAnswered: "answers",
    e.PartMeasured: "parts",
    e.EvaluationFinished: "evaluations",
    e.IncumbentChanged: "incumbents",
    e.MergeTried: "merges",
    e.AblationMeasured: "ablation",
    e.ProposalJudged: "refinement",
    e.StepFinished: "steps",
    e.EnsembleCompared: "ensemble",
    e.GateMeasured: "gates",
    e.ArtifactWritten: "files",
    e.Noted: "notes",
    e.Handwork: "by_hand",
}
_SINGLE: dict[type[Event], str] = {
    e.SessionStarted: "session",
    e.DataProfiled: "data",
    e.TaskResolved: "task",
    e.SplitsMade: "splits",
    e.DriftMeasured: "drift",
    e.ModelsCompared: "gain",
    e.SessionFinished: "finish",
}
_OF_THE_RUN = (e.IncumbentChanged, e.StepFinished)
"""Events that work by hand emits too."""


@dataclass(slots=True)
class Result:
    """Everything a summary tells of a run, as plain values by event.

    Parameters
    ----------
    session, data, task, splits, drift, gain, finish : dict
        Fields of the one event of that kind; empty before it came.
    phases, techniques, evaluations, incumbents, merges, ablation, refinement, steps, ensemble,
    gates, files, notes, web, answers, parts, by_hand
        Fields of every event of that kind, in order; incumbents and steps only of the run itself.
    founded : int
        Evaluations up to the end of the foundation phase; 0 while it goes on.
    """

    session: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    splits: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    gain: dict[str, Any] = field(default_factory=dict)
    finish: dict[str, Any] = field(default_factory=dict)
    phases: list[dict[str, Any]] = field(default_factory=list)
    techniques: list[dict[str, Any]] = field(default_factory=list)
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    incumbents: list[dict[str, Any]] = field(default_factory=list)
    merges: list[dict[str, Any]] = field(default_factory=list)
    ablation: list[dict[str, Any]] = field(default_factory=list)
    refinement: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    ensemble: list[dict[str, Any]] = field(default_factory=list)
    gates: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    web: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    by_hand: list[dict[str, Any]] = field(default_factory=list)
    founded: int = 0

    def add(self, event: Event) -> None:
        """Take one event in; kinds that a summary does not tell of are passed over."""
        name = _LISTS.get(type(event)) or _SINGLE.get(type(event))
        if name is None or (self._is_over and isinstance(event, _OF_THE_RUN)):
            return
        values = {field: getattr(event, field) for field in FIELDS[type(event)]}
        if type(event) in _LISTS:
            getattr(self, name).append(values)
        else:
            setattr(self, name, values)
        if isinstance(event, e.PhaseFinished) and event.phase == "foundation":
            self.founded = len(self.evaluations)
        if isinstance(event, e.Handwork):
            self._ship(event.facts)

    @property
    def summary(self) -> dict[str, Any]:
        """What the session said of itself at its end; empty before."""
        found: dict[str, Any] = self.finish.get("summary", {})
        return found

    @property
    def _is_over(self) -> bool:
        """Whether the run ended: what is told later was done by hand."""
        return bool(self.summary.get("status") == "done")

    def _ship(self, facts: dict[str, Any]) -> None:
        """What was shipped by hand takes the place of what the run shipped."""
        if "summary" in facts and self.finish:
            self.finish["summary"] = self.summary | facts["summary"]
            self.gates = list(facts["gates"])

    @property
    def greater_is_better(self) -> bool:
        """Direction of the metric."""
        return bool(self.task.get("task", {}).get("greater_is_better", True))

    def leaderboard(self) -> list[dict[str, Any]]:
        """Judged candidates, best first, one line each.

        Those judged as most candidates were (the same folds and rows) come before the rest, whose
        scores cannot be compared with theirs.
        """
        judged = [x for x in self.evaluations if x["score"] is not None and not x["cached"]]
        usual = Counter(_fidelity(entry) for entry in judged).most_common()
        rank = {fidelity: place for place, (fidelity, _) in enumerate(usual)}
        best: dict[str, dict[str, Any]] = {}
        for entry in judged:
            known = best.setdefault(entry["digest"], entry)
            if rank[_fidelity(entry)] < rank[_fidelity(known)]:
                best[entry["digest"]] = entry
        sign = -1 if self.greater_is_better else 1
        return sorted(best.values(), key=lambda x: (rank[_fidelity(x)], sign * x["score"]))

    def failures(self) -> list[dict[str, Any]]:
        """Candidates that could not be judged, with the reason."""
        return [entry for entry in self.evaluations if entry["failure"]]

    def plain(self) -> dict[str, Any]:
        """The whole as plain values: the content of ``result.json``."""
        folder = self.session.get("folder", "")
        return {
            "name": self.session.get("name"),
            "session": self.session.get("session"),
            "folder": folder,
            "status": self.summary.get("status"),
            "exit_code": self.finish.get("exit_code"),
            "seconds": self.finish.get("seconds"),
            "parent": self.session.get("parent", ""),
            "drift": self.drift or None,
            "gain": None,
            **{key: value for key, value in self.summary.items() if key != "status"},
            "task": self.task.get("task"),
            "reasons": self.task.get("reasons", []),
            "data": {key: self.data.get(key) for key in ("rows", "columns")},
            "splits": self.splits,
            "settings": self.session.get("settings"),
            "techniques": self.techniques,
            "leaderboard": self.leaderboard(),
            "failures": self.failures(),
            "merges": self.merges,
            "gains": gains_of(self),
            "ablation": self.ablation,
            "refinement": self.refinement,
            "ensemble": self.ensemble,
            "gates": self.gates,
            "phases": self.phases,
            "web": self.web,
            "parts": self.parts,
            "by_hand": self.by_hand,
            "agents": agents_of(self),
            "files": self.files,
            "notes": self.notes,
        }


def fold(events: Iterable[Event]) -> Result:
    """Fold events into a result."""
    result = Result()
    for event in events:
        result.add(event)
    return result


def _fidelity(entry: dict[str, Any]) -> tuple[int, int]:
    return len(entry["folds"]), entry["rows"]
