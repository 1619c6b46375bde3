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
    """`alert`, `receiver` and `scrape` facts of one document (or of the spec of an operator's object)."""
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
            if kind is None or "expr" not in rule:
                continue
            says = {
                "type": kind,
                "expr": yamlnodes.text(rule, "expr")[: bounds.FACT_TEXT],
                "labels": _texts(rule.get("labels")),
                "where": where,
            }
            yield make("alert", yamlnodes.text(rule, kind), (rule.line, rule.column), says)


def _receivers(node: Mapping, make: Make) -> Iterator[Fact]:
    for receiver in _mappings(node, "receivers"):
        kinds = [key for key in receiver if key.endswith(("_configs", "Configs"))]
        filled = [key for key in kinds if any(isinstance(one, Mapping) for one in yamlnodes.items(receiver, key))]
        says = {"configs": filled, "empty": not filled}
        yield make("receiver", yamlnodes.text(receiver, "name"), (receiver.line, receiver.column), says)


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
