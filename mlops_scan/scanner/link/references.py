"""Declared resources to the resources and files that they name: Terraform, CloudFormation."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import functions
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.functions import beside
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge, Fact

_INTRINSIC = re.compile(r"!(?:Ref|GetAtt|Sub|If|Join|Select)\b")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_MODULE = re.compile(r"(?<![\w.])module\.[\w-]+")
_DEEPEST = 40


_CALLED = {
    "BuildSpec": "calls",
    "DefinitionUri": "calls",
    "TemplatePath": "applies",
    "TemplateURL": "applies",
    "Location": "applies",
}
_CODE = (("CodeUri", "Handler"), ("Code", "Handler"))


class Terraform(Link):
    """`resource:aws_x/y` refers to `resource:aws_z/w`; it and its file call the files whose text it hands over.

    A function starts the file of its handler; what names the module that makes a function calls that file.
    """

    def edges(self, graph: Graph) -> Iterator[Edge]:
        resources = [one for one in graph.all_facts("resource") if one.get("platform") == "terraform"]
        known = _Known([str(one.get("id")) for one in resources])
        yield from self._functions(graph, resources)
        for resource in resources:
            if resource.get("id"):
                for path in resource.get("files") or ():
                    yield Edge(f"file:{resource.at.path}", "calls", f"file:{path}", resource.at)
                    yield Edge(object_id(resource), "calls", f"file:{path}", resource.at)
                yield from _led_to(resource)
                home = str(resource.get("id")).partition("#")[0]
                for ref in dict.fromkeys(_refs(resource.get("data"))):
                    target = known.meant(ref, home)
                    if target and target != resource.get("id"):
                        yield Edge(object_id(resource), "refers to", f"resource:{target}", resource.at)

    def _functions(self, graph: Graph, resources: list[Fact]) -> Iterator[Edge]:
        calls = graph.facts("terraform-module")
        if not any(_names_handler(one) for one in (*resources, *calls)):
            return
        archives = [one for one in graph.all_facts("resource") if one.get("platform") == "terraform-data"]
        packed = functions.Packed([*resources, *archives], frozenset(graph.files))
        for one in resources:
            if _names_handler(one) and (path := packed.handler(one)):
                yield Edge(object_id(one), "starts", f"file:{path}", one.at)
        made: dict[str, str] = {}  # `main module.name` -> file
        for one in calls:
            if not one.get("local") and (path := packed.handler(one)):
                yield Edge(f"file:{one.at.path}", "starts", f"file:{path}", one.at)
                made[f"{posixpath.dirname(one.at.path)} module.{one.name}"] = path
        for one in resources if made else ():
            for name in dict.fromkeys(_modules(one.get("data"))):
                if path := made.get(f"{posixpath.dirname(one.at.path)} {name}", ""):
                    yield Edge(object_id(one), "calls", f"file:{path}", one.at)


class CloudFormation(Link):
    """A resource refers to others of its template, builds by a build specification, and applies templates."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        templates: dict[str, dict[str, Fact]] = {}
        declared: dict[str, list[Fact]] = {}  # calls of an API may make several of one name
        for fact in graph.all_facts("resource"):
            if fact.get("platform") == "cloudformation":
                templates.setdefault(fact.at.path, {})[fact.name] = fact
                declared.setdefault(fact.at.path, []).append(fact)
        for home, known in templates.items():
            for resource in declared[home]:
                yield from _led_to(resource)
                for name in dict.fromkeys(_intrinsics(resource.get("data"))):
                    if name in known and name != resource.name:
                        yield Edge(object_id(resource), "refers to", object_id(known[name]), resource.at)
                for key, text in _texts(resource.get("data")):
                    relation = _CALLED.get(key)
                    path = text.rpartition("::")[2]
                    path = path if path in files else beside(resource.at.path, path, files)
                    if relation and path:
                        yield Edge(object_id(resource), relation, f"file:{path}", resource.at)
                        if relation == "calls":
                            yield Edge(f"file:{resource.at.path}", relation, f"file:{path}", resource.at)
                if handler := functions.of_properties(resource, _CODE, files):
                    yield Edge(object_id(resource), "starts", f"file:{handler}", resource.at)


def _names_handler(one: Fact) -> bool:
    data = one.get("data") or {}
    return "handler" in data or "entry_point" in data or "build_config" in data


def _modules(value: Any) -> Iterator[str]:
    """Modules whose outputs a value names: `module.fn`."""
    for key, text in _texts(value):
        if key == "expr":
            yield from _MODULE.findall(text)


@dataclass(frozen=True, slots=True)
class _Ref:
    """A resource that a value leads to: its address, the folder and the use of its module where that is another."""

    address: str
    folder: str | None
    use: str
    key: str

    def addresses(self) -> tuple[str, ...]:
        """What may be meant in its module, the most exact first: the first instance has the name of the whole block."""
        if self.key:
            return f"{self.address}[{self.key}]", self.address
        return self.address, self.address.replace(".", "/", 1)  # as code tells it


class _Known:
    """The resources of all modules by their identities."""

    def __init__(self, identities: list[str]) -> None:
        self.all = frozenset(identities)
        homes = dict.fromkeys(one.partition("#")[0] for one in identities)
        self.uses: dict[str, list[str]] = {}  # folder -> the uses of its module that are told
        for home in homes:
            self.uses.setdefault(home.partition("[")[0], []).append(home)

    def meant(self, ref: _Ref, home: str) -> str:
        """The resource that is meant where a resource at `home` (a use of a module) refers to it; '' for none.

        A use that is not told at all is one of another environment: there it is the same as in the first that is.
        """
        folder = home.partition("[")[0] if ref.folder is None else f"terraform:{ref.folder}"
        use = home if ref.folder is None else f"{folder}[{ref.use}]"
        told = self.uses.get(folder, ())
        places = (use, folder) if use in told else (folder, *told)
        found = (f"{place}#{address}" for place in places for address in ref.addresses())
        return next((one for one in found if one in self.all), "")


def _refs(value: Any, depth: int = 0) -> Iterator[_Ref]:
    """The resources that values lead to."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        if isinstance(value.get("ref"), str) and "expr" in value:
            said = (value.get("module"), value.get("key"))
            yield _Ref(value["ref"], value.get("folder"), *(str(one or "") for one in said))
        for inner in value.values():
            yield from _refs(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner, depth + 1)


def _led_to(resource: Fact) -> Iterator[Edge]:
    for target in dict.fromkeys(_led(resource.get("data"))) if resource.get("origin") == "sdk" else ():
        yield Edge(object_id(resource), "refers to", f"resource:{target}", resource.at)


def _led(value: Any, depth: int = 0) -> Iterator[str]:
    """The identities of resources to which calls of an API lead."""
    if isinstance(value, Mapping) and depth <= _DEEPEST:
        if isinstance(value.get("to"), str) and "ref" in value:
            yield value["to"]
        for inner in value.values():
            yield from _led(inner, depth + 1)
    elif isinstance(value, list) and depth <= _DEEPEST:
        for inner in value:
            yield from _led(inner, depth + 1)


def _intrinsics(value: Any) -> Iterator[str]:
    """Names inside the intrinsic functions of a template."""
    for key, text in _texts(value):
        if key in ("Ref", "Fn::GetAtt", "Fn::Sub") or (key == "expr" and _INTRINSIC.match(text)):
            yield from _NAME.findall(text)
        elif key == "ref":
            yield text


def _texts(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(nearest key, text) of all texts inside."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping) and depth <= _DEEPEST and not ("to" in value and "ref" in value):
        for name, inner in value.items():
            yield from _texts(inner, str(name), depth + 1)
    elif isinstance(value, list) and depth <= _DEEPEST:
        for inner in value:
            yield from _texts(inner, key, depth + 1)
