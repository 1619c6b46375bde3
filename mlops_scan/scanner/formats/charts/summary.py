"""The `chart` fact: what a chart says of itself, its default values, and the values files shipped beside them."""

from __future__ import annotations

import re
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.chart import Chart, find
from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.yamlnodes import Repository
from mlops_scan.scanner.model import Fact

_OVERLAY = re.compile(r"(?:[^/]*values[^/]*|values/[^/]+)\.ya?ml\Z", re.IGNORECASE)
_TEST = re.compile(r"(?:^|[-_./])(?:ci|tests?)(?:[-_./]|\Z)", re.IGNORECASE)


def overlays(tree: Repository, chart: Chart) -> list[str]:
    """The values files that are shipped beside values.yaml; those for tests are none."""
    skip = len(chart.folder) + 1 if chart.folder else 0
    inside = [path[skip:] for path in tree.under(chart.folder)]
    found = [path for path in inside if _OVERLAY.match(path) and not _TEST.search(path) and path != "values.yaml"]
    return [f"{chart.folder}/{path}" if chart.folder else path for path in found]


def chart_fact(tree: Repository, chart: Chart) -> Fact:
    """The `chart` fact."""
    says: dict[str, Any] = {
        "version": chart.version,
        "app_version": yamlnodes.text(chart.node, "appVersion"),
        "type": yamlnodes.text(chart.node, "type", default="application"),
        "description": yamlnodes.text(chart.node, "description")[: bounds.FACT_TEXT],
        "library": chart.library,
        "published": _is_published(chart),
        "dependencies": [
            {
                "name": one.name,
                "repository": one.repository,
                "version": one.version,
                "condition": one.condition,
                "alias": one.alias,
                "present": find(chart.charts, one) is not None,
            }
            for one in chart.dependencies
        ],
        "values": plain_defaults(chart),
        "overlays": overlays(tree, chart),
    }
    at = yamlnodes.at(chart.path, chart.node, "name")
    return Fact("chart", chart.name, at, {key: value for key, value in says.items() if value not in ("", [], {})})


def _is_published(chart: Chart) -> bool:
    """Whether the chart tells strangers where it comes from and who keeps it."""
    return all(yamlnodes.child(chart.node, key) for key in ("home", "sources", "maintainers"))


def plain_defaults(chart: Chart, most: int = bounds.FACT_NODES) -> dict[str, Value]:
    """The default values as JSON data, cut off after `most` nodes."""
    left = [most]

    def cut(value: Value, depth: int) -> Value:
        left[0] -= 1
        if left[0] < 0 or depth > bounds.YAML_DEPTH:
            return None
        if isinstance(value, dict):
            return {key: cut(child, depth + 1) for key, child in value.items() if left[0] > 0}
        if isinstance(value, list):
            return [cut(child, depth + 1) for child in value if left[0] > 0]
        if isinstance(value, str):
            return value[: bounds.FACT_TEXT]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return dict(cut(chart.defaults, 0) or {})
