"""Files that define a workflow of states or typed steps for a cloud's engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_SHAPE = re.compile(rb"\bStartAt[\"']?[ \t]*:|[\"']Steps[\"'][ \t]*:\s*\[\s*\{[^{}]*[\"']Type[\"'][ \t]*:")
_BYTES = 2 * 2**20


class StateFiles(Parser):
    """One definition a file, by its shape; placeholders of a template stay as they are."""

    patterns: ClassVar[tuple[str, ...]] = ("*.json", "*.asl", "*.asl.yaml", "*.asl.yml", "*.json.tpl", "*.json.tftpl")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or source.size > _BYTES:
            return False
        if not (b"StartAt" in source.data or b"Steps" in source.data) or _SHAPE.search(source.data) is None:
            return False
        from mlops_scan.scanner.formats.hcl import lookup  # few files need it

        return not lookup.is_template(tree, source.path)  # told with its values by the module that gives them

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats import states  # few files hold one

        def locate(line: int, column: int) -> tuple[Location, tuple[()]]:
            return Location(source.path, line, column), ()

        for document in yamlnodes.documents(source).documents:
            yield from states.facts(document, locate, source.path, {})
