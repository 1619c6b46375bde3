"""Files of image builds in JSON, docker-bake.json: each target with its folder, Dockerfile and names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_MOST = 200  # targets of one file, and what one of them inherits
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class BakeJson(Parser):
    """An `image-build` for each name that a target gives its image; variables have their defaults."""

    patterns: ClassVar[tuple[str, ...]] = ("docker-bake.json", "docker-bake.override.json", "*.docker-bake.json")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            targets = yamlnodes.child(document, "target")
            for name in list(targets)[:_MOST] if isinstance(targets, Mapping) else ():
                yield from _target(source, document, name)


def _target(source: SourceFile, document: Node, name: str) -> Iterator[Fact]:
    holders = _lineage(document, name)
    says = {
        "context": _said(document, holders, "context") or ".",
        "dockerfile": _said(document, holders, "dockerfile"),
        "folder": source.folder,
        "inside": True,
    }
    kept = {key: value for key, value in says.items() if value}
    tagged = next((found for one in holders if (found := yamlnodes.items(one, "tags"))), [])
    for tag in tagged[:_MOST]:
        if isinstance(tag, Scalar) and tag.strip():
            place = yamlnodes.at(source.path, holders[0])
            yield Fact("image-build", _filled(document, tag)[: bounds.FACT_TEXT], place, kept)


def _lineage(document: Node, name: str) -> list[Mapping]:
    """The target, then those that it inherits from; of two that say a thing the later in its list holds."""
    found: list[Mapping] = []
    waiting, seen = [name], set[str]()
    while waiting and len(found) < _MOST:
        one = waiting.pop()
        target = yamlnodes.child(document, "target", one)
        if isinstance(target, Mapping) and one not in seen:
            seen.add(one)
            found.append(target)
            waiting += [str(above) for above in yamlnodes.items(target, "inherits") if isinstance(above, Scalar)]
    return found


def _said(document: Node, holders: list[Mapping], key: str) -> str:
    return next((_filled(document, found) for one in holders if (found := yamlnodes.text(one, key))), "")


def _filled(document: Node, text: str) -> str:
    """The text with the defaults of the file's variables."""
    return _VARIABLE.sub(lambda match: yamlnodes.text(document, "variable", match[1], "default") or match[0], str(text))
