"""Constants that callers hand to constructs of one's own: what a resource inside such a class is made with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mlops_scan.scanner.formats import images
from mlops_scan.scanner.link.code.handed import Handed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact, Location

_DECLARED = ("python", "sdk")
_MOST = 60  # unknown values of one resource that are looked at
_DEEPEST = 12
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}\Z")
_IMAGES = frozenset(("image", "imageuri", "containerimage", "trainingimage"))
_Value = tuple[str, dict[str, Any]]


def complete(facts: Collection[Fact], code: Code, handed: Handed) -> Iterator[Fact]:
    """Add what callers tell to the unknown values of declared resources and containers, and yield images found so."""
    found = [one for one in facts if one.kind == "resource" and one.get("origin") in _DECLARED]
    if not found:
        return
    calls = {Location(one.at.path, one.at.line, one.at.column): one for one in code.facts("call")}
    known: dict[str, dict[str, str]] = {}  # id of a resource -> text of an unknown value -> what it is
    for fact in found:
        call = calls.get(Location(fact.at.path, fact.at.line, fact.at.column))
        if call is None or (fact.at.path, str(call.get("function") or "")) not in code.functions:
            continue
        for key, value in _open(fact):
            if "told" not in value:
                handed.value(value, call)
            text = value.get("const")
            if isinstance(text, str):
                known.setdefault(str(fact.get("id")), {})[f"${{{value['expr']}}}"] = text
                if key.lower().replace("_", "") in _IMAGES:
                    yield _image(fact, text, str(value.get("told") or ""))
    yield from _handed_images(facts, calls, code, handed)
    for fact in found:
        _settle(fact.get("data"))
    for one in facts if known else ():
        if one.kind == "container" and one.get("workload") in known and isinstance(one.says, dict):
            _fill(one.says, known[str(one.get("workload"))])


def _handed_images(
    facts: Collection[Fact], calls: Mapping[Location, Fact], code: Code, handed: Handed
) -> Iterator[Fact]:
    """The images that callers hand to the workloads which a function makes: of one caller it is the container's."""
    made = {str(one.get("id")): one for one in facts if one.kind == "workload" and one.get("origin") == "python"}
    for container in facts if made else ():
        workload = made.get(str(container.get("workload"))) if container.kind == "container" else None
        variable = _VARIABLE.match(str(container.get("image"))) if workload is not None else None
        if workload is None or variable is None:
            continue
        call = calls.get(Location(workload.at.path, workload.at.line, workload.at.column))
        if call is None or (call.at.path, str(call.get("function") or "")) not in code.functions:
            continue
        value: dict[str, Any] = {"expr": variable[1]}
        handed.value(value, call)
        for text, path, line in value.get("given") or ():
            yield _image(workload, str(text), f"{path}:{line}")
        if isinstance(value.get("const"), str) and isinstance(container.says, dict):
            container.says["image"] = value["const"]


def _settle(value: Any, depth: int = 0) -> None:
    """Put the constants that are known by now in place of the values that led to them."""
    if not isinstance(value, (dict, list)) or depth > _DEEPEST:
        return
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(inner, dict) and "const" in inner and "expr" in inner and "ref" not in inner:
            value[key] = inner["const"]
        else:
            _settle(inner, depth + 1)


def _fill(says: dict[str, Any], known: Mapping[str, str]) -> None:
    """Put what is known in place of the texts that stand for it in a container."""
    if says.get("image") in known:
        says["image"] = known[says["image"]]
    env = says.get("env")
    if isinstance(env, dict):
        env.update((name, known[text]) for name, text in env.items() if text in known)


def _open(fact: Fact) -> list[_Value]:
    """(key, value) of what is not known of a resource: its name, and its attributes."""
    named = fact.get("named")
    return [*([("", named)] if isinstance(named, dict) else []), *_inside(fact.get("data"))][:_MOST]


def _inside(value: Any, key: str = "", depth: int = 0) -> Iterator[_Value]:
    if isinstance(value, dict) and "expr" in value:
        if "ref" not in value:
            yield key, value
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for name, inner in value.items():
            yield from _inside(inner, str(name), depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value:
            yield from _inside(inner, key, depth + 1)


def _image(fact: Fact, text: str, told: str) -> Fact:
    """The image that a resource runs, at the place where a caller names it."""
    path, _, line = told.rpartition(":")
    at = Location(path, int(line)) if path and line.isdigit() else fact.at
    name, says = images.used(text, str(fact.get("id")))
    return Fact("image", name, at, says)
