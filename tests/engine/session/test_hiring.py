"""What limits the calls of language models."""

from __future__ import annotations

import pytest

from mle_star.agents.ask.request import Limits
from mle_star.errors import UsageError
from mle_star.session.hiring import limits_of


def test_a_slow_model_is_given_the_time_that_was_asked_for() -> None:
    assert limits_of({}) == Limits()
    assert limits_of({"MLE_STAR_AGENT_SECONDS": ""}) == Limits()
    assert limits_of({"MLE_STAR_AGENT_SECONDS": "900"}) == Limits(seconds=900, idle_seconds=900)


@pytest.mark.parametrize("given", ["soon", "0", "-1", "nan", "inf"])
def test_what_is_no_time_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="MLE_STAR_AGENT_SECONDS is"):
        limits_of({"MLE_STAR_AGENT_SECONDS": given})
