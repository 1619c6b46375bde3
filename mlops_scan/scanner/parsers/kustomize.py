"""Kustomizations: what each names, and for those that nobody includes the objects they render to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class Kustomizations(Parser):
    """Anchored at the kustomization file; reads its resources, bases, components and patches through the tree."""

    patterns: ClassVar[tuple[str, ...]] = ("kustomization.yaml", "kustomization.yml", "Kustomization")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import kustomizations  # few repositories need it

        yield from kustomizations.facts(source, tree)
