"""A file holds one noun, a function one thought."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest
from tests.architecture.source import ROOT, tree

FILE_LINES = 350
FUNCTION_LINES = 40


def _tracked(suffixes: tuple[str, ...]) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    ).stdout.decode()
    names = [name for name in listed.split("\0") if name.endswith(suffixes)]
    if not names:
        pytest.skip("not a git checkout")
    return [path for name in names if (path := ROOT / name).is_file()]


def test_no_file_outgrows_one_noun() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in _tracked((".py", ".js"))
    }

    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_outgrows_one_thought() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": lines
        for path in _tracked((".py",))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := _lines_without_docstring(node)) > FUNCTION_LINES
    }

    assert too_long == {}


def _lines_without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
