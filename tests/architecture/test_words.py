"""The repository speaks of the project alone."""

from __future__ import annotations

import re
import subprocess

import pytest
from tests.architecture.source import ROOT

FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+)/|(?:npmjs|pythonhosted|pypi|deb\.debian)\.(?:org|com)"
)


def test_no_machine_path_and_no_registry_host_is_named() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if not names:
        pytest.skip("not a git checkout")

    found = [
        f"{name}: {match.group()}"
        for name in names
        if (ROOT / name).is_file() and name != "tests/architecture/test_words.py"
        for match in FORBIDDEN.finditer((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]

    assert found == []
