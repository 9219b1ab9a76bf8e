from __future__ import annotations

import ast

import pytest

from mle_star.bundle.source import (
    indented,
    packages,
    toolkit_modules,
    toolkit_source,
    without_toolkit_imports,
)


def _run(source: str) -> dict[str, object]:
    scope: dict[str, object] = {}
    exec(source, scope)
    return scope


@pytest.mark.parametrize(
    "body",
    [
        'x = """one\n  two\n\nthree"""',
        "x = f'''{1 + 1}\n  kept {'a'}\n'''",
        "x = '''a\n''' + '''\n b'''",
        "x = (1,\n  2)\n# note\nif x:\n    x = 'y \\\n z'",
        'def f():\n    """Doc\n    string."""\n    return """\n  q"""\nx = f() + (f.__doc__ or "")',
    ],
)
def test_indenting_leaves_values_as_they_are(body: str) -> None:
    within = f"def g():\n{indented(body)}\n    return x"

    assert _run(within)["g"]() == _run(body)["x"]  # type: ignore[operator]


def test_toolkit_imports_go_and_the_rest_stays_to_the_letter() -> None:
    source = (
        "from typing import Any\n\n\ndef features(columns):\n"
        "    from mle_star.toolkit.dates import DateParts\n"
        "    from mle_star.toolkit.native import (\n        NativeCategories,\n    )\n\n"
        "    # a note\n    return [DateParts(), NativeCategories()]"
    )

    expected = (
        "from typing import Any\n\n\ndef features(columns):\n"
        "    # a note\n    return [DateParts(), NativeCategories()]"
    )
    assert without_toolkit_imports(source) == expected


def test_an_import_under_another_name_becomes_an_assignment() -> None:
    source = "from mle_star.toolkit.native import OrdinalCodes as Codes"

    assert without_toolkit_imports(source) == "Codes = OrdinalCodes"


def test_a_body_of_imports_alone_still_parses() -> None:
    source = "def f():\n    from mle_star.toolkit.native import OrdinalCodes\n\n\nx = 1"

    assert ast.parse(without_toolkit_imports(source))


def test_a_toolkit_name_that_a_member_rebinds_is_fetched_from_the_globals() -> None:
    source = "from mle_star.toolkit.native import OrdinalCodes\nOrdinalCodes = [OrdinalCodes]"

    moved = without_toolkit_imports(source, within_function=True)

    body = f"OrdinalCodes = 5\ndef g():\n{indented(moved)}\n    return OrdinalCodes"
    assert _run(body)["g"]() == [5]  # type: ignore[operator]


def test_modules_come_after_those_they_need() -> None:
    names = toolkit_modules(["from mle_star.toolkit.main import run_script"])

    seen: set[str] = set()
    for name in names:
        assert set(toolkit_modules([toolkit_source(name)])) <= seen
        seen.add(name)
    assert {"main", "table", "ensemble", "pipeline"} == seen


def test_packages_are_found_within_functions() -> None:
    assert packages("def f():\n    import lightgbm.sklearn\n    from xgboost import x") == {
        "lightgbm",
        "xgboost",
    }
