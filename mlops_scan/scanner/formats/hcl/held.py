"""What a Terraform resource holds that other formats define: containers of a cloud's service, workflows of states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlops_scan.scanner.formats import azapi, hosted, states, yamlnodes
from mlops_scan.scanner.formats.hcl import lookup
from mlops_scan.scanner.formats.hcl.bodies import of_each
from mlops_scan.scanner.formats.hcl.evaluate import evaluate
from mlops_scan.scanner.formats.hcl.nodes import Block, Expression
from mlops_scan.scanner.formats.hcl.scope import Scope
from mlops_scan.scanner.formats.hcl.values import (
    Encoded,
    Object,
    Place,
    Text,
    Unknown,
    Value,
    settled,
    spelled,
    to_number,
)
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar
from mlops_scan.scanner.model import Fact, Location

_OPEN = re.compile(r"(?<=[:\[,])(\s*)(\$\{[^{}\"\n]*\})")  # an unknown value that stands in JSON without quotes
_DEFINITIONS = ("definition", "pipeline_definition")
_NODES = 20_000


class Nodes:
    """Nodes of evaluated values that may stand in several files: a node's line is the number of its place."""

    def __init__(self, place: Place) -> None:
        self.places: list[Place] = [place]
        self.left = _NODES

    def locate(self, line: int, column: int) -> tuple[Location, tuple[()]]:
        """Where a node of this number stands."""
        return Location(*self.places[line if 0 <= line < len(self.places) else 0]), ()

    def node(self, value: Value, place: Place) -> Node:
        """The value as a node; JSON and YAML that a text holds are opened."""
        self.left -= 1
        value = settled(value)
        if isinstance(value, Encoded):
            return self.node(value.data, place)
        line = self._number(place)
        if isinstance(value, dict) and self.left > 0:
            own = getattr(value, "place", None) or place
            made = Mapping(self._number(own), 0)
            for key, item in value.items():
                if item is not None:
                    where = getattr(value, "places", {}).get(key) or own
                    made[key] = self.node(item, where)
                    made.places[key] = (self._number(where), 0)
            return made
        if isinstance(value, list) and self.left > 0:
            sequence = Sequence(line, 0)
            sequence.extend(self.node(item, place) for item in value)
            return sequence
        text = value.text if isinstance(value, Unknown) else value
        opened = self._opened(text, place) if isinstance(text, str) and text.lstrip()[:1] in ("{", "[") else None
        return opened if opened is not None else scalar(spelled(value), line, 0, bare=not isinstance(value, str))

    def _opened(self, text: str, place: Place) -> Node | None:
        try:
            found = next(iter(yamlnodes.parse(_OPEN.sub(r'\1"\2"', text))), None)
        except yamlnodes.YamlError:
            return None
        return self._moved(found, text if isinstance(text, Text) else None, place) if found is not None else None

    def _moved(self, node: Node, text: Text | None, place: Place) -> Node:
        """The parsed node with the numbers of its places."""

        def number(line: int) -> int:
            return self._number((text.path, text.line(line), 1) if text is not None else place)

        self.left -= 1
        if isinstance(node, Mapping):
            made = Mapping(number(node.line), 0)
            made.update((key, self._moved(value, text, place)) for key, value in node.items() if self.left > 0)
            made.places = {key: (number(line), 0) for key, (line, _) in node.places.items()}
            return made
        if isinstance(node, Sequence):
            sequence = Sequence(number(node.line), 0)
            sequence.extend(self._moved(value, text, place) for value in node if self.left > 0)
            return sequence
        return scalar(str(node), number(node.line), 0, bare=node.bare)

    def _number(self, place: Place) -> int:
        if self.places[-1] != place:
            self.places.append(place)
        return len(self.places) - 1


@dataclass(frozen=True, slots=True)
class Named:
    """What a resource is called, who it is, and what every fact about it also says."""

    name: str
    identity: str
    common: dict[str, str]


def containers(block: Block, made: Object, scope: Scope, who: Named) -> Iterator[Fact]:
    """Workload, container, image, command and env facts of a resource that runs containers."""
    kind, name = block.labels
    if kind in azapi.KINDS:
        kind = azapi.type_of(settled(made.get("type"))) or kind
    place = (block.path, *block.spot)
    if not hosted.runs_containers(kind):
        return
    nodes = Nodes(place)
    body = nodes.node(made, place)
    if isinstance(body, Mapping):
        declared = hosted.Declared(kind, who.name, body, who.identity, nodes.locate, who.common)
        runner = _runner(kind, name, scope)
        if runner is not None:
            runner = replace(runner, name=runner.name + who.name.removeprefix(name))
        yield from hosted.facts(declared, runner=runner)


def workflows(block: Block, made: Object, scope: Scope, who: Named) -> Iterator[Fact]:
    """Steps of a workflow that a resource holds; a file that is one by itself is told by its own parser."""
    for key in _DEFINITIONS:
        value = settled(made.get(key))
        text = value.text if isinstance(value, Unknown) else value
        if isinstance(text, Text) and text.path != block.path and not lookup.is_template(scope.files, text.path):
            continue
        place = made.places.get(key) or (block.path, *block.spot)
        if isinstance(text, str):
            nodes = Nodes(place)
            node = nodes.node(value, place)
            if not isinstance(node, Scalar):
                pipeline = text.path if isinstance(text, Text) else block.path
                yield from states.facts(node, nodes.locate, pipeline, who.common, f"{block.path}#{who.name}")


def files(value: Value, path: str) -> list[str]:
    """Other files whose text the value holds."""
    found: set[str] = set()
    waiting, left = [value], _NODES
    while waiting and left:
        one = settled(waiting.pop())
        left -= 1
        text = one.text if isinstance(one, Unknown) else one
        if isinstance(text, Text) and text.path != path:
            found.add(text.path)
        elif isinstance(text, Encoded):
            waiting.append(text.data)
        elif isinstance(text, dict):
            waiting.extend(text.values())
        elif isinstance(text, list):
            waiting.extend(text)
    return sorted(found)


def _runner(kind: str, name: str, scope: Scope) -> hosted.Runner | None:
    """The service of this module that keeps a task definition of it running."""
    if not kind.endswith("task_definition"):
        return None
    for (other, label), block in sorted(scope.module.resources.items()):
        named = block.body.attributes.get("task_definition")
        if named is not None and _leads_to(named.value, f"{kind}.{name}", block, scope):
            wanted = block.body.attributes.get("desired_count")
            count = to_number(settled(evaluate(wanted.value, scope.frame(block.path)))) if wanted is not None else None
            return hosted.Runner(other, label, count if isinstance(count, int) else None)
    return None


def _leads_to(expression: Expression, address: str, block: Block, scope: Scope) -> bool:
    """Whether a resource is named by its address, or by an element of what the block is repeated over."""
    if re.search(rf"\b{re.escape(address)}\b", expression.source):
        return True
    if not expression.source.startswith("each."):
        return False
    frame = scope.frame(block.path)
    value = evaluate(expression, frame.bind(**of_each(block, frame).names))
    return isinstance(value, Unknown) and value.ref == address
