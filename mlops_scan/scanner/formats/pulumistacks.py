"""Stacks of a Pulumi program: what each file of configuration gives for the keys that the program asks for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node

_PROJECTS = ("Pulumi.yaml", "Pulumi.yml")
_STACK = re.compile(r"Pulumi\.(?P<name>[\w.-]+)\.ya?ml\Z")
_MOST = 12  # stacks of one program


@dataclass(frozen=True, slots=True)
class Stack:
    """The configuration of one stack: (value, path, line) by `namespace:key`; what is encrypted has no value.

    `path` is '' for what a program says for all of its stacks, where it has none.
    """

    path: str
    project: str
    entries: dict[str, tuple[Any, str, int]]


def of(folder: str, tree: yamlnodes.Repository) -> list[Stack]:
    """The stacks of the program that a folder belongs to; none where it is no program's."""
    while True:
        for name in _PROJECTS:
            if (found := tree.get(posixpath.join(folder, name))) is not None:
                return list(_stacks(folder, found, tree))
        if not folder:
            return []
        folder = posixpath.dirname(folder)


def _stacks(folder: str, written: yamlnodes.Readable, tree: yamlnodes.Repository) -> Iterator[Stack]:
    node = _first(written)
    if not isinstance(node, Mapping):
        return
    project = yamlnodes.text(node, "name")
    common = dict(_entries(node, project, written.path))
    beside = yamlnodes.text(node, "stackConfigDir") or yamlnodes.text(node, "config")
    home = posixpath.normpath(posixpath.join(folder, beside)) if beside else folder
    home = "" if home == "." else home
    found = [
        path for path in tree.under(home) if posixpath.dirname(path) == home and _STACK.match(posixpath.basename(path))
    ]
    if not found and common:
        yield Stack("", project, common)
    for path in sorted(found)[:_MOST]:
        source = tree.get(path)
        own = _first(source) if source is not None else None
        if own is not None:
            yield Stack(path, project, {**common, **dict(_entries(own, project, path))})


def _first(source: yamlnodes.Readable) -> Node | None:
    return next(iter(yamlnodes.documents(source).documents), None)


def _entries(node: Node, project: str, path: str) -> Iterator[tuple[str, tuple[Any, str, int]]]:
    config = yamlnodes.child(node, "config")
    for key, value in config.items() if isinstance(config, Mapping) else ():
        line = config.places.get(key, (value.line, value.column))[0] if isinstance(config, Mapping) else value.line
        told: Node | None = value
        if isinstance(value, Mapping) and not value.keys().isdisjoint(("default", "type", "value", "secret")):
            told = None if yamlnodes.text(value, "secret") == "true" else value.get("value", value.get("default"))
        if told is not None and not _is_secret(told):
            yield key if ":" in key else f"{project}:{key}", (yamlnodes.plain(told), path, line)


def _is_secret(node: Node) -> bool:
    inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, yamlnodes.Sequence) else ()
    return (isinstance(node, Mapping) and "secure" in node) or any(_is_secret(one) for one in inner)
