from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path


def test_no_two_toolkit_modules_define_one_name(root: Path) -> None:
    names: list[str] = []
    for path in sorted((root / "engine" / "mle_star" / "toolkit").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.append(node.name)
            elif isinstance(node, ast.Assign):
                names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    assert [name for name, times in Counter(names).items() if times > 1] == []
