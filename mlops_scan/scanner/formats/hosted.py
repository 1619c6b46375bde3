"""Containers that a cloud runs without a cluster to look after, whoever declares them: a task, a service, a function.

Each is told as a pod's container would be. They are found by their shape in the declared resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.hostedcontainers import DEPTH, container, plain, values
from mlops_scan.scanner.formats.kube import containers
from mlops_scan.scanner.formats.kube.data import Locate, Scene, brief
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

ORIGIN = "cloud"
# what a resource that runs containers calls itself, at the end of its type; models and training jobs do not
_RUNS = re.compile(
    r"(?:service|functions?|taskdefinition|taskset|jobdefinition|jobs?|containerapps?|containergroups?|workerpool|webapp)\Z"
)
_ALONE = (
    "imageidentifier",
    "dockerimagename",
    "imageuri",
)  # under these an image needs no key that speaks of containers
_COUNTS = ("desiredcount",)
_NODES = 5_000


@dataclass(frozen=True, slots=True)
class Runner:
    """What keeps a container running where another resource than the container's says so."""

    kind: str
    name: str
    replicas: int | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource: its type and name, what it says, and who it is."""

    kind: str
    name: str
    body: Mapping
    identity: str
    locate: Locate
    common: dict[str, str] = field(default_factory=dict)


def runs_containers(kind: str) -> bool:
    """Whether resources of this type run what they hold, rather than describe a model or a build."""
    return _RUNS.search(plain(kind)) is not None


def ends(kind: str) -> bool:
    """Whether a workload of this kind runs to an end, or only when it is called."""
    return kind.lower().replace("_", "").endswith(("job", "jobs", "jobdefinition", "taskdefinition", "function"))


def facts(one: Declared, runner: Runner | None = None, build: dict[str, Any] | None = None) -> Iterator[Fact]:
    """`workload`, `container`, `image`, `command` and `env` of a resource that holds containers; else nothing.

    `runner` is another resource that runs this one, `build` where its image is built from: it suffices.
    """
    runs = runs_containers(one.kind)
    found = list(_find(one.body)) if runs else []
    if not found and not (runs and build):
        return
    scene = Scene(one.locate, one.identity, ORIGIN, common=one.common)
    path = scene.locate(one.body.line, one.body.column)[0].path
    yield _workload(scene, one, path, runner, build or {})
    for holder, node, key in found:
        made = container(node, holder, key, one.name)
        for fact in containers.facts(scene, Mapping(node.line, node.column), made, init=False):
            if fact.kind == "container":
                fact = replace(fact, says={**fact.says, **_beyond_pods(node)})
            yield fact
    if not found:  # built here: of the container itself nothing more is said than what it starts
        made = container(one.body, one.body, "properties", one.name)
        facts = containers.facts(scene, Mapping(one.body.line, one.body.column), made, init=False)
        yield from (fact for fact in facts if fact.kind == "command")


def held_images(one: Declared) -> Iterator[Fact]:
    """The `image` of each container that a resource describes and does not run itself: the servers of a model."""
    if runs_containers(one.kind):
        return
    scene = Scene(one.locate, one.identity, ORIGIN, common=one.common)
    for holder, node, key in _find(one.body):
        made = container(node, holder, key, one.name)
        facts = containers.facts(scene, Mapping(node.line, node.column), made, init=False)
        yield from (fact for fact in facts if fact.kind == "image")


def _workload(scene: Scene, one: Declared, path: str, other: Runner | None, build: dict[str, Any]) -> Fact:
    runner = other or Runner(one.kind, one.name)
    counted = next(values(one.body, _COUNTS), None) if other is None else None
    number = yamlnodes.typed(counted) if counted is not None else runner.replicas
    place = (one.body.line, one.body.column)
    says = {
        "id": scene.id,
        "type": f"{ORIGIN}/{runner.kind}",
        "kind": runner.kind,
        "replicas": number if isinstance(number, int) else None,
        "replicas_line": scene.line((counted.line, counted.column), path) if counted is not None else None,
        "kind_line": scene.line(place, path),
        "origin": ORIGIN,
        "path": path,
        **build,
    }
    return scene.fact("workload", runner.name, place, says)


def _find(node: Mapping) -> Iterator[tuple[Mapping, Mapping, str]]:
    """(mapping around, container, key it stands under), in the order written."""
    stack: list[tuple[Mapping, Node, str, int]] = [(node, node, "", 0)]
    left = _NODES
    while stack and left:
        around, current, key, depth = stack.pop()
        left -= 1
        if depth > DEPTH:
            continue
        if isinstance(current, Sequence):
            stack.extend((around, one, key, depth + 1) for one in reversed(current))
        elif isinstance(current, Mapping):
            known = {plain(name) for name, value in current.items() if isinstance(value, (Scalar, Mapping)) and value}
            if (known & {"image", "containerimage"} and "container" in key) or known.intersection(_ALONE):
                yield around, current, key
            else:
                inner = ((key if name == "properties" else plain(name), value) for name, value in current.items())
                stack.extend((current, value, below, depth + 1) for below, value in reversed(list(inner)))


def _beyond_pods(node: Mapping) -> dict[str, Any]:
    """What a pod's container does not have: a check the runtime makes by a command."""
    check = next((value for key, value in node.items() if plain(key) == "healthcheck"), None)
    return {"healthcheck": brief(check)} if isinstance(check, Mapping) and check else {}
