"""YAML with line numbers: plain values only, without tags, anchors or merges."""

from __future__ import annotations

from typing import Any

import yaml

from mle_star.workflow.node import Node, SourceError, keep, usable
from mle_star.workflow.problems import Problems

_TAG = "tag:yaml.org,2002:"
_CONSTRUCT = yaml.constructor.SafeConstructor()


class _Loader(yaml.SafeLoader):
    """Refuses aliases: they can make a small file endless."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            line: int = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise SourceError(line, "anchors and aliases are not read: write it out")
        return super().compose_node(parent, index)


def read_yaml(text: str, problems: Problems) -> Node:
    """Read YAML.

    Parameters
    ----------
    text : str
        Of a whole file.
    problems : Problems
        Takes what is YAML but cannot be used.

    Raises
    ------
    SourceError
        If it is not YAML, or uses aliases.
    """
    try:
        composed = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise SourceError(line, f"not YAML at column {column}: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise SourceError(line, f"not YAML: {error.reason}") from None
    return Node(None, 1) if composed is None else _node(composed, None, problems)


def _node(node: yaml.Node, line: int | None, problems: Problems) -> Node:
    line = line or node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        return _mapping(node, line, problems)
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        return Node([_node(inner, None, problems) for inner in node.value], line)
    if isinstance(node, yaml.ScalarNode):
        try:
            return usable(_scalar(node), line, problems)
        except (ValueError, LookupError):
            problems.add(line, f"{node.value!r} cannot be read as {node.tag.removeprefix(_TAG)}")
            return Node(None, line)
    problems.add(line, f"values of the kind {node.tag.removeprefix(_TAG)} are not read")
    return Node(None, line)


def _mapping(node: yaml.MappingNode, line: int, problems: Problems) -> Node:
    entries: dict[str, Node] = {}
    for key, value in node.value:
        place = key.start_mark.line + 1
        if key.tag != f"{_TAG}str":
            shown = key.value if isinstance(key, yaml.ScalarNode) else "a list or mapping"
            problems.add(place, f"the key {shown} is not text: put it in quotes")
        else:
            keep(entries, key.value, _node(value, place, problems), problems)
    return Node(entries, line)


def _scalar(node: yaml.ScalarNode) -> Any:
    kind = node.tag.removeprefix(_TAG)
    match kind:
        case "str" | "timestamp":
            return node.value
        case "null":
            return None
        case "bool":
            return _CONSTRUCT.construct_yaml_bool(node)
        case "int":
            return _CONSTRUCT.construct_yaml_int(node)
        case "float":
            return _CONSTRUCT.construct_yaml_float(node)
    raise ValueError(kind)
