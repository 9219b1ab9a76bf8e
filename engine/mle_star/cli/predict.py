"""``mle-star predict``: a finished run's model on new rows."""

from __future__ import annotations

from typing import Any

import click

from mle_star.report.words import count


def execute(values: dict[str, Any]) -> int:
    """Write the predictions of a file."""
    from mle_star.bundle.predict import predict_file
    from mle_star.judge.cage.cage import Cage, find_cage

    def cage() -> Cage:
        return find_cage(allow_unsandboxed=bool(values.get("allow_unsandboxed")))

    done = predict_file(values["model"], values["dataset"], values["output"], find_cage=cage)
    if done.note:
        click.echo(done.note, err=True)
    click.echo(f"{count(done.rows, 'prediction')} in {values['output']}", err=True)
    return 0
