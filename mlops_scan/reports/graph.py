"""The linked subjects as node-link JSON with stable ids."""

from __future__ import annotations

import json
from typing import Any

from mlops_scan.reports.base import Report
from mlops_scan.scanner.model import Location, Result


class Graph(Report):
    format = "graph"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        document = {
            "schema_version": 1,
            "directed": True,
            "nodes": [{"id": one.id, "kind": one.kind, "label": one.label, **_place(one.at)} for one in result.nodes],
            "links": [
                {"source": one.source, "target": one.target, "relation": one.relation, **_place(one.at)}
                for one in result.edges
            ],
        }
        return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _place(at: Location) -> dict[str, Any]:
    return {"path": at.path, "line": at.line}
