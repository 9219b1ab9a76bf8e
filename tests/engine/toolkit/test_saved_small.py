"""What a model saves of text is small, and comes back the same."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import skops.io

from mle_star.toolkit.native import OrdinalCodes
from mle_star.toolkit.text import CompactTfidf, TextVectors

WORDS = np.array(["red", "green", "blue", "soft", "hard", "warm", "cold", "light", "dark"])


def _texts(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"t": [" ".join(rng.choice(WORDS, 6)) for _ in range(rows)]}, dtype="str")


def test_a_vocabulary_is_saved_as_one_text() -> None:
    fitted = CompactTfidf().fit(_texts(50)["t"])

    state = fitted.__getstate__()

    assert isinstance(state["vocabulary_"], str)
    assert pickle.loads(pickle.dumps(fitted)).vocabulary_ == fitted.vocabulary_


def test_text_vectors_come_back_bit_for_bit() -> None:
    table = _texts(300)
    fitted = TextVectors(["t"], chars=True).fit(table)
    data = skops.io.dumps(fitted)

    loaded = skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))

    assert (fitted.transform(table) != loaded.transform(table)).nnz == 0


def test_a_column_of_many_values_becomes_its_length() -> None:
    table = pd.DataFrame({"free": [f"text {i}" for i in range(20)], "kind": ["a", "b"] * 10})
    table = table.astype("str")

    made = OrdinalCodes(limit=10).fit_transform(table)

    assert made["free"].tolist() == [6.0] * 10 + [7.0] * 10
    assert made["kind"].tolist() == [0.0, 1.0] * 10
