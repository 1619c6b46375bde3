"""Objects that are served to what runs them: the runtime that they name, or that offers itself for their format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.catalog import attribute_values
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Edge, Fact, Location

_Named = Callable[[Fact, str, str], list[Fact]]  # the nearest workloads of a kind and a name


def edges(graph: Graph, named: _Named) -> Iterator[Edge]:
    """`workload:is.yaml#InferenceService/x` includes `workload:rt.yaml#ServingRuntime/y`, and runs its images."""
    forms = {form["type"]: form for form in catalog.load().names.get("runtimes") or ()}
    resources = [one for one in graph.all_facts("resource") if one.get("type") in forms]
    if not resources:
        return
    images: dict[str, list[Fact]] = defaultdict(list)
    for image in graph.all_facts("image"):
        if image.get("role") == "run":
            images[str(image.get("owner"))].append(image)
    own = {str(one.get("id")) for one in graph.all_facts("workload")}
    for resource in resources:
        form = forms[resource.get("type")]
        node = _identity(resource)
        line = (resource.get("lines") or {}).get(form["line"], resource.at.line)
        at = Location(resource.at.path, int(line))
        for runtime in _runtimes(graph, resource, form, named) if node in own else ():
            yield Edge(f"workload:{node}", "includes", f"workload:{runtime.get('id')}", at)
            for image in images.get(str(runtime.get("id")), ()):
                yield Edge(f"workload:{node}", "runs", f"image:{image.name}", at)


def _identity(resource: Fact) -> str:
    """The id of the workload that the resource is, too."""
    kind = str(resource.get("type")).rpartition("/")[2]
    return str(resource.get("id") or f"{resource.at.path}#{kind}/{resource.name}")


def _runtimes(graph: Graph, resource: Fact, form: Mapping[str, Any], named: _Named) -> Iterator[Fact]:
    told = [text for path in form["named"] for text in attribute_values(resource.get("data"), path)]
    for name in told:
        found = [one for kind in form["kinds"] for one in named(resource, kind, str(name))]
        yield from found[:1]  # one of the namespace comes before one of the cluster
    if not told and "formats" in form:
        yield from _offered(graph, resource, form, named)


def _offered(graph: Graph, resource: Fact, form: Mapping[str, Any], named: _Named) -> Iterator[Fact]:
    """The only runtime of the namespace that takes models of the format unasked."""
    wanted = {text for path in form["formats"] for text in attribute_values(resource.get("data"), path)}
    kind = form["kinds"][0]
    found: dict[str, Fact] = {}
    for other in graph.all_facts("resource"):
        if str(other.get("type")).rpartition("/")[2] == kind:
            for one in attribute_values(other.get("data"), form["offers"]):
                if isinstance(one, Mapping) and one.get("autoSelect") is True and one.get("name") in wanted:
                    found.update((str(near.get("id")), near) for near in named(resource, kind, other.name))
    yield from found.values() if len(found) == 1 else ()
