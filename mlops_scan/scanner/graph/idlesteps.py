"""Steps of pipelines of code that do nothing: a placeholder, a line that only prints, a function without a body."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact, Location

# of a decorator: what the function returns, or what stands elsewhere under its name, is what runs
_RUNS_ELSEWHERE = (".bash", "_cmd", ".stub")


@dataclass(frozen=True, slots=True)
class Idle:
    """Where a step does nothing, and why."""

    at: Location
    why: str


def idle(graph: Graph, step: Fact) -> Idle | None:
    """Why a step does nothing; None where it does something, or nobody knows."""
    if why := str(step.get("idle") or ""):
        return Idle(step.at, why)
    path, name = str(step.get("runs") or ""), str(step.get("function") or "")
    for function in graph.in_file(path, "function") if path and name else ():
        if function.name == name and (why := _empty(function)):
            return Idle(function.at, why)
    return None


def _empty(function: Fact) -> str:
    decorators = function.get("decorators") or ()
    if any(str(one.get("name")).endswith(_RUNS_ELSEWHERE) for one in decorators):
        return ""
    if function.get("stub"):
        return "its function does nothing"
    return "all that its function does is print" if function.get("prints") else ""
