"""The function that a schedule of code starts: handed over by name, in a wrapper, or behind one that only runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code.clocks import every
from mlops_scan.scanner.link.code.index import Code, inside
from mlops_scan.scanner.model import Fact

_WRAPS = "partial"
_SIGNED = frozenset(("s", "si", "signature", "delay"))
_TABLE = re.compile(r"beat_schedule\Z", re.IGNORECASE)
_PERIODIC = "add_periodic_task"


def function_of(use: Use, code: Code) -> Definition | None:
    """The function that the clock starts."""
    call, value = use.fact, use.argument("pipeline")
    found = _handed(value, call, code) if value is not None else None
    if found is not None:
        return _run_by(found, call, code) or found
    if function := str(call.get("decorates") or ""):
        return call.at.path, function
    return _around(call, code) if value is None else None


def tables(code: Code) -> Iterator[tuple[Fact, str, str]]:
    """(table, time, owner) of the entries of a table of periodic tasks that tell their time in seconds."""
    for table in _tables(code):
        for entry in table.says["value"].values():
            seconds = entry.get("schedule") if isinstance(entry, Mapping) else None
            if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
                target = _task(entry.get("task"), table.at.path, code)
                yield table, every(f"{seconds:g}", "seconds"), spelled(target)


def spelled(target: Definition | None) -> str:
    return f"{target[0]}#{target[1]}" if target is not None else ""


def _handed(value: Any, call: Fact, code: Code) -> Definition | None:
    """The function that a value names, wraps or calls."""
    path = call.at.path
    if isinstance(value, str):  # "package.module:function"
        found = code.names.find(value.replace(":", "."), path) if ":" in value else None
        return found if found in code.functions else None
    if not isinstance(value, Mapping):
        return None
    if str(value.get("expr") or "").startswith("lambda"):
        called = (code.called(one) for one in code.calls(path) if inside(one.at, call.at))
        return next((one for one in called if one is not None), None)
    name, args = str(value.get("call") or ""), value.get("args") or ()
    if name.rpartition(".")[2] == _WRAPS and args:
        return _handed(args[0], call, code)
    if name.rpartition(".")[2] in _SIGNED:
        return code.names.find(name.rpartition(".")[0], path)
    return code.named(value, path)


def _run_by(runner: Definition, call: Fact, code: Code) -> Definition | None:
    """The function that is handed to one that does no more than call it, or start it beside: `do(threaded, train)`."""
    declared = code.functions.get(runner)
    params = [str(one.get("name")) for one in declared.get("params") or ()] if declared is not None else []
    others = [one for one in (call.get("args") or ())[1:] if isinstance(one, Mapping)]
    if not params or not others:
        return None
    path, name = runner
    within = [one for one in code.calls(path) if str(one.get("function") or "") == name]
    started = {one.name for one in within} | {
        str(value.get("name"))
        for one in within
        for value in (*(one.get("args") or ()), *(one.get("kwargs") or {}).values())
        if isinstance(value, Mapping)
    }
    if started.isdisjoint(params):
        return None
    return next((found for one in others if (found := _handed(one, call, code)) in code.functions), None)


def _around(call: Fact, code: Code) -> Definition | None:
    """Of a time in an argument: the task that the call around it is given, or the entry of a table of them says."""
    path = call.at.path
    for one in code.calls(path):
        if one.name.endswith(_PERIODIC) and inside(call.at, one.at):
            handed = (_handed(value, one, code) for value in (one.get("args") or ())[1:])
            return next((found for found in handed if found in code.functions), None)
    for table in _tables(code):
        if table.at.path == path and inside(call.at, table.at):
            entries = [one for one in table.says["value"].values() if _is_call(one)]
            times = [one for one in code.calls(path) if one.name == call.name and inside(one.at, table.at)]
            if len(times) == len(entries):
                index = sorted(times, key=lambda one: one.at).index(call)
                return _task(entries[index].get("task"), path, code)
    return None


def _is_call(entry: Any) -> bool:
    value = entry.get("schedule") if isinstance(entry, Mapping) else None
    return isinstance(value, Mapping) and bool(value.get("call"))


def _tables(code: Code) -> Iterator[Fact]:
    for fact in code.facts("constant"):
        if _TABLE.search(fact.name) and isinstance(fact.says.get("value"), Mapping):
            yield fact


def _task(name: Any, path: str, code: Code) -> Definition | None:
    """The function of a task by its name: its own, or the one that its decorator gives it."""
    if not isinstance(name, str):
        return None
    found = code.names.find(name, path)
    if found in code.functions:
        return found
    for call in code.facts("call"):
        if call.get("decorates") and (call.get("kwargs") or {}).get("name") == name:
            return call.at.path, str(call.get("decorates"))
    return None
