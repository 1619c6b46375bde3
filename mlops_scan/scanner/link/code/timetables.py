"""Schedules that code sets up, and the pipeline or function that each one starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.graph.placed import Placed
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code.clocked import function_of, spelled, tables
from mlops_scan.scanner.link.code.clocks import TIMES, time_of
from mlops_scan.scanner.link.code.index import Code, inside
from mlops_scan.scanner.link.code.parts import Pipeline
from mlops_scan.scanner.link.code.pipelines import Pipelines
from mlops_scan.scanner.model import Fact

_SENSOR = re.compile(r"sensor|trigger(?:_|\Z|[A-Z])|Trigger\Z")
_ASSETS = re.compile(
    r"\b(?:Dataset|Asset|DatasetOrTimeSchedule|DatasetAll|DatasetAny|AssetAll|AssetAny)\b|\basset|dataset"
)
_Told = tuple[Fact, str, str, bool]  # call, time, owner, switched off
# what starts a pipeline instead of the clock, by the words in which code speaks of it
_EVENTS = (
    ("drift", re.compile(r"drift", re.IGNORECASE)),
    (
        "registry",
        re.compile(r"model[\s_.-]?(?:version|registry|package)|registered[\s_.-]?model|registry", re.IGNORECASE),
    ),
    ("run", re.compile(r"run_status|run_failure|on_finish|flow-run|dagrun", re.IGNORECASE)),
    ("data", re.compile(r"asset|data|file|\bs3\b|bucket|blob|object|partition|freshness", re.IGNORECASE)),
)


def read(code: Code, pipelines: Pipelines) -> Iterator[Fact]:
    """A `schedule` fact each, at the place where the time is told."""
    found: list[_Told] = []
    for use in code.uses("schedules"):
        if use.fact.kind == "call":
            found += _told(use, code, pipelines)
    found = _behind_names([*found, *_served(code, pipelines)])
    for call, time, owner, off in found:
        outer = [one for one in found if inside(call.at, one[0].at)]
        if any(inside(one[0].at, call.at) for one in found) and not _plain(call):
            continue  # the time stands in an argument of its own, which tells it better
        owner = owner or next((one[2] for one in outer if one[2]), "")
        says: dict[str, Any] = {"owner": owner or call.at.path, "where": "python"}
        if event := _event(call):
            says["type"] = event
        if off or any(one[3] for one in outer):
            says["state"] = "disabled"
        yield Fact("schedule", time, call.at, says)
    for table, time, owner in tables(code):
        yield Fact("schedule", time, table.at, {"owner": owner or table.at.path, "where": "python"})


def once(facts: list[Fact]) -> list[Fact]:
    """The facts without the second telling of a schedule: that of the construct, and that of the call around it.

    What names a pipeline or a function of the code as owner tells more, but for what a resource or a workload keeps.
    """
    told = [one for one in facts if one.kind == "schedule" and one.get("where") == "python"]
    constructs = [one for one in told if not one.at.end_line]
    if not constructs or len(constructs) == len(told):
        return facts
    keepers = {str(one.get("id")) for one in facts if one.kind in ("resource", "workload")}
    placed = Placed((one.at, one) for one in constructs)
    dropped: dict[int, Fact | None] = {}
    for call in (one for one in told if one.at.end_line):
        twins = list(placed.within(call.at))
        keeps = next((one for one in twins if str(one.get("owner")) in keepers), None)
        if keeps is not None or (twins and "#" not in str(call.get("owner"))):
            dropped[id(call)] = None
            twin = keeps or twins[0]
            dropped[id(twin)] = replace(twin, name=call.name, says={**call.says, **twin.says})
        else:
            off = {"state": "disabled"} if any(one.get("state") for one in twins) else {}
            dropped.update({id(one): None for one in twins})
            dropped[id(call)] = replace(call, says={**call.says, **off})
    changed = (dropped.get(id(one), one) for one in facts)
    return [one for one in changed if one is not None]


def _behind_names(found: list[_Told]) -> list[_Told]:
    """`X = Cron("..."); plan(schedule=X)`: one schedule, told where its time is, started where it is used."""
    by_name = {(one[0].at.path, str(one[0].get("assigned"))): one for one in found if one[0].get("assigned")}
    told: dict[int, _Told] = {}
    used: set[int] = set()
    for index, (call, time, owner, off) in enumerate(found):
        other = by_name.get((call.at.path, time))
        if other is not None and other[0] is not call:
            used.add(index)
            told[id(other)] = (other[0], other[1], owner or other[2], off or other[3])
    return [told.get(id(one), one) for index, one in enumerate(found) if index not in used]


def _told(use: Use, code: Code, pipelines: Pipelines) -> Iterator[_Told]:
    call = use.fact
    time = time_of(call, use.argument("cron"), code)
    if not time and _is_sensor(use):
        time = str(call.get("decorates") or call.get("assigned") or call.name.rpartition(".")[2])
    if time:
        pipeline = _pipeline(use, pipelines)
        yield call, time, pipeline.id if pipeline is not None else spelled(function_of(use, code)), use.disabled


def _pipeline(use: Use, pipelines: Pipelines) -> Pipeline | None:
    call = use.fact
    for one in pipelines.by_file.get(call.at.path, ()):
        if one.at == call.at:
            return one
    told = use.argument("pipeline")
    named = pipelines.told(told, call.at.path) if told is not None else None
    function = str(call.get("decorates") or "")
    return named or pipelines.by_function.get((call.at.path, function)) or _only(call.at.path, pipelines)


def _only(path: str, pipelines: Pipelines) -> Pipeline | None:
    here = [one for one in pipelines.by_file.get(path, ()) if one.name]
    return here[0] if len(here) == 1 else None


def _served(code: Code, pipelines: Pipelines) -> Iterator[_Told]:
    """`flow.serve(cron=...)`: a call on a function that is a pipeline."""
    functions = {function for _, function in pipelines.by_function}
    for call in code.facts("call") if functions else ():
        if "." not in call.name or call.says.get("decorates") or functions.isdisjoint(call.name.split(".")[-4:-1]):
            continue
        kwargs = call.says.get("kwargs") or {}
        value = next((kwargs[key] for key in TIMES if key in kwargs), None)
        target = code.called(call) if value is not None else None
        pipeline = pipelines.by_function.get(target) if target is not None else None
        if pipeline is not None and value is not None:
            yield call, time_of(call, value, code), pipeline.id, kwargs.get("paused") is True


def _is_sensor(use: Use) -> bool:
    """Whether an event, not the clock, starts what the call names or decorates."""
    return "cron" not in use.match.data and ("pipeline" in use.match.data or bool(use.fact.get("decorates")))


def _event(call: Fact) -> str:
    """What kind of event a call waits for; '' for the clock."""
    kwargs = call.get("kwargs") or {}
    waits = next((kwargs[key] for key in TIMES if isinstance(kwargs.get(key), (list, Mapping))), None)
    if waits is not None:
        return "data" if _ASSETS.search(_source(waits)) else ""
    last = call.name.rpartition(".")[2]
    if not _SENSOR.search(last):
        return ""
    words = " ".join((last, str(call.get("decorates") or ""), *map(_source, (call.get("args") or (), kwargs))))
    return next((kind for kind, said in _EVENTS if said.search(words)), "event")


def _source(value: Any) -> str:
    """A value and all in it as one text."""
    if isinstance(value, Mapping):
        return " ".join(
            _source(one) for one in ((value.get("name"), value["expr"]) if "expr" in value else value.values())
        )
    return " ".join(map(_source, value)) if isinstance(value, (list, tuple)) else str(value or "")


def _plain(call: Fact) -> bool:
    """Whether a call tells its time as a constant."""
    kwargs = call.get("kwargs") or {}
    return any(isinstance(kwargs.get(key), str) for key in TIMES)
