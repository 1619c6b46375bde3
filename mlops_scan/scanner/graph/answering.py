"""Which workloads may answer the users of the system."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.links import RUNNING
from mlops_scan.scanner.graph.memo import once
from mlops_scan.scanner.graph.purpose import has_own_program
from mlops_scan.scanner.graph.workloads import Workload, ends_itself
from mlops_scan.scanner.model import Location


@once
def answering(graph: Graph) -> tuple[Workload, ...]:
    """Where any workload is known to start what serves, or else to hold it in its image, only those.

    First what stays up, and what runs in a cluster or a cloud: a reader who opens one of them opens the first.
    """
    found = answering_of_kinds(graph)
    local = {one.fact.name for one in found if one.origin == "compose"}
    if len(local) == len(found):  # the same service in a cluster, whose image nothing here builds
        found = (*(one for one in _able(graph) if one.origin != "compose" and _is_called(one, local)), *found)
    return tuple(sorted(found, key=lambda one: (ends_itself(one), one.origin == "compose")))


def released(graph: Graph) -> Iterator[tuple[Location, str]]:
    """(place, what is released there) of all that brings what serves to users; what runs on one machine comes last.

    '' stands for an endpoint that a platform hosts.
    """
    found = answering(graph)
    yield from ((one.at, one.called) for one in found if one.origin != "compose")
    for use in graph.online:
        if use.key == "model-server" and use.fact.kind in ("call", "resource") and not use.disabled:
            yield use.at, ""
    yield from ((one.at, one.called) for one in found if one.origin == "compose")


def answering_of_kinds(graph: Graph, *kinds: str) -> tuple[Workload, ...]:
    """The same among workloads of these kinds alone."""
    serving = {use.at.path for use in (*graph.online, *graph.batch)}
    able = _able(graph, *kinds)
    starts = {one.node: (one.node, *_built_for(graph, one)) for one in able}
    starting = tuple(
        one for one in able if any(not serving.isdisjoint(graph.files_run_by(node)) for node in starts[one.node])
    )
    if starting:
        return starting
    held = {f"file:{path}" for path in serving}
    relations = (*RUNNING, "copies")
    holding = tuple(one for one in able if held & graph.reachable_from(*starts[one.node], relations=relations))
    if holding:
        return holding
    owners = _orchestrating(graph)
    return tuple(
        one
        for one in able
        if not (one.kind == "Pod" and ends_itself(one))  # a task of something
        and not _orchestrates(graph, one, owners)
    )


def _is_called(workload: Workload, names: set[str]) -> bool:
    """`api`, or `prices-api`."""
    return any(workload.fact.name == name or workload.fact.name.endswith(f"-{name}") for name in names)


def _built_for(graph: Graph, workload: Workload) -> Iterator[str]:
    """The stages that build, under the name by which the workload runs it, an image of the workload.

    Not where the workload names a program of its own to start in that image.
    """
    for edge in graph.links_from(workload.node, "runs") if not has_own_program(graph, workload.node) else ():
        if edge.target.startswith("image:"):
            yield from (one.source for one in graph.links_to(edge.target, "builds"))


def _able(graph: Graph, *kinds: str) -> tuple[Workload, ...]:
    """The workloads that may serve at all."""
    return tuple(
        one
        for one in graph.workloads(*kinds)
        if not one.disabled and graph.bystanders.serves(one) and not is_part(graph, one)
    )


def _orchestrating(graph: Graph) -> set[str]:
    """What runs an image or a command of an orchestrator of pipelines: workloads by id, Dockerfiles by path."""
    uses = graph.uses("pipeline-orchestration")
    return {str(use.fact.get("owner")) for use in uses if use.fact.kind in ("image", "command") and not use.disabled}


def _orchestrates(graph: Graph, workload: Workload, owners: set[str]) -> bool:
    """A server, a scheduler or a worker of pipelines: by its image, the image that it builds on, or its command."""
    if has_own_program(graph, workload.node):
        return False
    stages = (edge.target for edge in graph.links_from(workload.node, "builds"))
    return workload.id in owners or any(one.removeprefix("stage:").rpartition("#")[0] in owners for one in stages)


def is_part(graph: Graph, workload: Workload) -> bool:
    """Whether another workload is what deploys it."""
    return any(edge.source.startswith("workload:") for edge in graph.links_to(workload.node, "includes"))
