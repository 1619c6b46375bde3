"""Models whose path a variable of the environment tells: an image or a manifest sets it, the code reads it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge


class ToldModels(Link):
    """`file:app.py` reads `model:iris.joblib`, because a Dockerfile or a manifest says so in `MODEL_PATH`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        set_to: dict[str, set[str]] = {}
        for env in graph.facts("env"):
            value = env.get("value")
            if env.get("where") != "python" and isinstance(value, str) and "." in posixpath.basename(value):
                set_to.setdefault(env.name, set()).add(posixpath.basename(value))
        for use in graph.uses("loads-model"):
            if use.fact.kind == "call":
                values = [*(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values()]
                for variable in dict.fromkeys(one for value in values for one in _variables(value)):
                    for name in sorted(set_to.get(variable, ())):
                        yield Edge(f"file:{use.at.path}", "reads", f"model:{name}", use.at)


def _variables(value: Any) -> Iterator[str]:
    """Environment variables that an argument reads, directly or inside a call."""
    if isinstance(value, dict):
        if isinstance(value.get("env"), str):
            yield value["env"]
        for inner in value.get("args") or ():
            yield from _variables(inner)
