"""``mle-star predict``: a finished run's model on new rows."""

from __future__ import annotations

from typing import Any

import click

from mle_star.report.words import count


def execute(values: dict[str, Any]) -> int:
    """Write the predictions of a file."""
    from mle_star.bundle.predict import predict_file

    rows = predict_file(values["model"], values["dataset"], values["output"])
    click.echo(f"{count(rows, 'prediction')} in {values['output']}", err=True)
    return 0
