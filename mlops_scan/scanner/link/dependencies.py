"""Manifests and locks to the distributions they name, and manifests to the files they include."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge


class Dependencies(Link):
    """`file:requirements.txt` declares `package:numpy`, `file:uv.lock` locks it, a manifest includes another."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        for fact in graph.all_facts("package"):
            yield Edge(f"file:{fact.get('manifest') or fact.at.path}", "declares", f"package:{fact.name}", fact.at)
        for fact in graph.all_facts("locked"):
            yield Edge(f"file:{fact.at.path}", "locks", f"package:{fact.name}", fact.at)
        for fact in graph.all_facts("manifest"):
            for path in (*(fact.get("includes") or ()), *(fact.get("constraints") or ())):
                yield Edge(f"file:{fact.at.path}", "includes", f"file:{path}", fact.at)
