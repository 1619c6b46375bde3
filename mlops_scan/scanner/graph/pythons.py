"""Which Python runs a file, where images, functions of a cloud or manifests say it to the minor version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact, Location

_BASES = 8  # stages on which a stage stands
_OFFICIAL = re.compile(r"(?:^|[/-])python\Z")
_TAG = re.compile(r"3\.\d+(?=[.\-_]|\Z)")
_NAMED = re.compile(r"(?:^|[-_.])py(?:thon)?-?(3\.\d+)(?=[.\-_]|\Z)")
_RUNTIME = re.compile(r"python(3)\.?(\d{1,2})\Z", re.IGNORECASE)
_EXACT = re.compile(r"(?:==|~=|=)?\s*(3\.\d+)(?:\.\d+|\.\*)?\Z")
_BETWEEN = re.compile(r">=\s*3\.(\d{1,3})(?:\.\d+)?\s*,\s*<\s*3\.(\d{1,3})(?:\.0)?\Z")
_KEYS = ("Runtime", "runtime")
_DEPTH = 4


class Pythons:
    """The minor version of the interpreter, told once for each file; nothing where two places say two things."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._stages = {f"stage:{one.at.path}#{one.name}": one for one in graph.all_facts("stage")}
        self._resources: dict[str, Fact] | None = None
        self._known: dict[str, Fact | None] = {}

    def of(self, path: str) -> Fact | None:
        """A package fact that fixes `python` where the file runs."""
        if path not in self._known:
            found = list(self._running(path)) or list(self._declared(path))
            told = {version for version, _ in found}
            place = found[0][1] if len(told) == 1 and "" not in told else None
            says = {"pinned": found[0][0]} if place is not None else {}
            self._known[path] = Fact("package", "python", place, says) if place is not None else None
        return self._known[path]

    def _running(self, path: str) -> Iterator[tuple[str, Location]]:
        """(version, where it is said) of whatever runs the file; the version is '' where that does not say it."""
        edges = self._graph.links_to(f"file:{path}", "starts", "runs", "copies", "calls")
        started = [edge for edge in edges if edge.relation != "copies"]
        for edge in started or edges:
            kind = edge.source.partition(":")[0]
            if kind == "stage":
                yield self._of_stage(edge.source)
            elif kind == "resource":
                yield self._of_resource(edge.source, edge.at)
            elif kind == "job":  # on a machine of CI, perhaps only to see whether it runs
                yield "", edge.at

    def _of_stage(self, node: str) -> tuple[str, Location]:
        stage = self._stages[node]
        for _ in range(_BASES):
            below = self._stages.get(f"stage:{stage.at.path}#{stage.get('from_stage')}")
            if not stage.get("from_stage") or below is None:
                break
            stage = below
        name, _, tag = str(stage.get("base") or "").partition("@")[0].rpartition(":")
        found = _TAG.match(tag) if _OFFICIAL.search(name) else None
        named = _NAMED.search(tag)
        return (found[0] if found else named[1] if named else ""), stage.at

    def _of_resource(self, node: str, at: Location) -> tuple[str, Location]:
        if self._resources is None:
            found = self._graph.all_facts("resource")
            self._resources = {f"resource:{one.get('id')}": one for one in found if one.get("id")}
        fact = self._resources.get(node)
        return (_runtime(fact.get("data")), fact.at) if fact is not None else ("", at)

    def _declared(self, path: str) -> Iterator[tuple[str, Location]]:
        """What the manifests of the nearest folder that has any say."""
        near = self._graph.versions.near(path)
        listed = self._graph.versions.fixed_in(near).get("python")
        if listed is not None and (version := _minor(str(listed.get("pinned") or listed.get("version") or ""))):
            yield version, listed.at
        for fact in self._graph.all_facts("manifest"):
            if fact.at.path in near and (version := _minor(str(fact.get("python") or ""))):
                yield version, fact.at


def _minor(told: str) -> str:
    """The one minor version that a requirement leaves, or ''."""
    if match := _EXACT.match(told.strip()):
        return match[1]
    between = _BETWEEN.match(told.strip())
    return f"3.{between[1]}" if between and int(between[2]) == int(between[1]) + 1 else ""


def _runtime(data: object, depth: int = _DEPTH) -> str:
    """The version in `python3.9` or `python39` under a key that names the runtime."""
    if not isinstance(data, Mapping) or not depth:
        return ""
    for key in _KEYS:
        if match := _RUNTIME.match(str(data.get(key))):
            return f"{match[1]}.{match[2]}"
    return next((found for one in data.values() if (found := _runtime(one, depth - 1))), "")
