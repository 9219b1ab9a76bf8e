"""Which candidates may be members of an ensemble."""

from __future__ import annotations

from dataclasses import replace

from tests.engine.phases.test_ensemble import members, named, noisy_numbers


def test_a_merge_is_no_member_where_what_it_averages_can_be_one() -> None:
    session = noisy_numbers()
    a, b = (session.context.comparable()[i] for i in range(2))
    assert a.oof is not None
    assert b.oof is not None
    mean = replace(named("average of a and b"), origin="merge of b into a")
    oof = (a.oof() + b.oof()) / 2
    session.context.record([session.judge.evaluation(mean, oof, fit_seconds=2.0)])

    names = members(session.run().ensemble)

    assert len(names) > 1
    assert mean.name not in names
