"""Containers that a cloud runs without a cluster to look after, whoever declares them: a task, a service, a function.

Each is told as a pod's container would be. They are found by their shape in the declared resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kube import containers
from mlops_scan.scanner.formats.kube.data import Locate, Scene, brief, spot, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar
from mlops_scan.scanner.model import Fact

ORIGIN = "cloud"
# what a resource that runs containers calls itself, at the end of its type; models and training jobs do not
_RUNS = re.compile(
    r"(?:service|functions?|taskdefinition|taskset|jobdefinition|jobs?|containerapps?|containergroups?|workerpool|webapp)\Z"
)
_PLAIN = re.compile(r"[^a-z0-9]")
_PROBES = {"startupprobe": "startupProbe", "livenessprobe": "livenessProbe", "readinessprobe": "readinessProbe"}
_IMAGES = ("image", "containerimage", "imageidentifier", "dockerimagename", "imageuri")
_ALONE = (
    "imageidentifier",
    "dockerimagename",
    "imageuri",
)  # under these an image needs no key that speaks of containers
_COUNTS = ("desiredcount",)
_DEPTH = 16
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
    return _RUNS.search(_PLAIN.sub("", kind.lower())) is not None


def ends(kind: str) -> bool:
    """Whether a workload of this kind runs to an end, or only when it is called."""
    return kind.lower().replace("_", "").endswith(("job", "jobs", "jobdefinition", "taskdefinition", "function"))


def facts(one: Declared, runner: Runner | None = None, build: dict[str, Any] | None = None) -> Iterator[Fact]:
    """`workload`, `container`, `image`, `command` and `env` of a resource that holds containers; else nothing.

    `runner` is another resource that runs this one, `build` says where its image is built from.
    """
    found = list(_find(one.body)) if runs_containers(one.kind) else []
    if not found:
        return
    scene = Scene(one.locate, one.identity, ORIGIN, common=one.common)
    path = scene.locate(one.body.line, one.body.column)[0].path
    yield _workload(scene, one, path, runner, build or {})
    for holder, node, key in found:
        made = _container(node, holder, key, one.name)
        for fact in containers.facts(scene, Mapping(node.line, node.column), made, init=False):
            if fact.kind == "container":
                fact = replace(fact, says={**fact.says, **_beyond_pods(node)})
            yield fact


def _workload(scene: Scene, one: Declared, path: str, other: Runner | None, build: dict[str, Any]) -> Fact:
    runner = other or Runner(one.kind, one.name)
    counted = next(_values(one.body, _COUNTS), None) if other is None else None
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
        if depth > _DEPTH:
            continue
        if isinstance(current, Sequence):
            stack.extend((around, one, key, depth + 1) for one in reversed(current))
        elif isinstance(current, Mapping):
            known = {_plain(name) for name, value in current.items() if isinstance(value, (Scalar, Mapping)) and value}
            if (known & {"image", "containerimage"} and "container" in key) or known.intersection(_ALONE):
                yield around, current, key
            else:
                inner = ((key if name == "properties" else _plain(name), value) for name, value in current.items())
                stack.extend((current, value, below, depth + 1) for below, value in reversed(list(inner)))


def _container(node: Mapping, holder: Mapping, key: str, name: str) -> Mapping:
    """The container in the words of a pod."""
    own = {**_folded(_first(_folded(node), "imageconfiguration")), **_folded(node)}
    made = Mapping(node.line, node.column)

    def put(target: str, value: Node | None, source: str = "") -> None:
        if value is not None:
            made[target] = value
            made.places[target] = node.places.get(source, (value.line, value.column))

    around = holder if holder.get("properties") is node else None
    written_name = _first(own, "name", "containername") or _first(_folded(around), "name")
    put("name", written_name or scalar(name, node.line, node.column))
    for word in _IMAGES:
        if word in own and isinstance(own[word][1], Scalar):
            put("image", own[word][1], own[word][0])
            break
    command, entry = _first(own, "command", "startcommand"), _first(own, "entrypoint")
    if entry is not None or "definition" in key or "properties" in key:  # there a command is what the image's own gets
        put("command", _some(entry))
        put("args", _some(command))
    else:
        put("command", _some(command))
        put("args", _some(_first(own, "args")))
    put("env", _environment(own, holder))
    put("ports", _ports(own, holder))
    put("resources", _resources(own, node))
    put("securityContext", _security(own, node))
    for word, target in _PROBES.items():
        put(target, _first(own, word), own.get(word, ("", None))[0])
    return made


def _beyond_pods(node: Mapping) -> dict[str, Any]:
    """What a pod's container does not have: a check the runtime makes by a command."""
    check = next((value for key, value in node.items() if _plain(key) == "healthcheck"), None)
    return {"healthcheck": brief(check)} if isinstance(check, Mapping) and check else {}


def _environment(own: dict[str, tuple[str, Node]], holder: Mapping) -> Node | None:
    """A list of variables as a pod has it; what comes from a store of secrets has no value."""
    sequence = Sequence(holder.line, holder.column)
    for written in ("env", "environment", "environmentvariables", "runtimeenvironmentvariables", "secrets"):
        value = own[written][1] if written in own else _first(_folded(holder), written)
        if isinstance(value, Mapping):
            inner = _first(_folded(value), "variables")
            value = inner if isinstance(inner, Mapping) else value
        if isinstance(value, Mapping) and _first(_folded(value), "name") is None:
            sequence.extend(_variable(name, one, value.places.get(name)) for name, one in value.items())
        else:
            sequence.extend(_listed(one) for one in yamlnodes.items(value) if isinstance(one, Mapping))
    return sequence or None


def _variable(name: str, value: Node, place: tuple[int, int] | None) -> Mapping:
    made = Mapping(*(place or (value.line, value.column)))
    made["name"] = scalar(name, made.line, made.column)
    made["value"] = value
    made.places = {"name": (made.line, made.column), "value": (made.line, made.column)}
    return made


def _listed(one: Mapping) -> Mapping:
    folded = _folded(one)
    made = Mapping(one.line, one.column)
    for target, value in (("name", _first(folded, "name")), ("value", _first(folded, "value"))):
        if value is not None:
            made[target], made.places[target] = value, (value.line or one.line, value.column or one.column)
    secret = _first(folded, "valuefrom", "valuesource", "secretname", "secretref")
    if secret is not None:
        name = str(secret) if isinstance(secret, Scalar) else next(_values(secret, ("secret", "name")), "")
        made["valueFrom"] = yamlnodes.made({"secretKeyRef": {"name": str(name)}}, one.line, one.column)
    return made


def _ports(own: dict[str, tuple[str, Node]], holder: Mapping) -> Node | None:
    sequence = Sequence(holder.line, holder.column)
    for written in ("portmappings", "ports", "port"):
        value = own[written][1] if written in own else _first(_folded(holder), written)
        if isinstance(value, Scalar):
            sequence.append(_port(value))
        for one in yamlnodes.items(value):
            number = _first(_folded(one), "containerport", "port") if isinstance(one, Mapping) else None
            if isinstance(number, Scalar):
                sequence.append(_port(number))
    return sequence or None


def _port(number: Scalar) -> Mapping:
    made = yamlnodes.made({"containerPort": None}, number.line, number.column)
    assert isinstance(made, Mapping)
    made["containerPort"] = scalar(str(number), number.line, number.column)
    return made


def _resources(own: dict[str, tuple[str, Node]], node: Mapping) -> Node:
    """Limits: those written as such, and the amounts that stand beside the image."""
    written = _first(own, "resources")
    limits = text_map(_first(_folded(written), "limits")) if isinstance(written, Mapping) else {}
    limits |= {word: str(own[word][1]) for word in ("cpu", "memory") if isinstance(_first(own, word), Scalar)}
    for one in yamlnodes.items(_first(own, "resourcerequirements")):
        kind, amount = (str(_first(_folded(one), word) or "") for word in ("type", "value"))
        if kind and isinstance(one, Mapping):
            limits[kind.lower()] = amount
    requests = {"memory": str(own["memoryreservation"][1])} if "memoryreservation" in own else {}
    return yamlnodes.made({"limits": limits, "requests": requests}, node.line, node.column)


def _security(own: dict[str, tuple[str, Node]], node: Mapping) -> Node | None:
    privileged, user = _first(own, "privileged"), _first(own, "user")
    says: dict[str, Any] = {"privileged": True} if str(privileged).lower() == "true" else {}
    if isinstance(user, Scalar) and (number := user.partition(":")[0].replace("root", "0")).isdecimal():
        says["runAsUser"] = int(number[:9])
    if not says:
        return None
    line, column = spot(node, own["privileged"][0]) if "privileged" in says else (node.line, node.column)
    return yamlnodes.made(says, line, column)


def _values(node: Node, names: tuple[str, ...], depth: int = 0) -> Iterator[Scalar]:
    """Scalars anywhere below under one of these names."""
    if isinstance(node, Mapping) and depth < _DEPTH:
        for key, value in node.items():
            if isinstance(value, Scalar) and _plain(key) in names:
                yield value
            elif not isinstance(value, Scalar):
                yield from _values(value, names, depth + 1)
    elif isinstance(node, Sequence) and depth < _DEPTH:
        for value in node:
            yield from _values(value, names, depth + 1)


def _folded(node: Node | None) -> dict[str, tuple[str, Node]]:
    return {_plain(key): (key, value) for key, value in node.items()} if isinstance(node, Mapping) else {}


def _first(own: dict[str, tuple[str, Node]], *names: str) -> Node | None:
    return next((own[name][1] for name in names if name in own), None)


def _some(node: Node | None) -> Node | None:
    return node if node else None


def _plain(key: str) -> str:
    return _PLAIN.sub("", key.lower())
