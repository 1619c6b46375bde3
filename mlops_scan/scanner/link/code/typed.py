"""Calls on parameters by what every caller hands over: `run(model)` tells whose method `model.transform` is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph.callees import argument_of
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact

_MOST = 20  # callers of one function that are asked
# a class, or a function that is named for giving an object: of another one nobody knows what it gives
_MAKES = re.compile(r"_*(?:[A-Z]|load|from_|client|resource|session|create|make|build|get|open|connect|restore|init)")


def named(code: Code) -> dict[int, Fact]:
    """By id of a call fact: the same call by the name of what its parameter holds, if the catalogue then knows it."""
    asked: dict[tuple[Definition, str], list[Fact]] = defaultdict(list)
    for call in code.facts("call"):
        says = call.says
        function = says.get("function")
        if not function or says.get("known") or says.get("local"):
            continue
        head, dot, _ = call.name.partition(".")
        if dot and head in code.parameters.get((call.at.path, function), ()):
            asked[(call.at.path, function), head].append(call)
    found: dict[int, Fact] = {}
    for (owner, name), calls in asked.items():
        made = {_made(one) for one in _handed(code, owner, name)}
        if len(made) == 1 and (whose := made.pop()):
            found.update((id(old), new) for old, new in _renamed(calls, name, whose))
    return found


def _renamed(calls: list[Fact], name: str, whose: str) -> Iterator[tuple[Fact, Fact]]:
    known = catalog.load().matches
    for call in calls:
        new = replace(call, name=whose + call.name[len(name) :], says={**call.says, "known": True})
        if {one.key for one in known(new)} - {one.key for one in known(call)}:
            yield call, new


def _handed(code: Code, owner: Definition, name: str) -> Iterator[Any]:
    """What each caller of a function hands over for a parameter."""
    for caller in code.callers.get(owner, ())[:_MOST]:
        yield argument_of(caller, owner[1], code.parameters[owner], name)


def _made(value: Any) -> str:
    """The name in its library of what made a value; '' where that is not known."""
    name = str(value.get("name") or value.get("call") or "") if isinstance(value, Mapping) else ""
    return name if "." in name and not name.startswith("?") and _MAKES.match(name.rpartition(".")[2]) else ""
