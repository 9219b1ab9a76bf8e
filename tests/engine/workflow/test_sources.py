"""JSON and YAML files: the same graph, the right lines, and no file that does harm."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.workflow.files import read, read_path, refusal, task, written

from mle_star.errors import UsageError
from mle_star.workflow.json_source import read_json
from mle_star.workflow.node import SourceError
from mle_star.workflow.problems import Problems
from mle_star.workflow.source import LARGEST
from mle_star.workflow.yaml_source import read_yaml

YAML = """\
# a comment
variables:
  target: größe 😀
  day: 2024-01-31
settings: {maxConcurrency: 2, failurePolicy: fail-fast}
tasks:
  - id: web_search_phase
    search_depth: quick
  - {id: dataset_analysis, timeout: 1:30}
  - id: foundation_building
    merge: no
    condition: >
      rows > 100
      and techniques > 0
"""


def test_yaml_is_read(tmp_path: Path) -> None:
    workflow = read(tmp_path, YAML, name="flow.yaml")

    assert workflow.variables["target_column"] == "größe 😀"
    assert workflow.variables["day"] == "2024-01-31"
    assert workflow.settings.max_concurrency == 2
    assert workflow.settings.failure_policy == "fail-fast"
    assert task(workflow, "web_search_phase").parameters == {"search_iterations": 1}
    assert task(workflow, "dataset_analysis").timeout == 90
    assert task(workflow, "foundation_building").parameters == {"merge": False}
    condition = task(workflow, "foundation_building").condition
    assert condition
    assert condition.text == "rows > 100 and techniques > 0"


@pytest.mark.parametrize("name", ["a.yml", "a.YAML", "a.json", "a.JSON"])
def test_the_ending_says_the_form(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, {"name": "flow"}, name=name).name == "flow"


@pytest.mark.parametrize(
    ("text", "name", "lines"),
    [
        ('{\n\t"name": "x",\n\t"tsaks":\n\t[]\n}', "a.json", ["3"]),
        ('\ufeff{"name":\r\n"x",\r\n"settings": {"a": 1,\r\n "b": 2}}', "a.json", ["3", "4"]),
        ('{"agents": [\n1,\n{"id": "x"}]}', "a.json", ["2", "2", "3"]),
        ("name: x\ntsaks:\n\n  - 1\n", "a.yaml", ["2"]),
        ("agents:\n- 1\n- id: x\n  type: y\n", "a.yaml", ["2", "2", "3", "4"]),
        ('{"variables": {"a": "\\"\\\\\\u2028", "a b": 1},\n "b": 1}', "a.json", ["2"]),
    ],
)
def test_a_problem_is_told_with_the_line_of_its_key(
    tmp_path: Path, text: str, name: str, lines: list[str]
) -> None:
    found = refusal(tmp_path, text, name=name)

    assert [line.split(":")[0] for line in found] == lines


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ('{\n"a": 1,\n}', "a.json", "a.json:[23]: not JSON at column"),
        ('{"a": Infinity}', "a.json", "a.json:1: not JSON: Infinity is not a number"),
        ("", "a.json", "a.json:1: not JSON"),
        ("a: [1\nb: 2", "a.yaml", "a.yaml:2: not YAML at column"),
        ("a: 1\nb: \x07", "a.yaml", "a.yaml:2: not YAML"),
        ("a: &x [1]\nb: *x", "a.yaml", "a.yaml:2: anchors and aliases are not read"),
        ("a: 1\n---\nb: 2", "a.yaml", "a.yaml:2: not YAML at column 1"),
        ("[" * 50_000, "a.yaml", "nested too deeply"),
        ("[" * 50_000, "a.json", "nested too deeply"),
        (" " * (LARGEST + 1), "a.json", "more than 262144 bytes"),
        ("name: x", "a.toml", "ends in none of .json"),
    ],
)
def test_what_is_not_its_form_is_refused_with_its_place(
    tmp_path: Path, text: str, name: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        read(tmp_path, text, name=name)

    assert caught.value.remedy


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "latin.json").write_bytes(b'{"name": "gr\xf6\xdfe"}')

    for name, reason in [
        ("missing.json", "there is no workflow file"),
        ("folder.json", "there is no workflow file"),
        ("latin.json", "cannot read"),
        ("nul\0.json", "cannot read|there is no"),
    ]:
        with pytest.raises(UsageError, match=reason):
            read_path(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: x\nname: y", "2: 'name' stands twice, first in line 1"),
        ("settings:\n  1: 2", "2: the key 1 is not text"),
        ("settings:\n  on: 2", "2: the key on is not text"),
        (
            "name: !!python/name:os.system x",
            "1: 'x' cannot be read as python/name:os.system",
        ),
        ("settings: !!set {a, b}", "1: values of the kind set are not read"),
        ("settings: {timeout: !!int x}", "1: 'x' cannot be read as int"),
        ("settings: {timeout: .nan}", "1: a number must be finite"),
        ("- 1", "1: the file must be a mapping, got \\[1\\]"),
    ],
)
def test_yaml_beyond_plain_values_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert any(re.match(reason, line) for line in refusal(tmp_path, text, name="a.yaml"))


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(_PLAIN, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_is_read_as_the_standard_module_reads_it(value: Any, indent: Any, raw: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=not raw)
    if raw and any("\ud800" <= letter <= "\udfff" for letter in text):
        return

    assert read_json(text, Problems()).plain() == value


@given(st.text("{}[]:,-#&*!|>'\"% \n\ta1é.0~<=@`?", max_size=40))
def test_any_text_is_yaml_or_is_refused(text: str) -> None:
    line = 1
    try:
        read_yaml(text, Problems())
    except SourceError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1


_KEYS = ["name", "variables", "agents", "tasks", "dependencies", "settings", "id", "type", "phase"]
_KEYS += [
    "depends",
    "assignTo",
    "condition",
    "input",
    "config",
    "retries",
    "timeout",
    "quality_threshold",
]
_WORDS = ["web_search_phase", "dataset_analysis", "foundation_building", "search_agent", "analysis"]
_WORDS += ["${a}", "${web_search_phase.output}", "score > 1", "researcher", "refinement", "${"]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(_WORDS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(_KEYS[:6]), _ANY, min_size=1))
def test_any_file_is_a_graph_or_is_refused_with_a_line(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    path = written(tmp_path_factory.getbasetemp(), content, "any.json")
    try:
        told = read_path(path).tasks[0].phase in ("profile", "search")
    except UsageError as error:
        told = f"{path}:" in error.problem and bool(error.remedy)
    assert told
