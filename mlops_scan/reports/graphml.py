"""The linked subjects as GraphML, for graph tools."""

from __future__ import annotations

from typing import Any

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import printable
from mlops_scan.scanner.result import Result


class GraphMl(Report):
    format = "graphml"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        import networkx as nx

        graph: Any = nx.MultiDiGraph()  # type: ignore[no-untyped-call,unused-ignore]
        for one in result.nodes:
            more = {"detail": one.detail, "state": one.state, "reach": one.reach, "purpose": one.purpose}
            more["only_where"] = one.only_where
            said = {key: printable(value) for key, value in more.items() if value}
            place = printable(str(one.at))
            graph.add_node(printable(one.id), kind=one.kind, label=printable(one.label), place=place, **said)
        for edge in result.edges:
            graph.add_edge(
                printable(edge.source),
                printable(edge.target),
                key=edge.relation,
                relation=edge.relation,
                place=printable(str(edge.at)),
            )
        return "\n".join(nx.generate_graphml(graph, prettyprint=True)) + "\n"
