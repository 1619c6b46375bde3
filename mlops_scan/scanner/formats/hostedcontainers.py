"""A container as a cloud's service declares it, put in the words of a pod."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kube.data import spot, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar

_PLAIN = re.compile(r"[^a-z0-9]")
_PROBES = {"startupprobe": "startupProbe", "livenessprobe": "livenessProbe", "readinessprobe": "readinessProbe"}
_IMAGES = ("image", "containerimage", "imageidentifier", "dockerimagename", "imageuri")
DEPTH = 16


def container(node: Mapping, holder: Mapping, key: str, name: str) -> Mapping:
    """The container in the words of a pod."""
    told = _folded(_first(_folded(node), "imageconfig") or _first(_folded(holder), "imageconfig"))  # of a function
    own = {**_folded(_first(_folded(node), "imageconfiguration")), **told, **_folded(node)}
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
    if (
        entry is not None or told or "definition" in key or "properties" in key
    ):  # there a command is what the image's own gets
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
        name = str(secret) if isinstance(secret, Scalar) else next(values(secret, ("secret", "name")), "")
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


def values(node: Node, names: tuple[str, ...], depth: int = 0) -> Iterator[Scalar]:
    """Scalars anywhere below under one of these names."""
    if isinstance(node, Mapping) and depth < DEPTH:
        for key, value in node.items():
            if isinstance(value, Scalar) and plain(key) in names:
                yield value
            elif not isinstance(value, Scalar):
                yield from values(value, names, depth + 1)
    elif isinstance(node, Sequence) and depth < DEPTH:
        for value in node:
            yield from values(value, names, depth + 1)


def _folded(node: Node | None) -> dict[str, tuple[str, Node]]:
    return {plain(key): (key, value) for key, value in node.items()} if isinstance(node, Mapping) else {}


def _first(own: dict[str, tuple[str, Node]], *names: str) -> Node | None:
    return next((own[name][1] for name in names if name in own), None)


def _some(node: Node | None) -> Node | None:
    return node if node else None


def plain(key: str) -> str:
    return _PLAIN.sub("", key.lower())
