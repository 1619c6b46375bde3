"""Systems: each deployable thing, with the workloads, images, files and objects that belong to it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from mlops_scan.scanner.graph import Graph, Use, Workload
from mlops_scan.scanner.graph.answering import is_part
from mlops_scan.scanner.graph.workloads import ends_itself
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Fact, System

_BATCH_TYPE = re.compile(r"(?:job|jobs|job_?definition)\Z", re.IGNORECASE)


def systems(graph: Graph) -> tuple[System, ...]:
    """Workloads that are not infrastructure, then endpoints and applications that no workload runs. By place."""
    running = [one for one in graph.workloads() if not one.disabled and not _keeps_data(graph, one)]
    running = [one for one in running if not is_part(graph, one)]
    found = list(_of_workloads(graph, running))
    claimed = {member for system in found for member in system.members}
    declared = frozenset(object_id(one.fact) for one in graph.online if one.fact.kind == "resource")
    made = {_spot(one.fact) for one in graph.online if one.fact.kind == "resource"}  # their calls, too
    told = {one.at for one in running}  # an object of its own kind may be workload and endpoint in one
    for use, kind in [*((use, "online") for use in graph.online), *((use, "batch") for use in graph.batch)]:
        node = f"file:{use.at.path}"
        if use.at in told or (use.fact.kind == "call" and _spot(use.fact) in made) or _is_part(graph, use, declared):
            continue
        if node not in claimed and use.fact.kind not in ("image", "command", "container", "workload"):
            system = _endpoint(graph, use, kind)
            claimed.update(system.members)
            found.append(system)
    unique = {system.id: system for system in reversed(found)}
    return tuple(sorted(_told_apart(list(unique.values())), key=lambda system: (system.at, system.id)))


def _of_workloads(graph: Graph, running: list[Workload]) -> Iterator[System]:
    """One system each; what belongs to one application is one together."""
    apps: dict[str, list[System]] = defaultdict(list)
    for one in running:
        app = str(one.fact.get("app") or "")
        if app:
            apps[app].append(_workload(graph, one))
        else:
            yield _workload(graph, one)
    for app, parts in apps.items():
        kind = "online" if any(one.kind == "online" for one in parts) else "batch"
        members = {member for one in parts for member in one.members}
        yield replace(parts[0], name=app, kind=kind, members=_ordered(members))


def _told_apart(found: list[System]) -> Iterator[System]:
    """Systems of one name in several folders go by the folder that tells them apart: 'search/api', 'prices/api'."""
    by_name: dict[str, list[System]] = defaultdict(list)
    for system in found:
        by_name[system.name].append(system)
    for name, same in by_name.items():
        parts = [system.at.path.split("/") for system in same]
        depth = next(
            (level for level in range(min(map(len, parts)) - 1) if len({one[level] for one in parts}) > 1), None
        )
        for system, path in zip(same, parts, strict=True):
            alone = len(same) == 1 or depth is None
            yield system if alone else replace(system, name=f"{path[depth or 0]}/{name}")


def _spot(fact: Fact) -> tuple[str, int, int]:
    return fact.at.path, fact.at.line, fact.at.column


def _workload(graph: Graph, workload: Workload) -> System:
    members = set(graph.reachable_from(workload.node))
    for image in sorted(member for member in members if member.startswith("image:")):
        members |= graph.reachable_from(*(edge.source for edge in graph.links_to(image, "builds")))
    members |= {edge.source for edge in graph.links_to(workload.node)}
    kind = "batch" if ends_itself(workload) or _BATCH_TYPE.search(workload.kind) else "online"
    return System(workload.id, workload.name, kind, workload.at, _ordered(members))


def _keeps_data(graph: Graph, workload: Workload) -> bool:
    """A database, cache or broker: a part of what uses it, not a system."""
    containers = workload.containers
    return bool(containers) and all(graph.bystanders.keeps_data(workload, one) for one in containers)


def _is_part(graph: Graph, use: Use, declared: frozenset[str]) -> bool:
    """A declared resource that another one of the same endpoint refers to: its configuration, its model."""
    if use.fact.kind != "resource":
        return False
    return any(edge.source in declared for edge in graph.links_to(object_id(use.fact), "refers to"))


def _endpoint(graph: Graph, use: Use, kind: str) -> System:
    path = use.at.path
    members = {f"file:{one}" for one in graph.closure(path)} | set(_runners(graph, path))
    if use.fact.kind == "resource":
        members |= graph.reachable_from(object_id(use.fact), relations=("refers to",))
    name = use.fact.name if use.fact.kind == "resource" else path.rsplit("/", 2)[-2] if "/" in path else path
    return System(f"{path}#{name}", name, kind, use.at, _ordered(members))


def _runners(graph: Graph, path: str) -> Iterator[str]:
    for edge in graph.links_to(f"file:{path}", "starts", "runs", "copies"):
        yield edge.source


def _ordered(members: set[str]) -> tuple[str, ...]:
    return tuple(sorted(members))
