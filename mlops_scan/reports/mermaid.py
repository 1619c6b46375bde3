"""The linked subjects as a Mermaid flowchart: what runs, builds, ships and serves; no imports, no declarations."""

from __future__ import annotations

from collections import Counter

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import mermaid
from mlops_scan.scanner.model import Edge, Node, Result

_LEFT_OUT = frozenset(("imports", "declares", "locks", "includes", "defines", "has job", "has step", "needs"))
_MOST_NODES, _MOST_EDGES = 120, 400  # GitHub refuses 500 edges and 50,000 characters
_MOST_CHARACTERS = 45_000


class Mermaid(Report):
    format = "mermaid"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        edges = [edge for edge in result.edges if edge.relation not in _LEFT_OUT]
        speaking = {end for edge in edges if edge.relation != "copies" for end in (edge.source, edge.target)}
        edges = [edge for edge in edges if edge.relation != "copies" or edge.target in speaking]
        degree = Counter(end for edge in edges for end in (edge.source, edge.target))
        shown = {key for key, _ in sorted(degree.items(), key=lambda one: (-one[1], one[0]))[:_MOST_NODES]}
        nodes = [node for node in result.nodes if node.id in shown]
        kept = [edge for edge in edges if edge.source in shown and edge.target in shown][:_MOST_EDGES]
        return _chart(nodes, kept, len(degree) - len(nodes))


def _chart(nodes: list[Node], edges: list[Edge], more: int) -> str:
    names = {node.id: f"n{number}" for number, node in enumerate(nodes, start=1)}
    lines = ["flowchart LR"]
    for kind in sorted({node.kind for node in nodes}):
        lines.append(f'  subgraph {"".join(filter(str.isalnum, kind))}_nodes["{mermaid(kind)}"]')
        lines += [f'    {names[node.id]}["{mermaid(node.label)}"]' for node in nodes if node.kind == kind]
        lines.append("  end")
    size = sum(map(len, lines))
    for edge in edges:
        line = f'  {names[edge.source]} -- "{mermaid(edge.relation)}" --> {names[edge.target]}'
        size += len(line) + 1
        if size > _MOST_CHARACTERS:
            break
        lines.append(line)
    if more > 0:
        lines.append(f'  rest["and {more} more subjects"]')
    return "\n".join(lines) + "\n"
