"""The linked subjects as node-link JSON with stable ids."""

from __future__ import annotations

import json
from typing import Any

from mlops_scan.reports.base import Report
from mlops_scan.scanner.model import Location, Node
from mlops_scan.scanner.result import Result


class Graph(Report):
    format = "graph"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        document = {
            "schema_version": 1,
            "directed": True,
            "nodes": [_node(one) for one in result.nodes],
            "links": [
                {"source": one.source, "target": one.target, "relation": one.relation, **_place(one.at)}
                for one in result.edges
            ],
        }
        return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _node(node: Node) -> dict[str, Any]:
    """One subject; what it does not say is left out."""
    more = {
        "detail": node.detail,
        "state": node.state,
        "reach": node.reach,
        "purpose": node.purpose,
        "names": [*node.names],
        "only_where": node.only_where,
    }
    said = {key: value for key, value in more.items() if value}
    return {"id": node.id, "kind": node.kind, "label": node.label, **said, **_place(node.at)}


def _place(at: Location) -> dict[str, Any]:
    return {"path": at.path, "line": at.line}
