"""The events of a small made-up run, for the tests of what tells of one."""

from __future__ import annotations

from typing import Any

from mle_star import events as e


def judged(name: str, score: float | None, **other: Any) -> e.EvaluationFinished:
    given: dict[str, Any] = {
        "digest": f"digest of {name}",
        "name": name,
        "parent": "",
        "changed": "",
        "origin": "",
        "blocks": {},
        "score": score,
        "spread": 0.01,
        "folds": [] if score is None else [score] * 5,
        "rows": 4000,
        "seconds": 1.5,
        "peak_mib": 10.0,
        "failure": "" if score is not None else "ValueError: no such thing",
    }
    return e.EvaluationFinished(**(given | other))


def story(folder: str = "models/churn", greater: bool = True) -> list[e.Event]:
    return [*_beginning(folder, greater), *_foundation(), *_rest()]


def _beginning(folder: str, greater: bool) -> list[e.Event]:
    task = {
        "kind": "binary",
        "targets": ["Churn"],
        "metric": "roc_auc" if greater else "log_loss",
        "greater_is_better": greater,
    }
    settings = {
        "dataset": "my data/churn.csv",
        "targets": ["Churn"],
        "seconds": 60.0,
        "evaluations": None,
    }
    return [
        e.SessionStarted("id1", "churn", folder, settings),
        e.DataProfiled(5000, 20, {}),
        e.TaskResolved(task, ["'Churn' holds two labels"]),
        e.SplitsMade(3825, 425, 750, 5, "5 stratified folds"),
    ]


def _foundation() -> list[e.Event]:
    return [
        e.PhaseStarted("foundation", 20.0),
        e.EvaluationStarted("digest of linear", "linear", 3000, 5),
        judged("linear", 0.80),
        e.IncumbentChanged("digest of linear", "linear", 0.80, 0.01, 0.0),
        judged("pilot", 0.99, folds=[0.99]),
        judged("lightgbm", 0.84),
        judged("lightgbm", 0.84, cached=True),
        e.IncumbentChanged("digest of lightgbm", "lightgbm", 0.84, 0.01, 0.04),
        judged("broken", None),
        e.PhaseFinished("foundation", "4 judged, best lightgbm", 12.0),
    ]


def _rest() -> list[e.Event]:
    return [
        e.AblationMeasured(1, "features", "ordinal", 0.012, 0.004, 0.02, 0.011, "HIGH"),
        e.AblationMeasured(
            1, "post", "removed", None, None, None, None, "LOW", "cannot be removed"
        ),
        e.ProposalJudged(1, 1, "features", "target encoding", "d", 0.85, 0.01, 0.02, True, "gain"),
        e.ProposalJudged(1, 2, "features", "one-hot", "d2", 0.82, -0.02, 0.3, False, "worse"),
        e.EnsembleCompared("best single", ["lightgbm"], [1.0], 0.85, 0.01, False, "reference"),
        e.EnsembleCompared("greedy", ["lightgbm", "linear"], [0.7, 0.3], 0.86, 0.01, True, "+0.01"),
        e.GateMeasured("memory", "pass", "20 MiB", "< 100 MiB", "fits"),
        e.GateMeasured("fold spread", "fail", "9 %", "< 5 %", "scores differ much between folds"),
        e.ArtifactWritten("model/", "the bundle"),
        e.Noted("warning", "two columns are equal"),
        e.Noted("info", "nothing much"),
        e.SessionFinished(
            4,
            58.2,
            {
                "status": "done",
                "baseline": {"score": 0.8, "spread": 0.01, "what": "linear"},
                "cross_validation": {"score": 0.86, "spread": 0.01},
                "holdout": {"score": 0.855, "rows": 750},
                "members": [{"name": "lightgbm", "digest": "d"}],
                "resources": {"runs": 0, "took": {"seconds": 58.2}},
                "model": {"model": "m", "code": "c", "data": "t", "refusals": ["gate failed"]},
            },
        ),
    ]
