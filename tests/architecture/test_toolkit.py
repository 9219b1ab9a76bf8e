"""The toolkit is inlined into the shipped solution.py, so it must stand on its own."""

from __future__ import annotations

import ast
from collections import Counter

from tests.architecture.source import modules, tree

ALLOWED = {
    "__future__",
    "typing",
    "collections",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "threadpoolctl",  # comes with scikit-learn
}

STANDARD = {
    "argparse",
    "bisect",
    "inspect",
    "csv",
    "datetime",
    "functools",
    "gzip",
    "io",
    "itertools",
    "json",
    "math",
    "pathlib",
    "re",
    "sys",
    "warnings",
    "contextlib",
    "copy",
    "os",
    "unicodedata",
    "dataclasses",
}


def _toolkit() -> dict[str, ast.Module]:
    return {
        name: tree(path) for name, path in modules().items() if name.startswith("mle_star.toolkit.")
    }


def test_top_level_imports_are_numpy_pandas_scipy_and_scikit_learn_only() -> None:
    foreign = {
        (name, module)
        for name, module_tree in _toolkit().items()
        for node in module_tree.body
        for module in _imported(node)
        if module.split(".")[0] not in ALLOWED | STANDARD
        and not module.startswith("mle_star.toolkit.")
    }

    assert foreign == set()


def test_top_level_names_are_unique_across_modules() -> None:
    counts = Counter(name for module in _toolkit().values() for name in _defined(module))

    assert {name for name, count in counts.items() if count > 1} == set()


def test_imports_within_the_toolkit_are_whole_lines_of_names() -> None:
    for name, module in _toolkit().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Import):
                assert not any(a.name.startswith("mle_star") for a in node.names), name
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mle_star"):
                assert all(alias.asname is None for alias in node.names), name


def _imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _defined(module: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names
