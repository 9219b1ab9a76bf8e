"""Questions and answers for tests of asking."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from mle_star.agents.ask.request import Limits, Request

KEY = "sk-a-key-of-a-test"


class Plan(BaseModel):
    """A small answer."""

    model_config = ConfigDict(extra="forbid")

    plan: str
    weight: float = 1.0


def question(step: str = "step 1", agent: str = "feature-engineer", **limits: float) -> Request:
    """A small question with these limits."""
    return Request(
        agent=agent,
        step=step,
        system="You plan.",
        prompt=f"What is next after {step}?",
        schema=Plan.model_json_schema(),
        limits=Limits(**limits),  # type: ignore[arg-type]
    )
