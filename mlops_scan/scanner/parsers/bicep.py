"""Azure resource templates: Bicep files, and ARM templates in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_JSON_BYTES = 2 * 2**20
_SCHEMA = re.compile(rb"[dD]eploymentTemplate\.json")


class Bicep(Parser):
    """One resource a declaration, under its own symbol."""

    patterns: ClassVar[tuple[str, ...]] = ("*.bicep",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import azure_resources  # few repositories need it

        yield from azure_resources.declared(source, tree)


class ArmTemplate(Parser):
    """A deployment template and those nested in it. What a Bicep file beside it was compiled to is left out."""

    patterns: ClassVar[tuple[str, ...]] = ("*.json",)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or source.size > _JSON_BYTES or not _SCHEMA.search(source.head):
            return False
        return tree.get(f"{source.path.removesuffix('.json')}.bicep") is None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import azure_resources  # few repositories need it

        yield from azure_resources.deployed(source)
