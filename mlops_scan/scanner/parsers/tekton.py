"""Tekton: pipelines of tasks as workflows of jobs; a task that is referred to is found by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class Tekton(Parser):
    """Task, Pipeline, their runs and what triggers those; files with template expressions are the chart's."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or b"tekton.dev/" not in source.data:
            return False
        from mlops_scan.scanner.parsers.parts import tekton_names  # few repositories need it

        return tekton_names.GROUP.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import tekton_pipelines

        yield from tekton_pipelines.facts(source, tree)
