"""What was tried and measured in finished steps, from their events."""

from __future__ import annotations

from mle_star.events import AblationMeasured, PartMeasured, ProposalJudged
from mle_star.phases.effect import BlockEffect, PartEffect
from mle_star.phases.tries import Tried
from mle_star.types import Role


def tried_of(event: ProposalJudged) -> Tried:
    """The proposal that an event tells of."""
    return Tried(
        event.step,
        event.attempt,
        Role(event.role),
        event.plan,
        event.digest,
        event.score,
        event.gain,
        event.p_value,
        event.accepted,
        event.reason,
        event.proposer,
    )


def effect_of(event: AblationMeasured) -> BlockEffect:
    """The effect of a block that an event tells of."""
    return BlockEffect(
        Role(event.role),
        event.effect,
        event.low,
        event.high,
        event.p_value,
        event.impact,
        event.neutral,
        event.failure,
    )


def part_of(event: PartMeasured) -> PartEffect:
    """The effect of a part of a block that an event tells of."""
    return PartEffect(
        Role(event.role),
        event.part,
        event.effect,
        event.low,
        event.high,
        event.p_value,
        event.failure,
    )
