"""CloudFormation and SAM templates, YAML or JSON: each resource with its properties, intrinsics kept as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kube.data import key_places
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_TEMPLATE = re.compile(
    rb"AWSTemplateFormatVersion|Transform[\"']?[ \t]*:[ \t]*[\"']?AWS::|Type[\"']?[ \t]*:[ \t]*[\"']?AWS::"
)
_INTRINSIC = re.compile(r"(?:Ref|Condition|Fn::\w+)\Z")
_EXPRESSION_CHARS = 120


class CloudFormationTemplates(Parser):
    """Resources by logical id. A parameter's default takes the place of a `Ref` to it."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml", "*.json", "*.template")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and b"Resources" in source.data and _TEMPLATE.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        for document in parsed.documents:
            resources = yamlnodes.child(document, "Resources")
            if not isinstance(resources, Mapping):
                continue
            values = _Values(yamlnodes.child(document, "Parameters"))
            for name, resource in resources.items():
                kind = yamlnodes.text(resource, "Type")
                if isinstance(resource, Mapping) and "::" in kind:
                    place = resources.places.get(name, (resource.line, resource.column))
                    yield _resource(source.path, name, kind, resource, place, values)
                    yield from _schedule(source.path, name, resource)
        if b"AWSTemplateFormatVersion" in source.data:
            yield from parsed.notes


def _resource(path: str, name: str, kind: str, node: Mapping, place: tuple[int, int], values: _Values) -> Fact:
    tags = yamlnodes.child(node, "Properties", "Tags")
    says = {
        "platform": "cloudformation",
        "type": kind,
        "labels": _tags(tags),
        "data": {key: values.plain(value) for key, value in node.items() if key != "Type"},
        "lines": {dotted: line for dotted, (line, _) in key_places(node)},
        "origin": "raw",
        "id": f"{path}#{name}",
    }
    return Fact("resource", name, Location(path, *place), says)


def _schedule(path: str, name: str, resource: Mapping) -> Iterator[Fact]:
    properties = resource.get("Properties")
    text = yamlnodes.text(properties, "ScheduleExpression")
    if text:
        says = {"owner": f"{path}#{name}", "where": "config"}
        if yamlnodes.text(properties, "State") == "DISABLED":
            says["state"] = "disabled"
        yield Fact("schedule", text, yamlnodes.at(path, properties, "ScheduleExpression"), says)


def _tags(node: Node | None) -> dict[str, str]:
    if isinstance(node, Mapping):
        return {key: str(value) for key, value in node.items() if isinstance(value, Scalar)}
    pairs = [(yamlnodes.text(one, "Key"), yamlnodes.text(one, "Value")) for one in yamlnodes.items(node)]
    return {key: value for key, value in pairs if key}


class _Values:
    """Plain data of properties: `!Sub x` and {"Fn::Sub": x} alike become {"expr": text}."""

    def __init__(self, parameters: Node | None) -> None:
        self.defaults = {
            name: yamlnodes.typed(default)
            for name, one in (parameters.items() if isinstance(parameters, Mapping) else ())
            if isinstance(default := yamlnodes.child(one, "Default"), Scalar)
        }
        self.left = 0

    def plain(self, node: Node) -> Any:
        self.left = bounds.FACT_NODES
        return self._plain(node, 0)

    def _plain(self, node: Node, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth > bounds.YAML_DEPTH:
            return None
        if node.tag.startswith("!") and len(node.tag) > 1:
            return self._intrinsic(node.tag[1:], node)
        if isinstance(node, Mapping):
            if len(node) == 1 and _INTRINSIC.match(key := next(iter(node))):
                return self._intrinsic(key.removeprefix("Fn::"), node[key])
            return {key: self._plain(value, depth + 1) for key, value in node.items()}
        if isinstance(node, Sequence):
            return [self._plain(value, depth + 1) for value in node]
        value = yamlnodes.typed(node)
        return value[: bounds.FACT_TEXT] if isinstance(value, str) else value

    def _intrinsic(self, name: str, node: Node) -> Any:
        if name == "Ref" and isinstance(node, Scalar) and str(node) in self.defaults:
            return self.defaults[str(node)]
        return {"expr": f"!{name} {_written(node)}"[:_EXPRESSION_CHARS]}


def _written(node: Node) -> str:
    if isinstance(node, Scalar):
        return str(node)
    if isinstance(node, Sequence):
        return "[" + ", ".join(_written(one) for one in node[:5]) + "]"
    return "{" + ", ".join(list(node)[:5]) + "}"
