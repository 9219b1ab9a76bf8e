"""Any column name becomes an identifier and comes back."""

from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st

from mle_star.data.columns import safe_names

HOSTILE = [
    *["", "class", "__class__", "__init__", "None", "match", "a b", "a_b", "a-b", "A_b", "É", "😀"],
    *["<script>alert(1)</script>", "'; DROP TABLE x; --", "../../etc", "two\nlines", '"', "{[]}"],
    *["1st", "x" * 10_000, "x" * 10_001, "straße", "STRASSE", "target", "Target", "\t", "%s", "🇩🇪"],
]


@given(st.lists(st.text(max_size=30) | st.sampled_from(HOSTILE), unique=True, max_size=30))
def test_the_rename_is_a_bijection_onto_identifiers(names: list[str]) -> None:
    safe = safe_names(names)
    assert list(safe) == names
    assert len(set(safe.values())) == len(names)
    for name in safe.values():
        assert name.isidentifier()
        assert name.isascii()
        assert len(name) <= 63
        assert not keyword.iskeyword(name)
        assert not name.startswith("_")


def test_all_hostile_names_at_once_survive() -> None:
    assert len(set(safe_names(HOSTILE).values())) == len(HOSTILE)


def test_names_that_are_safe_already_stay_even_when_another_name_would_become_them() -> None:
    safe = safe_names(["a b", "a_b", "a-b"])
    assert safe["a_b"] == "a_b"
    assert safe["a b"] != safe["a-b"]


def test_the_same_names_always_become_the_same() -> None:
    assert safe_names(HOSTILE) == safe_names(list(HOSTILE))
