"""The Prometheus family's configuration by its shape: alert rules, notification receivers, scrape jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

# (kind, name, (line, column) of the parsed text, says) -> the fact at its place in the repository
Make = Callable[[str, str, tuple[int, int], dict[str, Any]], Fact]

_MARKS = ("alert:", "record:", "receivers:", "scrape_configs:", '"groups"', '"receivers"', '"scrape_configs"')


def worth_reading(text: str) -> bool:
    """Whether text can hold any of it: a look that costs next to nothing."""
    return any(mark in text for mark in _MARKS)


def facts(node: Node | None, make: Make, *, where: str) -> Iterator[Fact]:
    """`alert`, `receiver` and `scrape` facts of one document (or of the spec of an operator's object).

    A group's rules are Prometheus' or Grafana's: the latter have a `title` and `data` with the queries.
    """
    if not isinstance(node, Mapping):
        return
    yield from _alerts(node, make, where)
    if "route" in node or "global" in node:
        yield from _receivers(node, make)
    yield from _scrapes(node, make)


def embedded(scalar: Scalar, make: Make, *, where: str) -> Iterator[Fact]:
    """The same for YAML kept as the text of a scalar; lines are those of the text around it."""
    try:
        documents = yamlnodes.parse(str(scalar))
    except yamlnodes.YamlError:
        return

    def shifted(kind: str, name: str, place: tuple[int, int], says: dict[str, Any]) -> Fact:
        line, column = (scalar.line + place[0], place[1]) if scalar.block else (scalar.line, scalar.column)
        return make(kind, name, (line, column), says)

    for document in documents:
        yield from facts(document, shifted, where=where)


def _alerts(node: Mapping, make: Make, where: str) -> Iterator[Fact]:
    for group in _mappings(node, "groups"):
        for rule in _mappings(group, "rules"):
            kind = next((key for key in ("alert", "record") if isinstance(rule.get(key), Scalar)), None)
            if kind is not None and "expr" in rule:
                name, expression = yamlnodes.text(rule, kind), yamlnodes.text(rule, "expr")
            elif isinstance(rule.get("title"), Scalar) and "data" in rule:
                kind, name, expression = "alert", yamlnodes.text(rule, "title"), " ; ".join(_queries(rule, "data"))
            else:
                continue
            says = {
                "type": kind,
                "expr": expression[: bounds.FACT_TEXT],
                "labels": _texts(rule.get("labels")),
                "where": where,
            }
            yield make("alert", name, (rule.line, rule.column), says)


def _queries(holder: Mapping, key: str) -> list[str]:
    """The expressions of Grafana's queries: of a rule's `data` (in a model) or a panel's `targets`."""
    found = [yamlnodes.text(one, "model", "expr") or yamlnodes.text(one, "expr") for one in _mappings(holder, key)]
    return [expression for expression in found if expression]


def grafana(node: Node, make: Make) -> Iterator[Fact]:
    """Contact points as receivers, data sources and dashboards as settings, alerts that dashboards hold."""
    if not isinstance(node, Mapping):
        return
    for point in _mappings(node, "contactPoints"):
        kinds = [text for text in (yamlnodes.text(one, "type") for one in _mappings(point, "receivers")) if text]
        yield make("receiver", yamlnodes.text(point, "name"), (point.line, point.column), _receiver(kinds))
    for source in _mappings(node, "datasources") if "apiVersion" in node else ():
        says = {"value": yamlnodes.text(source, "type"), "file_format": "grafana"}
        yield make("setting", "datasources.type", (source.line, source.column), says)
    if isinstance(node.get("panels"), Sequence) and isinstance(node.get("schemaVersion"), Scalar):
        yield make("setting", "dashboard", (1, 1), {"value": yamlnodes.text(node, "title"), "file_format": "grafana"})
        for panel in _mappings(node, "panels"):
            alert = panel.get("alert")
            if isinstance(alert, Mapping):
                expression = " ; ".join(_queries(panel, "targets"))[: bounds.FACT_TEXT]
                says = {"type": "alert", "expr": expression, "where": "dashboard"}
                yield make("alert", yamlnodes.text(alert, "name"), (alert.line, alert.column), says)


def _receivers(node: Mapping, make: Make) -> Iterator[Fact]:
    for receiver in _mappings(node, "receivers"):
        kinds = [key for key in receiver if key.endswith(("_configs", "Configs"))]
        filled = [key for key in kinds if any(isinstance(one, Mapping) for one in yamlnodes.items(receiver, key))]
        yield make("receiver", yamlnodes.text(receiver, "name"), (receiver.line, receiver.column), _receiver(filled))


def _receiver(kinds: list[str]) -> dict[str, Any]:
    return {"configs": kinds, "empty": not kinds}


def _scrapes(node: Mapping, make: Make) -> Iterator[Fact]:
    for job in _mappings(node, "scrape_configs"):
        targets = [
            str(target)[: bounds.FACT_TEXT]
            for group in yamlnodes.items(job, "static_configs")
            for target in yamlnodes.items(group, "targets")
            if isinstance(target, Scalar)
        ]
        yield make("scrape", yamlnodes.text(job, "job_name"), (job.line, job.column), {"targets": targets})


def _mappings(node: Node | None, key: str) -> list[Mapping]:
    value = yamlnodes.child(node, key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []


def _texts(node: Node | None) -> dict[str, str]:
    return (
        {key: str(value) for key, value in node.items() if isinstance(value, Scalar)}
        if isinstance(node, Mapping)
        else {}
    )
