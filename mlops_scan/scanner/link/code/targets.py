"""Objects that a configuration names by class: `instantiate(cfg.model)` where a file says `_target_: package.Class`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from mlops_scan.scanner.link.code.composed import Composed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact

_MAKES = "instantiate"
_KEY = "_target_"


def made(facts: Collection[Fact]) -> dict[int, Fact]:
    """By id of a call fact: the same call by the name of the class that the configuration says."""
    making = [fact for fact in facts if fact.kind == "call" and _is_making(fact.name)]
    if not making or not any(fact.kind == "parameter" and fact.name.endswith(_KEY) for fact in facts):
        return {}
    code = Code(facts, ())
    files: dict[str, dict[str, Fact]] = defaultdict(dict)
    for fact in code.facts("parameter"):
        files[fact.at.path].setdefault(fact.name, fact)
    composed = Composed(code, files)
    found: dict[int, Fact] = {}
    inside: dict[tuple[str, str], list[tuple[Fact, str]]] = defaultdict(list)
    for call in making:
        target = _target(call, composed)
        inside[call.at.path, str(call.get("function") or "")].append((call, target))
        if target:
            found[id(call)] = _named(call, target)
    for (path, _), calls in inside.items():
        if len(calls) == 1 and calls[0][1]:  # of several, nothing tells which of them a method belongs to
            found |= _methods(code, path, *calls[0])
    return found


def _is_making(name: str) -> bool:
    return name.rpartition(".")[2] == _MAKES and "." in name


def _target(call: Fact, composed: Composed) -> str:
    given = next(iter(call.get("args") or ()), None)
    text = str(given.get("expr") or "") if isinstance(given, dict) else ""
    known = composed.of(f"{text}.{_KEY}", call) if text else None
    return known[0] if known is not None and isinstance(known[0], str) and "." in known[0] else ""


def _named(call: Fact, target: str) -> Fact:
    """The constructor; what else it is given stands in the configuration."""
    given = (call.get("args") or [None])[0]
    says = {**call.says, "args": [], "kwargs": {**(call.get("kwargs") or {}), "**": given}, "known": True}
    return replace(call, name=target, says=says)


def _methods(code: Code, path: str, making: Fact, target: str) -> dict[int, Fact]:
    """The calls on what was made."""
    before = f"{making.name}."
    calls = (one for one in code.calls(path) if one.get("function") == making.get("function"))
    return {
        id(one): replace(one, name=f"{target}.{one.name.removeprefix(before)}")
        for one in calls
        if one.name.startswith(before)
    }
