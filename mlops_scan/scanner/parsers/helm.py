"""Helm charts: what each is, and for those that no other chart carries with it the objects they render to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import chart as charts
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser


class HelmCharts(Parser):
    """Anchored at Chart.yaml; reads values, templates and the charts it depends on through the tree."""

    patterns: ClassVar[tuple[str, ...]] = ("Chart.yaml",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats.chartfacts import ChartFacts, chart_fact

        yield from yamlnodes.documents(source).notes
        chart = charts.load(tree, source.folder)
        if chart is None:
            return
        yield chart_fact(tree, chart)
        yield from chart.notes
        if charts.is_vendored(tree, source.folder):
            return
        yield from _absent(chart)
        if not chart.library:
            yield from ChartFacts(tree, chart).facts()


def _absent(chart: charts.Chart) -> Iterator[Note]:
    """Dependencies that nothing in the repository is; of each, what it would define is missing."""
    packed = [path.rsplit("/", 1)[-1] for path in chart.archives]
    for one in chart.missing():
        if any(name.startswith(f"{one.name}-") for name in packed):
            reason = f"dependency '{one.name}' is a packed archive, which is not opened: what it defines is missing"
        else:
            reason = f"dependency '{one.name}' is not in the repository: what it defines is missing"
        yield Note(Location(one.path, one.line), reason)
