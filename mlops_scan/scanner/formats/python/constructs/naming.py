"""How libraries of one format spell the same key: snake_case in Python, camelCase or PascalCase in the API."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")
_CAPITALS = {"ip": "IP", "ips": "IPs", "pid": "PID", "ipc": "IPC", "id": "ID"}
_PLURAL = re.compile(r"_i_ps\b")


def camel(name: str) -> str:
    """`container_port` of a Kubernetes model as `containerPort`; a name without underscores stays."""
    first, *rest = _PLURAL.sub("_ips", name.strip("_")).split("_")
    return first + "".join(_CAPITALS.get(word, word.capitalize()) for word in rest)


def pascal(name: str) -> str:
    """`initial_instance_count` and `initialInstanceCount` as `InitialInstanceCount`."""
    if "_" in name.strip("_"):
        return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    return name[:1].upper() + name[1:]


def lower(name: str) -> str:
    """`initial_instance_count` as `initialInstanceCount`."""
    whole = pascal(name)
    return whole[:1].lower() + whole[1:]


def snake(name: str) -> str:
    """`EndpointConfiguration` as `endpoint_configuration`."""
    return "_".join(word.lower() for word in _WORD.findall(name))
