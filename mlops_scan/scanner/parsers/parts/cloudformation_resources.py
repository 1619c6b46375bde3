"""CloudFormation and SAM templates, YAML or JSON: each resource with its properties, intrinsics evaluated where the
template's own defaults tell; the containers, schedules and workflows that resources hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import hosted, intrinsics, yamlnodes
from mlops_scan.scanner.formats.intrinsics import Open, Template
from mlops_scan.scanner.formats.kube.data import key_places
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact, Location, Note

_TIMES = ("ScheduleExpression", "Schedule")
_Services = dict[str, tuple[str, Node]]
_DEFINITIONS = ("DefinitionString", "Definition", "PipelineDefinition")


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    parsed = yamlnodes.documents(source)
    for document in parsed.documents:
        resources = yamlnodes.child(document, "Resources")
        if not isinstance(resources, Mapping):
            continue
        template = intrinsics.Template(document)
        services = _services(resources)
        for name, resource in resources.items():
            kind = yamlnodes.text(resource, "Type")
            if isinstance(resource, Mapping) and "::" in kind:
                place = resources.places.get(name, (resource.line, resource.column))
                template.left = intrinsics.STEPS
                yield from _Resource(source.path, name, kind, resource, document, template, services).facts(place)
    if b"AWSTemplateFormatVersion" in source.data:
        yield from parsed.notes


class _Resource:
    def __init__(
        self, path: str, name: str, kind: str, node: Mapping, document: Node, template: Template, services: _Services
    ) -> None:
        self.services = services
        self.path, self.name, self.kind, self.node = path, name, kind, node
        self.document, self.template = document, template
        resolved = template.resolve(node)
        self.resolved = resolved if isinstance(resolved, Mapping) else node
        self.properties = _with_globals(document, kind, self.resolved.get("Properties"), template)
        self.id = f"{path}#{name}"
        off = template.holds(yamlnodes.text(node, "Condition")) is False
        self.common = {"state": "disabled"} if off else {}

    def facts(self, place: tuple[int, int]) -> Iterator[Fact]:
        says = {
            "platform": "cloudformation",
            "type": self.kind,
            "labels": _tags(yamlnodes.child(self.properties, "Tags")),
            "data": {key: _Plain().convert(value) for key, value in self._whole().items() if key != "Type"},
            "lines": {dotted: line for dotted, (line, _) in key_places(self.node)},
            "origin": "raw",
            "id": self.id,
            **self.common,
        }
        yield Fact("resource", self.name, Location(self.path, *place), says)
        yield from self._schedules(self.properties)
        events = yamlnodes.child(self.properties, "Events")
        for event in events.values() if isinstance(events, Mapping) else ():
            yield from self._schedules(yamlnodes.child(event, "Properties"))
        if self.properties is not None:
            yield from self._definition(self.properties)
            declared = hosted.Declared(self.kind, self.name, self.properties, self.id, self._locate, self.common)
            yield from hosted.facts(declared, runner=self._runner(), build=self._build())
            yield from hosted.held_images(declared)

    def _whole(self) -> dict[str, Node]:
        return {**self.resolved, **({"Properties": self.properties} if self.properties is not None else {})}

    def _locate(self, line: int, column: int) -> tuple[Location, tuple[()]]:
        return Location(self.path, line, column), ()

    def _schedules(self, properties: Node | None) -> Iterator[Fact]:
        for key in _TIMES:
            text = yamlnodes.text(properties, key)
            if text:
                off = (
                    yamlnodes.text(properties, "State") == "DISABLED"
                    or yamlnodes.text(properties, "Enabled") == "false"
                )
                says = {"owner": self.id, "where": "config", **({"state": "disabled"} if off else {}), **self.common}
                yield Fact("schedule", text, yamlnodes.at(self.path, properties, key), says)

    def _definition(self, properties: Mapping) -> Iterator[Fact]:
        """The workflow that a resource holds, as data or as text."""
        from mlops_scan.scanner.formats import states  # few templates hold one

        for key in _DEFINITIONS:
            written = properties.get(key)
            body = yamlnodes.child(written, "PipelineDefinitionBody")
            written = body if body is not None else written
            if isinstance(written, Scalar):
                first = written.line + 1 if written.block else written.line
                try:
                    written = next(iter(yamlnodes.parse(str(written), first_line=first)), None)
                except yamlnodes.YamlError:
                    continue
            yield from states.facts(written, self._locate, self.path, self.common, self.id)

    def _runner(self) -> hosted.Runner | None:
        """The service of this template that keeps a task of it running."""
        name, one = self.services.get(self.name, ("", None))
        if one is None:
            return None
        wanted = yamlnodes.child(one, "Properties", "DesiredCount")
        count = self.template.resolve(wanted) if wanted is not None else None
        number = yamlnodes.typed(count) if isinstance(count, Scalar) and not isinstance(count, Open) else None
        return hosted.Runner(yamlnodes.text(one, "Type"), name, number if isinstance(number, int) else None)

    def _build(self) -> dict[str, Any]:
        """Where the image of a function is built from."""
        metadata = self.resolved.get("Metadata")
        context, dockerfile = yamlnodes.text(metadata, "DockerContext"), yamlnodes.text(metadata, "Dockerfile")
        return {"build_context": context or ".", "dockerfile": dockerfile} if context or dockerfile else {}


def _services(resources: Mapping) -> _Services:
    """Task -> the name and node of the service that runs it."""
    found: _Services = {}
    for name, one in resources.items():
        task = yamlnodes.child(one, "Properties", "TaskDefinition")
        if task is not None:
            named = str(task) if isinstance(task, Scalar) else yamlnodes.text(task, "Ref")
            found.setdefault(named, (name, one))
    return found


def _with_globals(document: Node, kind: str, properties: Node | None, template: Template) -> Mapping | None:
    """The properties, completed by what a SAM template says of all resources of the kind."""
    if not isinstance(properties, Mapping):
        properties = None
    if not kind.startswith("AWS::Serverless::"):
        return properties
    common = yamlnodes.child(document, "Globals", kind.rpartition("::")[2])
    shared = template.resolve(common) if isinstance(common, Mapping) else None
    if not isinstance(shared, Mapping):
        return properties
    own = properties if properties is not None else Mapping(shared.line, shared.column)
    made = Mapping(own.line, own.column)
    made.places = {**shared.places, **own.places}
    made.update({**shared, **own})
    return made


def _tags(node: Node | None) -> dict[str, str]:
    if isinstance(node, Mapping):
        return {key: str(value) for key, value in node.items() if isinstance(value, Scalar)}
    pairs = [(yamlnodes.text(one, "Key"), yamlnodes.text(one, "Value")) for one in yamlnodes.items(node)]
    return {key: value for key, value in pairs if key}


class _Plain:
    """Plain data of properties: what only a deployment tells becomes {"expr": text}."""

    def __init__(self) -> None:
        self.left = bounds.FACT_NODES

    def convert(self, node: Node, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0 or depth > bounds.YAML_DEPTH:
            return None
        if isinstance(node, Open):
            return {"expr": node.expr}
        if isinstance(node, Mapping):
            return {key: self.convert(value, depth + 1) for key, value in node.items()}
        if isinstance(node, Sequence):
            return [self.convert(value, depth + 1) for value in node]
        value = yamlnodes.typed(node)
        return value[: bounds.FACT_TEXT] if isinstance(value, str) else value
