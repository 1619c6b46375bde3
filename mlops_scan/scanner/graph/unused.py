"""Functions that nothing in the repository names: not called, handed on, imported or configured anywhere."""

from __future__ import annotations

from typing import Any

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact

_TELLING = ("name", "call", "expr")
_SPECIAL = ("main", "handler", "run", "init")  # names that others call by convention


class Unused:
    """All names by which code and configuration speak of functions."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._functions: dict[str, dict[str, Fact]] = {}  # of files that were asked for, by name

    def includes(self, path: str, function: str) -> bool:
        """Whether a function is one of these."""
        if path.endswith(".ipynb"):
            return False
        if path not in self._functions:
            self._functions[path] = {fact.name: fact for fact in self._graph.in_file(path, "function")}
        fact = self._functions[path].get(function)
        if fact is None or fact.get("decorators"):
            return False
        owner, _, name = function.rpartition(".")
        if owner or name.startswith("__") or name in _SPECIAL:  # a method may be one that a framework calls
            return False
        return name not in self._graph.once(_named)


def _named(graph: Graph) -> set[str]:
    found: set[str] = set()
    called = {fact.name for fact in graph.facts("call")}
    found.update(part for name in called for part in name.split("."))
    for fact in graph.facts("call"):
        for key in ("args", "kwargs"):
            if given := fact.says.get(key):
                _add_names(found, given)
    for fact in graph.facts("import"):
        found.update(str(one) for one in fact.says.get("names") or ())
    for fact in graph.facts("constant", "parameter", "setting"):
        _add_names(found, fact.says.get("value"))
    for fact in graph.facts("manifest"):
        _add_names(found, fact.says.get("scripts"))
    for fact in graph.facts("pipeline-step"):
        found.add(str(fact.says.get("function") or "").rpartition(".")[2])
    return found


def _add_names(found: set[str], value: Any) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.add(one.replace(":", ".").rpartition(".")[2])
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            if "expr" in one:
                for key in _TELLING:
                    if text := one.get(key):
                        found.add(str(text).rpartition(".")[2])
                waiting += one.get("args") or ()
            else:
                waiting += one.values()
