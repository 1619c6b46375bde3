"""What runs, answers, flows, is started by clock or event and watches, as rows of a table for the draft."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.reports.view import folded, rank
from mlops_scan.scanner.model import Edge, Location, Node
from mlops_scan.scanner.result import Result

KINDS = ("endpoint", "workload", "pipeline", "schedule", "trigger", "monitor")
_MOST = 25  # rows of one kind
_LED = 3  # things in one row
_OUT = {
    "endpoint": ("selects", "routes to", "refers to", "runs", "builds", "serves"),
    "workload": ("runs", "builds"),
    "schedule": ("triggers",),
    "trigger": ("triggers",),
    "monitor": ("watches",),
}
_IN = {"endpoint": ("answers", "deploys"), "monitor": ("checks",)}


@dataclass(frozen=True, slots=True)
class Row:
    """One subject: its kind and name, where it is declared, what it belongs to, and what it leads to."""

    kind: str
    name: str
    at: Location
    reach: str
    leads: str


def inventory(result: Result) -> tuple[list[Row], int]:
    """(rows by kind, production first; how many more there are)."""
    view = folded(result)
    out: dict[str, list[Edge]] = defaultdict(list)
    into: dict[str, list[Edge]] = defaultdict(list)
    for edge in view.edges:
        out[edge.source].append(edge)
        into[edge.target].append(edge)
    names = {node.id: _name(node) for node in view.nodes}
    rows, more = [], 0
    for kind in KINDS:
        found = sorted((node for node in view.nodes if node.kind == kind), key=rank)
        more += len(found[_MOST:])
        for node in found[:_MOST]:
            leads = ", ".join(_leads(node, out[node.id], into[node.id], names))
            rows.append(Row(kind, names[node.id], node.at, _state(node), leads))
    return rows, more


def _name(node: Node) -> str:
    """Without the path of what stands in a file of its own: the table has its place."""
    return node.label.rpartition("#")[2] if node.kind in ("workload", "step") else node.label


def _state(node: Node) -> str:
    if node.state == "disabled":
        return "disabled"
    return f"{node.reach}, only where {node.only_where}" if node.only_where else node.reach


def _leads(node: Node, out: list[Edge], into: list[Edge], names: dict[str, str]) -> Iterator[str]:
    if node.purpose:
        yield f"for {node.purpose}"
    if node.kind == "pipeline":
        steps = [names[edge.target] for edge in out if edge.relation == "has step"]
        if steps:
            more = f" and {len(steps) - _LED} more" if len(steps) > _LED else ""
            yield f"{len(steps)} steps: " * (len(steps) > 1) + ", ".join(steps[:_LED]) + more
        return
    led = [f"{edge.relation} {names[edge.target]}" for edge in out if edge.relation in _OUT.get(node.kind, ())]
    led += [f"of {names[edge.source]}" for edge in into if edge.relation in _IN.get(node.kind, ())]
    yield from led[:_LED]
