"""Helm charts: what each is, and for those that no other chart carries with it the objects they render to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class HelmCharts(Parser):
    """Anchored at Chart.yaml; reads values, templates and the charts it depends on through the tree."""

    patterns: ClassVar[tuple[str, ...]] = ("Chart.yaml",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats.charts.facts import facts  # most repositories have no chart

        yield from yamlnodes.documents(source).notes
        yield from facts(tree, source.folder)
