"""What code declares as facts: resources of a platform, Kubernetes objects, workloads, images, schedules."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import hosted, images, kube
from mlops_scan.scanner.formats.kube.data import key_places, text_map
from mlops_scan.scanner.formats.python.constructs import pods
from mlops_scan.scanner.formats.python.constructs.codenodes import Defaulted, Unknown
from mlops_scan.scanner.formats.python.constructs.declared import Declared, use_of
from mlops_scan.scanner.formats.python.constructs.references import References
from mlops_scan.scanner.formats.python.constructs.templates import BESIDE
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, child, typed
from mlops_scan.scanner.formats.yamlnodes import Sequence as Listed
from mlops_scan.scanner.model import Fact, Location, Place

_DEPTH = 30
_HANDED = re.compile(r"\$\{[A-Za-z_]\w*\}\Z")  # a variable alone
_TAGS = ("tags", "Tags", "labels", "user_labels")
_CELL = "cell"
_DESCRIBING = ("cloudformation", "terraform")  # whose resources may describe containers that others run


def facts(source: Source, declared: Sequence[Declared]) -> Iterator[Fact]:
    """The facts of all that one file declares."""
    yield from _Emitter(source, declared).facts()


class _Emitter:
    def __init__(self, source: Source, declared: Sequence[Declared]) -> None:
        self.path, self.source, self.declared = source.path, source, declared
        self.seen: Counter[str] = Counter()
        self.places: set[tuple[int, int, str, int]] = set()
        self.keepers = {(id(task), use_of(one)): one for one in reversed(declared) if (task := _task(one)) is not None}
        self.cells = {one.line: one.cell for one in source.origins}
        self.ids: dict[tuple[int, int], str] = {}  # of resources, by the call that declares and its use
        self.homes = {id(one): self._home(one) for one in declared if one.form == "resource" and one.type}
        self.references = References(declared, self.homes)
        self.left = 0

    def facts(self) -> Iterator[Fact]:
        found = [fact for one in self.declared for fact in self._facts(one)]
        owned = {(fact.at, fact.name) for fact in found if fact.kind == "image" and self._is_owned(fact)}
        for fact in found:
            if fact.kind != "image" or self._is_owned(fact) or (fact.at, fact.name) not in owned:
                yield self._celled(fact)

    def _is_owned(self, image: Fact) -> bool:
        """Whether a resource runs the image: then what only mentions it has no more to say."""
        return image.get("owner") in self.homes.values()

    def _home(self, one: Declared) -> str:
        return kube.distinct(f"{self.path}#{one.type}/{one.name}", self.seen)

    def _facts(self, one: Declared) -> Iterator[Fact]:
        if one.platform == "kubernetes" and one.form in ("resource", "object"):
            yield from self._object(one.data, use_of(one))
        elif one.form == "run":
            yield from self._workload(one)
        elif one.form == "image":
            yield from self._image(one)
        elif one.form == "schedule":
            yield from self._schedule(one, one.data["schedule"])
        else:
            resource = self._resource(one)
            yield resource
            yield from self._hosted(one, str(resource.get("id")))

    def _celled(self, fact: Fact) -> Fact:
        if not self.source.origins:
            return fact
        cell = self.cells.get(fact.at.line)
        return fact if cell is None else replace(fact, says={**fact.says, _CELL: cell})

    def _locate(self, line: int, column: int) -> tuple[Location, tuple[Place, ...]]:
        return Location(self.path, line, column), ()

    def _object(self, document: Mapping, use: int) -> Iterator[Fact]:
        place = (document.line, document.column, str(document.get("kind")), use)
        if place in self.places:
            return
        self.places.add(place)
        identity = kube.distinct(kube.workload_id(self.path, document), self.seen)
        for fact in kube.facts(document, self._locate, origin="python", identity=identity):
            if fact.kind != "image" or not _HANDED.match(str(fact.get("raw"))):  # whoever calls the function names it
                yield fact

    def _resource(self, one: Declared) -> Fact:
        self.left = bounds.FACT_NODES
        place = (one.data.line, one.data.column)
        tags = next((found for key in _TAGS if isinstance(found := _tags(one.data, key), Mapping)), None)
        says: dict[str, Any] = {
            "platform": one.platform,
            "type": one.type,
            "labels": text_map(tags),
            "data": self._plain(one.data, one),
            "lines": {dotted: line for dotted, (line, _) in key_places(one.data)},
            "origin": one.origin,
            "id": self.homes.get(id(one)) or self._home(one),
            "state": "disabled" if one.off else "",
            "named": dict(one.named.value) if isinstance(one.named, Unknown) else None,
        }
        if one.call is not None:
            place = (one.call.line, one.call.column)
            self.ids.setdefault((id(one.call.call), use_of(one)), says["id"])
        if one.platform in _DESCRIBING and not hosted.runs_containers(one.type):
            says["builds"] = list(pods.builds(one.data))
        kept = {key: value for key, value in says.items() if value}
        return Fact("resource", one.name, Location(self.path, *place), kept)

    def _hosted(self, one: Declared, identity: str) -> Iterator[Fact]:
        """The containers that a resource of a cloud runs, and the images of those that it describes."""
        body = one.data.get("Properties", one.data)
        if not isinstance(body, Mapping):
            return
        common = {"state": "disabled"} if one.off else {}
        declared = hosted.Declared(one.type, one.name, body, identity, self._locate, common)
        if hosted.runs_containers(one.type):
            yield from hosted.facts(declared, self._runner(one), pods.build(body))
        elif one.platform in _DESCRIBING:
            yield from hosted.held_images(declared)

    def _runner(self, one: Declared) -> hosted.Runner | None:
        """The service that keeps a task running."""
        if one.call is None or "task" not in one.type.lower():
            return None
        other = self.keepers.get((id(one.call.call), use_of(one)))
        if other is None:
            return None
        body = other.data.get("Properties", other.data)
        count = child(body, "DesiredCount") or child(body, "desired_count")
        number = typed(count) if isinstance(count, Scalar) else None
        return hosted.Runner(other.type, other.name, number if isinstance(number, int) else None)

    def _plain(self, node: Node | None, of: Declared, depth: int = 0, key: str = "") -> Any:
        self.left -= 1
        if node is None or self.left < 0 or depth > _DEPTH:
            return None
        if isinstance(node, Mapping):
            if BESIDE in node:
                return self.references.beside(of, str(node[BESIDE]))
            return {name: self._plain(value, of, depth + 1, name) for name, value in node.items() if self.left > 0}
        if isinstance(node, Listed):
            return [self._plain(value, of, depth + 1, key) for value in node if self.left > 0]
        if isinstance(node, Unknown):
            return self.references.unknown(node, of, key)
        if isinstance(node, Defaulted) and of.origin == "python":
            return dict(node.value)
        if (led := self.references.constant(str(node), of, key)) is not None:
            return led
        value = typed(node)
        return value[: bounds.FACT_TEXT] if isinstance(value, str) else value

    def _workload(self, one: Declared) -> Iterator[Fact]:
        """A workload of a platform that is no Kubernetes: containers are read as those of a pod."""
        if "containers" not in one.data:
            return  # a form that nothing was put in
        document = pods.pod(one)
        containers = child(document, "spec", "template", "spec", "containers")
        build, named = pods.build(containers), one.data.get("app")
        app = {"app": str(named)} if isinstance(named, Scalar) else {}
        identity = kube.distinct(f"{self.path}#{one.type.rpartition('/')[2]}/{one.name}", self.seen)
        for fact in kube.facts(document, self._locate, origin=hosted.ORIGIN, identity=identity):
            if fact.kind == "resource":
                continue
            if fact.kind == "schedule":
                fact = replace(fact, says={**fact.says, "where": "python"})
            if fact.kind == "workload" and (build or app):
                fact = replace(fact, says={**fact.says, **build, **app})
            yield fact

    def _image(self, one: Declared) -> Iterator[Fact]:
        node = one.data["image"]
        owner = self.ids.get((id(one.call.call), use_of(one))) if one.call is not None else None
        owner = owner or f"{self.path}#{one.name}"
        place = (node.line, node.column, f"image {owner}", use_of(one))
        if not isinstance(node, Scalar) or not node.strip() or pods.is_dark(node) or place in self.places:
            return
        self.places.add(place)
        name, says = images.used(str(node), owner)
        yield Fact("image", name, Location(self.path, node.line, node.column), says)

    def _schedule(self, one: Declared, node: Node) -> Iterator[Fact]:
        if isinstance(node, Scalar) and node.strip():
            known = self.ids.get((id(one.call.call), use_of(one))) if one.call is not None else None
            says: dict[str, Any] = {"owner": known or f"{self.path}#{one.name}".rstrip("#"), "where": "python"}
            if one.off:
                says["state"] = "disabled"
            text = str(node.value["expr"]) if pods.is_dark(node) and isinstance(node, Unknown) else str(node)
            yield Fact("schedule", text, Location(self.path, node.line, node.column), says)


def _use(one: Declared) -> int:
    return one.uses[0] if one.uses else 0


def _task(one: Declared) -> ast.Call | None:
    """The call that made the task which a service keeps running."""
    body = one.data.get("Properties", one.data)
    named = child(body, "TaskDefinition") or child(body, "task_definition")
    return named.made_by if isinstance(named, Unknown) else None


def _tags(data: Mapping, key: str) -> Node | None:
    found = child(data, "Properties", key) or data.get(key)
    if not isinstance(found, Listed):
        return found
    mapping = Mapping(found.line, found.column)
    for item in found:
        name = child(item, "Key") or child(item, "key")
        value = child(item, "Value") or child(item, "value")
        if isinstance(name, Scalar) and isinstance(value, Scalar):
            mapping[str(name)] = value
    return mapping
