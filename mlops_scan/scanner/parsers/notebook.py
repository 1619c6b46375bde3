"""Jupyter notebooks: their code cells as Python, their `!` and `%` lines as commands. Outputs are never evidence."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser


class NotebookParser(Parser):
    """Reads `*.ipynb` of nbformat 3 and 4."""

    patterns = ("*.ipynb",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        if source.size > bounds.FILE_BYTES:
            yield Note(Location(source.path), f"larger than {bounds.FILE_BYTES // 2**20} MB: not read")
        elif source.data.strip():
            from mlops_scan.scanner.formats.python import notebook  # not every repository needs it

            yield from notebook.read(source.path, source.data.decode("utf-8-sig", errors="replace"))
