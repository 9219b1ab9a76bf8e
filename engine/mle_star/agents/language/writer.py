"""The deployment-engineer: the words of the model card, around numbers that it cannot change."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mle_star.agents.language.answers import Prose
from mle_star.agents.language.brief import measured_lines
from mle_star.agents.language.team import Question, Team

AGENT = "deployment-engineer"

_ASK = """\
Write the words of the model card: a summary, the intended use, and the known limits that
follow from the measurements. Use no number that is not below, as it stands there; claim nothing
that was not measured.

{measured}"""

_REPAIR = """These numbers in your text were not measured: {numbers}. Write it again without them.
It was: {text}"""

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)*)(\s*(?:%|per ?cent))?", re.IGNORECASE)
_COUNTED = {str(number) for number in range(11)}
"""Small whole numbers are words, but as a share of a hundred."""


def write(team: Team, measured: Sequence[str]) -> tuple[Prose | None, str]:
    """Have the words written.

    Parameters
    ----------
    team : Team
        Who is asked.
    measured : sequence of str
        Every number that may stand in them, one fact a line.

    Returns
    -------
    prose : Prose or None
        None where there is none that keeps to the numbers.
    reason : str
        Why not.
    """
    text = _ASK.format(measured=measured_lines(measured))
    asked = team.ask(Question(AGENT, "model card", text), Prose, "deployment")
    if asked.value is None:
        return None, asked.failure
    wrong = unmeasured(asked.value, measured)
    if not wrong:
        return asked.value, ""
    told = _REPAIR.format(numbers=", ".join(wrong), text=asked.value.model_dump_json())
    again = team.ask(
        Question(AGENT, "model card, repair", f"{text}\n\n{told}"), Prose, "deployment"
    )
    if again.value is not None and not unmeasured(again.value, measured):
        return again.value, ""
    return None, f"its text names numbers that were not measured: {', '.join(wrong)}"


def unmeasured(prose: Prose, measured: Sequence[str]) -> list[str]:
    """Numbers of a text that stand in no measurement."""
    known = {number for line in measured for number, _ in _NUMBER.findall(line)}
    found = _NUMBER.findall(" ".join([prose.summary, prose.intended_use, *prose.limits]))
    wrong = [
        number
        for number, share in found
        if number not in known and (share or number not in _COUNTED)
    ]
    return list(dict.fromkeys(wrong))
