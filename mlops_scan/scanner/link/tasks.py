"""Steps of pipelines that Python defines, to the modules that they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.imports import LocalModules
from mlops_scan.scanner.model import Edge, Fact

_NAMES = ("task_id", "name", "step_name")


class Tasks(Link):
    """`file:dags/train.py` has `step:dags/train.py#fit`, which runs `file:demand/training.py`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        modules = LocalModules(graph.all_facts("module"))
        uses = [use for use in graph.uses("pipeline-definition") if use.fact.kind == "call" and not use.disabled]
        decorated = {(use.at.path, str(use.fact.get("decorates"))) for use in uses if use.fact.get("decorates")}
        seen = set()
        for use in uses:
            call = use.fact
            name = _name(call)
            if name and id(call) not in seen:
                seen.add(id(call))
                yield from _step(call, name, _told(call, files, modules))
        functions = {name for _, name in decorated}
        for call in graph.all_facts("call"):
            module, _, function = call.name.rpartition(".")
            if module and function in functions and not call.get("decorates"):
                path = modules.find(module, call.at.path)
                if path and path != call.at.path and (path, function) in decorated:
                    yield from _step(call, function, [path])


def _step(call: Fact, name: str, runs: list[str]) -> Iterator[Edge]:
    if runs:
        step = f"step:{call.at.path}#{name}"
        yield Edge(f"file:{call.at.path}", "has step", step, call.at)
        for path in runs:
            yield Edge(step, "runs", f"file:{path}", call.at)


def _name(call: Fact) -> str:
    kwargs = call.get("kwargs") or {}
    return next((str(kwargs[key]) for key in _NAMES if isinstance(kwargs.get(key), str)), "")


def _told(call: Fact, files: frozenset[str], modules: LocalModules) -> list[str]:
    """Files that the arguments name: a script, or a function of a local module."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    return list(dict.fromkeys(path for value in values if (path := _file(value, call, files, modules))))


def _file(value: Any, call: Fact, files: frozenset[str], modules: LocalModules) -> str:
    if isinstance(value, str):
        return value if value.endswith(".py") and value in files else ""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or value.get("call"):
        return ""
    module = value["name"].rpartition(".")[0]
    return (modules.find(module, call.at.path) or "") if module else ""
