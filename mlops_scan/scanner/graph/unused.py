"""Functions that nothing in the repository names: not called, handed on, imported or configured anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph.core import Graph

_SPECIAL = ("main", "handler", "run", "init")  # names that others call by convention


class Unused:
    """All names by which code and configuration speak of functions."""

    def __init__(self, graph: Graph) -> None:
        self._named: set[str] = set()
        self._functions = {(fact.at.path, fact.name): fact for fact in graph.facts("function")}
        for fact in graph.facts("call"):
            self._named.update(fact.name.split("."))
            for value in (*(fact.get("args") or ()), *(fact.get("kwargs") or {}).values()):
                if not isinstance(value, (int, float)):
                    self._named.update(_names(value))
        for fact in graph.facts("import"):
            self._named.update(str(one) for one in fact.get("names") or ())
        for fact in graph.facts("constant", "parameter", "setting"):
            self._named.update(_names(fact.get("value")))
        for fact in graph.facts("manifest"):
            for text in (fact.get("scripts") or {}).values():
                self._named.update(_names(text))
        for fact in graph.facts("pipeline-step"):
            self._named.add(str(fact.get("function") or "").rpartition(".")[2])

    def includes(self, path: str, function: str) -> bool:
        """Whether a function is one of these."""
        fact = self._functions.get((path, function))
        if fact is None or fact.get("decorators") or path.endswith(".ipynb"):
            return False
        owner, _, name = function.rpartition(".")
        if owner or name.startswith("__") or name in _SPECIAL:  # a method may be one that a framework calls
            return False
        return name not in self._named


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.replace(":", ".").rpartition(".")[2]
    elif isinstance(value, dict):
        if "expr" in value:
            yield from (str(value.get(key) or "").rpartition(".")[2] for key in ("name", "call", "expr"))
            yield from (name for one in value.get("args") or () for name in _names(one))
        else:
            yield from (name for one in value.values() for name in _names(one))
    elif isinstance(value, list):
        yield from (name for one in value for name in _names(one))
