"""Prometheus rules, Alertmanager and scrape configuration, Grafana provisioning and dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import prometheus, yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

# bytes that all must stand in a file before it is parsed, for each shape that is read
_MARKS = (
    (b"groups:", b"rules:"),
    (b"receivers:",),
    (b"scrape_configs:",),
    (b"contactPoints:",),
    (b"datasources:",),
    (b'"groups"', b'"rules"'),
    (b'"panels"', b'"schemaVersion"'),
)
_BYTES = 2 * 2**20


class PrometheusFamily(Parser):
    """Configuration files in their own right; what stands in Kubernetes objects is read with them."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml", "*.rules", "*.json")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or len(source.data) > _BYTES:
            return False
        return any(all(mark in source.data for mark in marks) for marks in _MARKS)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        def make(kind: str, name: str, place: tuple[int, int], says: dict[str, Any]) -> Fact:
            return Fact(kind, name, Location(source.path, *place), says)

        for document in yamlnodes.documents(source).documents:
            if isinstance(document, Mapping) and not (yamlnodes.text(document, "kind") and "metadata" in document):
                yield from prometheus.facts(document, make, where="file")
                yield from prometheus.grafana(document, make)
