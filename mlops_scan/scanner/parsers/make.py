"""Makefiles: the commands of each target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_GENERATED = (".am", ".in", ".PL", ".win")


class Make(Parser):
    """Makefile, *.mk."""

    patterns: ClassVar[tuple[str, ...]] = ("Makefile", "makefile", "GNUmakefile", "*.mk", "Makefile.*")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and not source.name.endswith(_GENERATED)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import make_targets  # not every repository needs it

        yield from make_targets.facts(source, tree)
