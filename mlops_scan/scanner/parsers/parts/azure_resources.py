"""Azure resource templates: Bicep files, and ARM templates in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import bicep, bicepmodules, hosted, yamlnodes
from mlops_scan.scanner.formats.kube.data import brief
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node
from mlops_scan.scanner.model import Fact, Location, Note

_NESTED = 8  # templates within templates
_LINES_DEPTH = 3


def declared(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    def locate(line: int, column: int) -> tuple[Location, tuple[()]]:
        return Location(source.path, line, column), ()

    values = bicep.defaults(source.text)
    left_out = bicepmodules.switched_off(tree, source.path)
    for one in bicep.resources(source.text):
        says: dict[str, Any] = {"platform": "bicep", "type": one.type, "data": one.data, "lines": one.lines}
        says["id"] = f"bicep:{source.path}#{one.name}"
        if one.off or left_out:
            says["state"] = "disabled"
        at = Location(source.path, one.line, one.column, one.end_line)
        yield Fact("resource", one.name, at, {key: value for key, value in says.items() if value})
        common = {"state": "disabled"} if one.off or left_out else {}
        body = bicep.node(one.data, values, one.line) if hosted.runs_containers(one.type) else None
        if isinstance(body, Mapping):
            yield from hosted.facts(hosted.Declared(one.type, one.name, body, says["id"], locate, common))


def deployed(source: SourceFile) -> Iterator[Fact | Note]:
    parsed = yamlnodes.documents(source)
    yield from parsed.notes
    for document in parsed.documents:
        yield from _template(source.path, document, 0)


def _template(path: str, template: Node, depth: int) -> Iterator[Fact]:
    found = yamlnodes.child(template, "resources")
    for one in found.values() if isinstance(found, Mapping) else yamlnodes.items(found):
        yield from _resource(path, one, "", depth)


def _resource(path: str, node: Node, parent: str, depth: int) -> Iterator[Fact]:
    kind = yamlnodes.text(node, "type")
    if not isinstance(node, Mapping) or not kind or depth > _NESTED or yamlnodes.text(node, "existing") == "true":
        return
    if parent and "." not in kind.split("/", 1)[0]:
        kind = f"{parent}/{kind}"
    name = yamlnodes.text(node, "name")
    says: dict[str, Any] = {
        "platform": "arm",
        "type": kind,
        "data": {key: brief(value) for key, value in node.items() if key not in ("type", "resources")},
        "lines": dict(_lines(node, "", 1)),
        "id": f"arm:{path}#{kind}/{name}",
    }
    if yamlnodes.text(node, "condition").lower() in ("false", "[false()]"):
        says["state"] = "disabled"
    nested = yamlnodes.child(node, "properties", "template")
    if isinstance(nested, Mapping):
        says["data"].pop("properties", None)
    yield Fact(
        "resource", name, Location(path, node.line, node.column), {key: value for key, value in says.items() if value}
    )
    common = {"state": says["state"]} if "state" in says else {}

    def locate(line: int, column: int) -> tuple[Location, tuple[()]]:
        return Location(path, line, column), ()

    if nested is None:
        yield from hosted.facts(hosted.Declared(kind, name, node, says["id"], locate, common))
    for one in yamlnodes.items(node, "resources"):
        yield from _resource(path, one, kind, depth + 1)
    if isinstance(nested, Mapping):
        yield from _template(path, nested, depth + 1)


def _lines(node: Mapping, prefix: str, depth: int) -> Iterator[tuple[str, int]]:
    for key, value in node.items():
        yield f"{prefix}{key}", node.places[key][0]
        if isinstance(value, Mapping) and depth < _LINES_DEPTH:
            yield from _lines(value, f"{prefix}{key}.", depth + 1)
