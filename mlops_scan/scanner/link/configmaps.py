"""Variables that a container takes from ConfigMaps, told as if they stood in its own manifest."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_scan.scanner.model import Fact, Location
from mlops_scan.scanner.paths import shared

_CONFIG_MAP = "core/ConfigMap"
_VARIABLE = re.compile(r"[A-Za-z_]\w{0,120}\Z")
_DEPTH = 8  # from a resource to the containers of its pods
_CONTAINERS = ("containers", "initContainers")

_Taken = tuple[str, str, str, str]  # name of the ConfigMap, key ('' for all of them), variable, prefix of all


def variables(resources: Sequence[Fact]) -> Iterator[Fact]:
    """`env` facts of the workloads that name a ConfigMap of the repository, each at the line of its value."""
    named: dict[str, list[Fact]] = defaultdict(list)
    for one in resources:
        if one.says.get("type") == _CONFIG_MAP:
            named[one.name].append(one)
    for one in resources if named else ():
        for name, key, variable, prefix in dict.fromkeys(_taken(one.says.get("data"), _DEPTH)):
            found = _meant(named.get(name, ()), one)
            for entry, value in _entries(found, key) if found is not None else ():
                called = variable or f"{prefix}{entry}"
                if found is not None and _VARIABLE.match(called) and "\n" not in value:
                    says = {"value": value, "where": "container", "owner": one.says.get("id")}
                    where = {key: one.says[key] for key in ("environment",) if key in one.says}
                    yield Fact("env", called, _place(found, entry), {**says, **where})


def _taken(data: Any, left: int) -> Iterator[_Taken]:
    """What the containers below take from ConfigMaps."""
    if not isinstance(data, Mapping) or not left:
        return
    for key, value in data.items():
        if key in _CONTAINERS and isinstance(value, list):
            for container in value:
                if isinstance(container, Mapping):
                    yield from _whole(container)
                    yield from _single(container)
        elif isinstance(value, Mapping):
            yield from _taken(value, left - 1)


def _whole(container: Mapping[str, Any]) -> Iterator[_Taken]:
    for source in _mappings(container.get("envFrom")):
        reference = source.get("configMapRef")
        if isinstance(reference, Mapping):
            yield str(reference.get("name") or ""), "", "", str(source.get("prefix") or "")


def _single(container: Mapping[str, Any]) -> Iterator[_Taken]:
    for variable in _mappings(container.get("env")):
        source = variable.get("valueFrom")
        reference = source.get("configMapKeyRef") if isinstance(source, Mapping) else None
        if isinstance(reference, Mapping) and reference.get("key") and variable.get("name"):
            yield str(reference.get("name") or ""), str(reference["key"]), str(variable["name"]), ""


def _mappings(listed: Any) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping))


def _meant(found: Sequence[Fact], owner: Fact) -> Fact | None:
    """Of ConfigMaps of one name that of the workload's environment and namespace, then the one that lies nearest."""
    fitting = [
        one
        for one in found
        if one.says.get("environment") == owner.says.get("environment")
        and one.says.get("namespace") in (None, owner.says.get("namespace"))
    ]
    folders = owner.at.path.split("/")
    ranked = sorted(fitting, key=lambda one: (-shared(one.at.path.split("/"), folders), one.at))
    if len(ranked) > 1:
        first, second = (shared(one.at.path.split("/"), folders) for one in ranked[:2])
        if first == second and ranked[0].says.get("data") != ranked[1].says.get("data"):
            return None  # two lie as near and differ
    return ranked[0] if ranked else None


def _entries(found: Fact, key: str) -> Iterator[tuple[str, str]]:
    data = found.says.get("data")
    entries = data.get("data") if isinstance(data, Mapping) else None
    for name, value in entries.items() if isinstance(entries, Mapping) else ():
        if key in ("", name) and isinstance(value, (str, int, float)):
            yield str(name), str(value)


def _place(found: Fact, entry: str) -> Location:
    lines = found.says.get("lines")
    line = lines.get(f"data.{entry}") if isinstance(lines, Mapping) else None
    return Location(found.at.path, line) if isinstance(line, int) else found.at
