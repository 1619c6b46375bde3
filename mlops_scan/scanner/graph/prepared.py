"""Code that steps of a training pipeline run to choose and order rows, and that writes what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact


def choosing(graph: Graph, training: Collection[str]) -> frozenset[str]:
    """Files of steps that write a file after a draw of rows, in pipelines of which another step trains."""
    drawing = {use.at.path for use in graph.uses("draws-rows") if use.fact.kind == "call" and not use.disabled}
    if not drawing:
        return frozenset()
    pipelines: dict[str, set[str]] = defaultdict(set)  # the file that defines it -> the files that its steps run
    for edge in graph.edges("runs"):
        if edge.source.startswith("step:") and edge.target.startswith("file:"):
            pipelines[edge.source[5:].partition("#")[0]].add(edge.target[5:])
    writing = {use.at.path for use in graph.uses("writes-data")}
    return frozenset(
        path
        for files in pipelines.values()
        if any(not graph.closure(one).isdisjoint(training) for one in files)
        for path in files & drawing
        if path in writing or any(_writes(call) for call in graph.in_file(path, "call"))
    )


def _writes(call: Fact) -> bool:
    """Whether a call opens a file in order to write it."""
    given = [*(call.get("args") or ())[1:2], (call.get("kwargs") or {}).get("mode")]
    return call.name == "open" and any(isinstance(one, str) and one.startswith(("w", "x")) for one in given)
