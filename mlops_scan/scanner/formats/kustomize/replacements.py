"""`replacements` and the older `vars`: values of one object put into fields of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kustomize import fields, variant
from mlops_scan.scanner.formats.kustomize.variant import Variant
from mlops_scan.scanner.formats.ledger import Ledger
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar

_VARIABLE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")
_NAME = "metadata.name"
_TEXT = 2_000
_VALUE = 300
_VARIABLES = 20  # that one text may hold


def paths(rule: Mapping) -> int:
    """How many fields of an object a replacement may write to."""
    targets = yamlnodes.items(rule, "targets")
    return sum(1 + len(yamlnodes.items(one, "fieldPaths")) + len(yamlnodes.items(one, "reject")) for one in targets)


def replace(rule: Mapping, variants: list[Variant], ledger: Ledger) -> Iterator[str]:
    """Apply one replacement; yields a complaint for a source that is not there."""
    value = _source(rule, variants)
    if value is None:
        name = yamlnodes.text(rule, "source", "name")[:200]
        yield f"a replacement finds no field '{yamlnodes.text(rule, 'source', 'fieldPath')[:200]}' of '{name}'"
        return
    for target in yamlnodes.items(rule, "targets"):
        for chosen in _targets(target, variants):
            for path in yamlnodes.items(target, "fieldPaths"):
                if isinstance(path, Scalar):
                    _into(chosen.node, str(path), value, target, ledger)


def _source(rule: Mapping, variants: list[Variant]) -> Scalar | None:
    written = yamlnodes.child(rule, "sourceValue")
    if isinstance(written, Scalar):
        return written
    source = yamlnodes.child(rule, "source")
    chosen = variant.selected(variants, source) if source is not None else []
    path = yamlnodes.text(source, "fieldPath") or _NAME
    held = fields.found(chosen[0].node, path) if chosen else None
    if not isinstance(held, Scalar):
        return None
    delimiter = yamlnodes.text(source, "options", "delimiter")
    if not delimiter:
        return held
    parts, index = held.split(delimiter), _index(source)
    return scalar(parts[index], held.line, held.column, bare=False) if 0 <= index < len(parts) else None


def _targets(target: Node, variants: list[Variant]) -> list[Variant]:
    rejected = [one for entry in yamlnodes.items(target, "reject") for one in variant.selected(variants, entry)]
    chosen = variant.selected(variants, yamlnodes.child(target, "select"))
    return [one for one in chosen if not any(one is other for other in rejected)]


def _into(node: Mapping, path: str, value: Scalar, target: Node, ledger: Ledger) -> None:
    create = node if yamlnodes.text(target, "options", "create") == "true" else None
    delimiter = yamlnodes.text(target, "options", "delimiter")
    for holder, key in list(fields.places(node, fields.steps(path), create=create)):
        if isinstance(holder, Mapping) and key not in holder and create is None:
            continue
        copied = ledger.again(value)
        old = fields.value_at(holder, key) if not isinstance(holder, Mapping) or key in holder else None
        if delimiter and isinstance(old, Scalar):
            copied = _pieced(old, str(value), delimiter, _index(target), value)
        if isinstance(copied, Scalar):
            fields.set_field(holder, key, copied)


def _pieced(old: Scalar, new: str, delimiter: str, index: int, place: Scalar) -> Scalar:
    """The old text with one of its parts replaced, or with one more before or after them."""
    parts = old.split(delimiter)
    if index < 0:
        parts.insert(0, new)
    elif index >= len(parts):
        parts.append(new)
    else:
        parts[index] = new
    return scalar(delimiter.join(parts)[:_TEXT], place.line, place.column, bare=False)


def _index(holder: Node | None) -> int:
    text = yamlnodes.text(holder, "options", "index")
    return int(text[:6]) if text.lstrip("-").isdecimal() else 0


def variables(declared: list[Mapping], variants: list[Variant]) -> dict[str, Scalar]:
    """What each of `vars` stands for."""
    made: dict[str, Scalar] = {}
    for one in declared:
        name = yamlnodes.text(one, "name")
        chosen = variant.selected(variants, yamlnodes.child(one, "objref")) if name else []
        path = yamlnodes.text(one, "fieldref", "fieldpath") or yamlnodes.text(one, "fieldref", "fieldPath") or _NAME
        held = fields.found(chosen[0].node, path) if chosen else None
        if isinstance(held, Scalar):
            made[name] = held
    return made


def substitute(node: Node, known: AnyMapping[str, Scalar]) -> None:
    """Put what variables stand for into every text below the node."""
    stack: list[Node] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            for key, child in current.items():
                current[key] = _filled(child, known)
            stack.extend(child for child in current.values() if not isinstance(child, Scalar))
        elif isinstance(current, Sequence):
            current[:] = [_filled(child, known) for child in current]
            stack.extend(child for child in current if not isinstance(child, Scalar))


def _filled(node: Node, known: AnyMapping[str, Scalar]) -> Node:
    if not isinstance(node, Scalar) or "$(" not in node:
        return node
    text = _VARIABLE.sub(lambda match: str(known.get(match[1], match[0]))[:_VALUE], node, count=_VARIABLES)
    if text == node:
        return node
    made = scalar(text, node.line, node.column, bare=False)
    made.block = node.block
    return made
