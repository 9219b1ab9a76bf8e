"""Where a session stands: what is best, what would be shipped, how often the holdout was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engine.bench.logged import best, finished, run, solution, verdict, written

from mle_star import events as e
from mle_star.bench.standing import Standing
from mle_star.errors import UsageError
from mle_star.solution.block import checked
from mle_star.types import Role

COMBINE = checked(Role.COMBINE, "def combine():\n    return 1")


def standing(tmp_path: Path, events: list[e.Event], by_hand: list[e.Event] | None = None) -> Any:
    return Standing(written(tmp_path / "events.jsonl", events, by_hand or []))


def chosen(*names: str) -> e.Handwork:
    members = [{"name": name, "digest": solution(name).digest} for name in names]
    block = {"role": "combine", "source": COMBINE.source, "recipe": "", "foreign": False}
    facts = {"members": members, "combine": block if len(names) > 1 else None, "folds": [0.7]}
    return e.Handwork(1, "ensemble", "", facts)


def test_the_best_is_the_last_that_took_the_place_of_another(tmp_path: Path) -> None:
    found = standing(tmp_path, run(("a", 0.7), ("b", 0.8)))

    assert (found.best.name, found.best.score) == ("b", 0.8)
    assert found.solution(found.best) == solution("b")


def test_of_tasks_side_by_side_the_better_best_stands(tmp_path: Path) -> None:
    assert standing(tmp_path, run(("a", 0.9), ("b", 0.8))).best.name == "a"
    lower = tmp_path / "lower"
    lower.mkdir()
    assert standing(lower, run(("a", 0.9), ("b", 0.8), greater=False)).best.name == "b"


def test_what_was_accepted_by_hand_is_the_best_even_if_only_as_good_and_simpler(
    tmp_path: Path,
) -> None:
    edit = [*verdict("c", 0.8), best("c", 0.8)]

    assert standing(tmp_path, run(("b", 0.8)), edit).best.name == "c"


def test_what_was_only_judged_by_hand_is_on_the_board_and_not_the_best(tmp_path: Path) -> None:
    found = standing(tmp_path, run(("b", 0.8)), verdict("c", 0.9))

    assert found.best.name == "b"
    assert found.judged(solution("c").digest[:6]).name == "c"


def test_a_solution_that_was_judged_on_other_rows_cannot_be_started_from(tmp_path: Path) -> None:
    found = standing(tmp_path, [*run(("b", 0.8)), *verdict("c", 0.9, sample_rows=100)])

    with pytest.raises(UsageError, match="no solution"):
        found.judged(solution("c").digest)
    with pytest.raises(UsageError, match="no solution 'zzz'"):
        found.judged("zzz")


def test_a_session_without_a_verdict_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no judged solution yet"):
        _ = standing(tmp_path, run()).best


def test_what_a_run_shipped_is_what_would_be_validated(tmp_path: Path) -> None:
    found = standing(tmp_path, [*run(("a", 0.7), ("b", 0.8)), *finished(["b", "a"], COMBINE)])

    assert [one.name for one in found.choice.ensemble.members] == ["b", "a"]
    assert found.choice.ensemble.combine == COMBINE
    assert found.choice.folds == (0.9, 0.8)
    assert found.is_done


def test_an_edit_since_takes_the_place_of_what_the_run_shipped(tmp_path: Path) -> None:
    ran = [*run(("a", 0.7), ("b", 0.8)), *finished(["b", "a"], COMBINE)]
    edit = [*verdict("c", 0.9), best("c", 0.9)]

    found = standing(tmp_path, ran, edit).choice

    assert [one.name for one in found.ensemble.members] == ["c"]
    assert found.ensemble.combine is None


def test_an_ensemble_that_was_chosen_after_the_edit_takes_its_place(tmp_path: Path) -> None:
    edit = [*verdict("c", 0.9), best("c", 0.9)]
    ran = [*run(("a", 0.7), ("b", 0.8)), *finished(["b"])]

    after = standing(tmp_path, ran, [*edit, chosen("c", "b")]).choice
    before = tmp_path / "before"
    before.mkdir()

    assert [one.name for one in after.ensemble.members] == ["c", "b"]
    assert after.folds == (0.7,)
    earlier = standing(before, ran, [chosen("b", "a"), *edit]).choice
    assert [one.name for one in earlier.ensemble.members] == ["c"]


def test_every_look_at_the_holdout_rows_is_counted(tmp_path: Path) -> None:
    looked = e.Handwork(1, "validate", "", {})

    assert standing(tmp_path, [*run(("a", 0.7)), *finished(["a"])], [looked, looked]).looks == 3
