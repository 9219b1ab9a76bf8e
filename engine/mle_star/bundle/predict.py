"""From a model folder and a file to a file of predictions."""

from __future__ import annotations

from pathlib import Path

from mle_star import files
from mle_star.bundle.bundle import load


def predict_file(
    model: str | Path, dataset: str | Path, output: str | Path, *, trust_code: bool = False
) -> int:
    """Write the predictions for every row of a file, in its order.

    Texts of the data are written as they are: a cell such as ``=1+1`` stays data, and quoting is
    that of CSV.

    Parameters
    ----------
    model : str or Path
        A model folder, or the output folder of a run.
    dataset : str or Path
        Any supported format; further columns are ignored.
    output : str or Path
        CSV to write: complete, or not at all.
    trust_code : bool, default False
        See :func:`mle_star.bundle.bundle.load`.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    StateError
        If the model cannot be used or the output not be written.
    DataError
        If the data cannot be read or a column is missing.
    """
    predicted = load(model, trust_code=trust_code).predict(Path(dataset))
    files.write_text(Path(output), predicted.to_csv(index=False))
    return len(predicted)
