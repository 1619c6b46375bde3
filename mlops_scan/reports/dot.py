"""The linked subjects as Graphviz DOT."""

from __future__ import annotations

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import printable
from mlops_scan.scanner.model import Result

_SHAPES = {
    "workload": "component",
    "stage": "box3d",
    "image": "box3d",
    "model": "cylinder",
    "data": "cylinder",
    "job": "cds",
}


class Dot(Report):
    format = "dot"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        lines = ["digraph repository {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
        lines += [
            f"  {_quoted(one.id)} [label={_quoted(one.label)}, shape={_SHAPES.get(one.kind, 'box')}];"
            for one in result.nodes
        ]
        lines += [
            f"  {_quoted(one.source)} -> {_quoted(one.target)} "
            f"[label={_quoted(one.relation)}, tooltip={_quoted(str(one.at))}];"
            for one in result.edges
        ]
        return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    clean = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{clean}"'
