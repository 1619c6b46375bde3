"""Compose files, by name or by shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_SERVICES = re.compile(rb"\nservices[ \t]*:")


class ComposeFiles(Parser):
    """Services of a Compose file; an override is read together with the main file beside it."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        said = super().reads(source, tree) and b"services" in source.data
        return said and _SERVICES.search(b"\n" + source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats import compose  # not every repository needs it

        parsed = yamlnodes.documents(source)
        named = compose.named_compose(source.name)
        for document in parsed.documents:
            if isinstance(document, Mapping) and compose.is_compose(document, named=named):
                yield from _services(source, tree, document)
        if named:
            yield from parsed.notes


def _services(source: SourceFile, tree: Tree, document: Mapping) -> Iterator[Fact | Note]:
    from mlops_scan.scanner.formats import compose
    from mlops_scan.scanner.formats.ledger import TooLargeError

    try:
        for service in compose.services(tree, source, document):
            yield from compose.facts(service)
    except TooLargeError as error:
        yield Note(Location(source.path), f"Compose file {error}")
