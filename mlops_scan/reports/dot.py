"""The linked subjects as Graphviz DOT, by default those of the view."""

from __future__ import annotations

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import printable
from mlops_scan.reports.view import folded, names
from mlops_scan.scanner.model import Node
from mlops_scan.scanner.result import Result

_SHAPES = {
    "workload": "component",
    "stage": "box3d",
    "image": "box3d",
    "model": "cylinder",
    "dataset": "cylinder",
    "job": "cds",
    "step": "cds",
    "endpoint": "oval",
    "pipeline": "folder",
    "schedule": "octagon",
    "trigger": "octagon",
    "monitor": "diamond",
}
_LOOKS = {
    "production": 'style=bold, color="#2a7f2a"',
    "example": 'style=dashed, color="#888888"',
    "test": 'style=dashed, color="#b58900"',
    "development": 'color="#888888"',
    "disabled": "style=dotted",
}


class Dot(Report):
    format = "dot"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        view = result if self.full else folded(result)
        told = names(view.nodes)
        lines = ["digraph repository {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
        lines += [f"  {_quoted(one.id)} [{_look(one, told[one.id])}];" for one in view.nodes]
        lines += [
            f"  {_quoted(one.source)} -> {_quoted(one.target)} "
            f"[label={_quoted(one.relation)}, tooltip={_quoted(str(one.at))}];"
            for one in view.edges
        ]
        return "\n".join([*lines, "}"]) + "\n"


def _look(node: Node, label: str) -> str:
    hangs = f"only where {node.only_where}" if node.only_where else ""
    said = ", ".join(one for one in (node.kind, node.reach, node.state, node.purpose, hangs, str(node.at)) if one)
    known = [f"label={_quoted(label)}", f"shape={_SHAPES.get(node.kind, 'box')}", f"tooltip={_quoted(said)}"]
    look = _LOOKS.get(node.state or node.reach)
    return ", ".join([*known, look] if look else known)


def _quoted(text: str) -> str:
    clean = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{clean}"'
