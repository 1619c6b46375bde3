"""The linked subjects as a Mermaid flowchart, in lanes by kind: what runs, answers, flows and watches."""

from __future__ import annotations

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import mermaid
from mlops_scan.reports.view import folded, names, rank
from mlops_scan.scanner.model import Edge, Node
from mlops_scan.scanner.result import Result

_MOST_NODES, _MOST_EDGES = 120, 400  # GitHub refuses 500 edges and 50,000 characters
_MOST_CHARACTERS = 45_000
_LABEL = 60
_STYLES = (
    ("production", "stroke:#2a7f2a,stroke-width:2px"),
    ("development", "stroke:#888888"),
    ("example", "stroke:#888888,stroke-dasharray:2 2"),
    ("test", "stroke:#b58900,stroke-dasharray:2 2"),
    ("disabled", "stroke-dasharray:6 4,opacity:0.6"),
)


class Mermaid(Report):
    format = "mermaid"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        view = result if self.full else folded(result)
        nodes = sorted(view.nodes, key=rank)[:_MOST_NODES]
        shown = {node.id for node in nodes}
        edges = [edge for edge in view.edges if edge.source in shown and edge.target in shown][:_MOST_EDGES]
        return _chart(nodes, edges, len(view.nodes) - len(nodes))


def _chart(nodes: list[Node], edges: list[Edge], more: int) -> str:
    ids = {node.id: f"n{number}" for number, node in enumerate(nodes, start=1)}
    told = names(nodes)
    lines = ["flowchart LR"]
    for kind in dict.fromkeys(node.kind for node in nodes):
        lines.append(f'  subgraph {"".join(filter(str.isalnum, kind))}_nodes["{mermaid(kind)}"]')
        lines += [f'    {ids[node.id]}["{_label(node, told[node.id])}"]' for node in nodes if node.kind == kind]
        lines.append("  end")
    styles = list(_classes(nodes, ids))
    size = sum(map(len, lines)) + sum(map(len, styles))
    for edge in edges:
        line = f'  {ids[edge.source]} -- "{mermaid(edge.relation)}" --> {ids[edge.target]}'
        size += len(line) + 1
        if size > _MOST_CHARACTERS:
            break
        lines.append(line)
    if more > 0:
        lines.append(f'  rest["and {more} more subjects"]')
    return "\n".join([*lines, *styles]) + "\n"


def _label(node: Node, label: str) -> str:
    """The end of a long name tells more than its start; a schedule says what it is for."""
    more = f" ({node.purpose})" if node.purpose else " (disabled)" if node.state == "disabled" else ""
    more = more or " (on some clusters)" * bool(node.only_where)
    keep = _LABEL - len(more)
    name = label if len(label) <= keep else f"...{label[3 - keep :]}"
    return mermaid(name + more, _LABEL)


def _classes(nodes: list[Node], ids: dict[str, str]) -> list[str]:
    lines = []
    for style, look in _STYLES:
        found = [ids[node.id] for node in nodes if style == (node.state or node.reach)]
        if found:
            lines += [f"  classDef {style} {look}", f"  class {','.join(found)} {style}"]
    return lines
